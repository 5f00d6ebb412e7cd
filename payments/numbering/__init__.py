"""Series without gaps: every number is used, void with a reason, or reserved."""
