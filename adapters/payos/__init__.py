"""payOS merchant API v2: a page or a QR code for a transfer to our own account, signed messages."""

from adapters.payos.adapter import build

__all__ = ["build"]
