"""
ZaloPay's mac: HMAC-SHA256 in lower hex over values joined with ``|``.

key1 signs what we ask; key2 signs what we are told: the text ``data`` of a callback as it came,
never as it is after parsing, and the address of a return. Source: ZaloPay's SDK and quick start;
vectors computed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

MAC: Final = "mac"
CHECKSUM: Final = "checksum"

CREATE: Final = (
    "app_id",
    "app_trans_id",
    "app_user",
    "amount",
    "app_time",
    "embed_data",
    "item",
)
#: key1 follows as a value of its own: see ``query_text``.
_QUERY: Final = ("app_id", "app_trans_id")
REFUND: Final = ("app_id", "zp_trans_id", "amount", "description", "timestamp")
QUERY_REFUND: Final = ("app_id", "m_refund_id", "timestamp")
BANKS: Final = ("appid", "reqtime")
RETURN: Final = (
    "appid",
    "apptransid",
    "pmcid",
    "bankcode",
    "amount",
    "discountamount",
    "status",
)


def text_of(fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    """Write the values of *names* in that order; an absent one is empty."""
    return "|".join(str(fields.get(name, "")) for name in names)


def query_text(fields: Mapping[str, object], key1: str) -> str:
    """Write what a query signs: key1 is a part of the text as well as the key."""
    return f"{text_of(fields, _QUERY)}|{key1}"


def sign(text: str, key: str) -> str:
    signed = text.encode(errors="surrogatepass")
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def is_authentic(text: str, given: object, key: str) -> bool:
    """Tell whether *given* is the mac of *text*."""
    told = given if isinstance(given, str) else ""
    return hmac.compare_digest(told.encode(errors="surrogatepass"), sign(text, key).encode())
