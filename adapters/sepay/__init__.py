"""SePay's bank feed: tells and lists what moves on the hospital's own bank accounts."""

from adapters.sepay.adapter import build

__all__ = ["build"]
