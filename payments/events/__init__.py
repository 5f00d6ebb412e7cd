"""Outgoing events: what happened to an invoice, told to the programs that asked for it."""
