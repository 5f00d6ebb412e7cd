"""Insured visits at the desk: card, split, settlement, and what a later change does to it."""
