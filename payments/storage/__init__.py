"""The database, and nothing about hospitals."""
