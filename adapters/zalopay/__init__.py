"""ZaloPay OpenAPI v2: an order by JSON, its page or code, a signed callback, query, refund."""

from adapters.zalopay.adapter import build

__all__ = ["build"]
