"""Stop switches that survive a restart: read-only, no refunds, nobody new signs in."""
