"""Visits and stays; each owns its invoices and deposits."""
