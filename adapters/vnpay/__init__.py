"""VNPAY PAY 2.1.0: a hosted page by redirect, signed messages by GET, query and refund by JSON."""

from adapters.vnpay.adapter import build

__all__ = ["build"]
