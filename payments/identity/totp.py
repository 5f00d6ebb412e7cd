"""
Codes of an authenticator app (RFC 6238 over RFC 4226): SHA-1, six digits, 30 seconds.

Other lengths and hashes exist on paper; the apps that people have ignore them in silence.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote

STEP_S: Final = 30
DIGITS: Final = 6
#: Steps before and after: telephones are seconds off, and people type slowly.
WINDOW: Final = 1
#: 160 bits, as RFC 4226 recommends.
_SECRET_BYTES: Final = 20


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET_BYTES)


def step_of(moment: datetime) -> int:
    """Number the 30 seconds in which *moment* (aware) lies."""
    return int(moment.timestamp()) // STEP_S


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Give the code of one step (RFC 4226, section 5.3: dynamic truncation)."""
    told = hmac.new(secret, step.to_bytes(8), hashlib.sha1).digest()
    start = told[-1] & 0x0F
    number = int.from_bytes(told[start : start + 4]) & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, now: datetime, *, after: int) -> int | None:
    """
    Find the step whose code was typed, within the window and later than *after*.

    *after* is the last step that was used: a code counts once, whoever looked over the shoulder.
    """
    here = step_of(now)
    found = None
    # Every candidate is compared, so that the time says nothing about which one was near.
    for step in range(here - WINDOW, here + WINDOW + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and step > after:
            found = step
    return found


def as_text(secret: bytes) -> str:
    """Write the secret as people type it into an app: base 32 in groups of four."""
    told = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(told[start : start + 4] for start in range(0, len(told), 4))


def address(secret: bytes, *, login: str, issuer: str) -> str:
    """Write the ``otpauth`` address that an app reads from a QR code."""
    label = f"{quote(issuer)}:{quote(login)}"
    told = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{label}?secret={told}&issuer={quote(issuer)}"
