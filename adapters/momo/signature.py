"""
MoMo's signature: HMAC-SHA256 in lower hex over ``name=value`` joined with ``&``.

Each message signs its own names in a fixed order; values are raw UTF-8, numbers plain decimals, a
missing value is empty. Source: MoMo's pages of v3 and its samples; vectors computed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

SIGNATURE: Final = "signature"
_ACCESS_KEY: Final = "accessKey"

CREATE: Final = (
    _ACCESS_KEY,
    "amount",
    "extraData",
    "ipnUrl",
    "orderId",
    "orderInfo",
    "partnerCode",
    "redirectUrl",
    "requestId",
    "requestType",
)
CREATE_ANSWER: Final = (
    _ACCESS_KEY,
    "amount",
    "orderId",
    "partnerCode",
    "payUrl",
    "requestId",
    "responseTime",
    "resultCode",
)
#: Of the message to us, and of the address with which the browser returns.
RESULT: Final = (
    _ACCESS_KEY,
    "amount",
    "extraData",
    "message",
    "orderId",
    "orderInfo",
    "orderType",
    "partnerCode",
    "payType",
    "requestId",
    "responseTime",
    "resultCode",
    "transId",
)
QUERY: Final = (_ACCESS_KEY, "orderId", "partnerCode", "requestId")
REFUND: Final = (
    _ACCESS_KEY,
    "amount",
    "description",
    "orderId",
    "partnerCode",
    "requestId",
    "transId",
)
CONFIRM: Final = (
    _ACCESS_KEY,
    "amount",
    "description",
    "orderId",
    "partnerCode",
    "requestId",
    "requestType",
)


def canonical(fields: Mapping[str, object], names: tuple[str, ...], access_key: str) -> str:
    """
    Write the text that is signed.

    Raises:
        ValueError: a value is neither text nor a whole number, so that it has no one decimal text.
    """
    values = {**fields, _ACCESS_KEY: access_key}
    return "&".join(f"{name}={_text(name, values.get(name))}" for name in names)


def sign(fields: Mapping[str, object], names: tuple[str, ...], keys: tuple[str, str]) -> str:
    """Sign *names* of *fields* with (access key, secret key). Raises ValueError."""
    access_key, secret_key = keys
    text = canonical(fields, names, access_key).encode(errors="surrogatepass")
    return hmac.new(secret_key.encode(), text, hashlib.sha256).hexdigest()


def is_authentic(
    fields: Mapping[str, object], names: tuple[str, ...], keys: tuple[str, str]
) -> bool:
    """
    Tell whether *fields* carry a signature over *names*.

    Separators are not escaped: a value that holds ``&<signed name>=`` could be one text's end and
    the next one's beginning, and proves nothing.
    """
    given = fields.get(SIGNATURE)
    try:
        expected = sign(fields, names, keys)
        is_plain = not any(
            f"&{name}=" in _text(other, fields.get(other)) for name in names for other in names
        )
    except ValueError:
        return False
    text = given if isinstance(given, str) else ""
    matches = hmac.compare_digest(text.encode(errors="surrogatepass"), expected.encode())
    return matches and is_plain


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    raise ValueError(f"{name} is neither text nor a whole number")
