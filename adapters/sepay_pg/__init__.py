"""SePay's payment gateway: a form that is posted, messages with a static key, a JSON API."""

from adapters.sepay_pg.adapter import build

__all__ = ["build"]
