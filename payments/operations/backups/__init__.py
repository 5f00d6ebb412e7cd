"""Encrypted copies of the whole database, made while it is used, and proven when they come back."""
