"""Gateways, each a folder that can be deleted; reached by entry point, never imported by payments."""
