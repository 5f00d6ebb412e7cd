"""Stripe Checkout: a hosted page by redirect, signed events, refunds; no card field is ours."""

from adapters.stripe.adapter import build

__all__ = ["build"]
