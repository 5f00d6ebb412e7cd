"""Gateways, each a folder that can be deleted; found by entry point, not imported by payments."""
