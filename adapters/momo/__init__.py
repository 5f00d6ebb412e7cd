"""MoMo AIO v2: an order by JSON, its page or app, a signed message, query, refund, capture."""

from adapters.momo.adapter import build

__all__ = ["build"]
