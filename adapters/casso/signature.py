"""
Who sent a Casso webhook: version 2 signs with HMAC-SHA512, version 1 carries a static token.

Source: repository CassoHQ/casso-webhook-v2-verify-signature; its JavaScript sample is wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

from adapters._wire.strict_json import Json
from adapters.casso.canonical import canonical

_HEADER: Final = re.compile("t=([0-9]{1,16}),v1=([0-9a-f]{128})")


def sign(message: Json, time_ms: str, key: str) -> str:
    """Write the header ``X-Casso-Signature`` for *time_ms* (epoch milliseconds, as text)."""
    return f"t={time_ms},v1={_digest(message, time_ms, key)}"


def is_authentic(message: Json, header: str, key: str) -> bool:
    """
    Tell whether *header* signs *message*.

    The age of ``t`` is not looked at: it is not documented whether a repeat keeps the old one.
    """
    written = _HEADER.fullmatch(header)
    if written is None:
        return False
    return hmac.compare_digest(written[2], _digest(message, written[1], key))


def has_token(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), token.encode())


def _digest(message: Json, time_ms: str, key: str) -> str:
    signed = f"{time_ms}.{canonical(message)}"
    return hmac.new(key.encode(), signed.encode(), hashlib.sha512).hexdigest()
