"""
payOS's two signatures, both HMAC-SHA256 in hex with the checksum key.

A signs a create request: five fields, sorted, raw values.
B signs an object (an answer's or a message's ``data``): every field in it, sorted by name.

Source: payos 1.1.0 and @payos/node 2.0.5, which agree on both; vectors published and computed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from adapters._wire.strict_json import Json

_REQUEST_FIELDS: Final = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
#: Signed as if nothing stood there, so nothing is read there.
_NOTHING: Final = (None, "null", "undefined")


def request_text(fields: Mapping[str, Any]) -> str:
    return "&".join(f"{name}={fields[name]}" for name in _REQUEST_FIELDS)


def object_text(fields: Mapping[str, Json]) -> str:
    """
    Write *fields* as they are signed.

    Raises:
        ValueError: an object stands directly as a value: no message has one, and the vendor's own
            clients disagree on how it would be signed.
    """
    return "&".join(f"{name}={_value(fields[name])}" for name in sorted(fields))


def as_signed(fields: Mapping[str, Json]) -> Mapping[str, Json]:
    """Give *fields* with null where the signature sees nothing: what is signed is what is read."""
    return {
        name: None if isinstance(value, str) and value in _NOTHING else value
        for name, value in fields.items()
    }


def sign_request(fields: Mapping[str, Any], key: str) -> str:
    return _digest(request_text(fields), key)


def sign_object(fields: Mapping[str, Json], key: str) -> str:
    """Sign *fields*. Raises ValueError as ``object_text``."""
    return _digest(object_text(fields), key)


def is_authentic(fields: Mapping[str, Json], given: Json, key: str) -> bool:
    """Tell whether *given* signs *fields*; what cannot be written for signing proves nothing."""
    try:
        expected = sign_object(fields, key)
    except ValueError:
        return False
    return hmac.compare_digest(_bytes(given), expected.encode())


def is_request_authentic(fields: Mapping[str, Any], given: Json, key: str) -> bool:
    return hmac.compare_digest(_bytes(given), sign_request(fields, key).encode())


def _bytes(given: Json) -> bytes:
    return given.encode(errors="surrogatepass") if isinstance(given, str) else b""


def _digest(text: str, key: str) -> str:
    signed = text.encode(errors="surrogatepass")
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def _value(value: Json) -> str:
    match value:
        case None | "null" | "undefined":
            return ""
        case str():
            return value
        case list():
            return json.dumps(
                [_sorted(one) for one in value], ensure_ascii=False, separators=(",", ":")
            )
        case dict():
            raise ValueError("an object as a value is signed by nobody")
        case _:
            return json.dumps(_plain(value))


def _sorted(item: Json) -> Any:
    if isinstance(item, dict):
        return {name: _plain(item[name]) for name in sorted(item)}
    return _plain(item)


def _plain(value: Json) -> Any:
    # JavaScript, which writes these texts, knows one kind of number: 1.0 is 1.
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
