"""Accounts at gateways: which adapter, which settings, from when to when."""
