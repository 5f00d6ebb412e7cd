"""
Who sent a SePay bank webhook: HMAC-SHA256 over time and body, or a static key.

Source: developer.sepay.vn, sepay-webhooks, authentication.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

_TIMESTAMP: Final = re.compile("[1-9][0-9]{0,11}")


def sign(body: bytes, timestamp: str, secret: str) -> str:
    """Write the header ``X-SePay-Signature`` for *timestamp* (epoch seconds, as text)."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def is_authentic(body: bytes, timestamp: str, given: str, secret: str) -> bool:
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    return hmac.compare_digest(_bytes(given), sign(body, timestamp, secret).encode())


def has_key(authorization: str, key: str) -> bool:
    return hmac.compare_digest(_bytes(authorization), f"Apikey {key}".encode())


def _bytes(header: str) -> bytes:
    # A hostile header may hold what is no character; it is compared, not refused with an error.
    return header.encode(errors="surrogatepass")
