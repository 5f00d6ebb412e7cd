"""Casso's bank feed: tells and lists what moves on the hospital's own bank accounts."""

from adapters.casso.adapter import build

__all__ = ["build"]
