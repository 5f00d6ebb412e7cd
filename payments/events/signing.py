"""
Signs a message by Standard Webhooks, version 1 of its symmetric scheme.

    webhook-signature: v1,base64(HMAC-SHA256(secret, "<id>.<timestamp>.<body>")) [v1,… a second one]

Source: github.com/standard-webhooks/standard-webhooks, ``spec/standard-webhooks.md``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from payments.kernel.secret import Secret

_PREFIX: Final = "whsec_"
#: The standard asks for 24 to 64.
_SECRET_BYTES: Final = 32


def new_secret() -> Secret[str]:
    return Secret(_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode())


def headers(message: str, at: datetime, body: bytes, keys: Sequence[Secret[str]]) -> dict[str, str]:
    """Make the three headers; several *keys* sign while a secret rotates, the newest first."""
    seconds = str(int(at.timestamp()))
    return {
        "webhook-id": message,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_signature(key, message, seconds, body) for key in keys),
    }


def _signature(key: Secret[str], message: str, seconds: str, body: bytes) -> str:
    raw = base64.b64decode(key.reveal().removeprefix(_PREFIX), validate=True)
    signed = hmac.new(raw, f"{message}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
