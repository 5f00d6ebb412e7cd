"""OnePay: a hosted page by redirect for cards and accounts, signed messages by GET."""

from adapters.onepay.adapter import build

__all__ = ["build"]
