"""Reconciliation over several days in figures: collected, matched, cashless, fees."""
