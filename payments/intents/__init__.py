"""Attempts to collect: one payment code, shown to a payer."""
