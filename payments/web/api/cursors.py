"""
Where a list goes on: an opaque text that only we can have made.

It is signed and bound to its facility, list and filters, so nobody can use it to ask for something
else. It names its key: a program may keep the one of the events for months, over a rotation.
"""

from __future__ import annotations

import base64
import hmac
import json
from typing import Final
from urllib.parse import urlencode

from flask import request

from payments.kernel.errors import VienphiError
from payments.keys import WrongKeys
from payments.web.current import runtime, scope

_RING: Final = "lookup"
_MAC_BYTES: Final = 16
LETTERS_MAX: Final = 512


class BadCursor(VienphiError):
    """The cursor is not of this list with these filters: start again without one."""

    code = "bad-cursor"


def written(about: str, *position: str | int) -> str:
    """Write *position* in the list *about*."""
    number = runtime().keys.current(_RING)
    body = json.dumps([number, *position], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(about, body, number) + body).decode().rstrip("=")


def read(about: str, cursor: str) -> list[str | int]:
    """
    Read the position again.

    Raises:
        BadCursor: it was not made by us for this list.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        number, *position = json.loads(body)
        is_ours = hmac.compare_digest(mac, _mac(about, body, int(number)))
    except (ValueError, TypeError, RecursionError, WrongKeys) as error:
        raise BadCursor("start again without a cursor") from error
    if not is_ours or written_again(raw) != cursor:
        raise BadCursor("start again without a cursor")
    return list(position)


def written_again(raw: bytes) -> str:
    """Give the one text of *raw*: base64 reads several, and an opaque thing has one name."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def link(cursor: str | None) -> dict[str, str]:
    """Give the header that names the next page of this very request (RFC 8288)."""
    if cursor is None:
        return {}
    asked = {**request.args.to_dict(), "cursor": cursor}
    return {"Link": f'<{request.path}?{urlencode(asked)}>; rel="next"'}


def _mac(about: str, body: bytes, number: int) -> bytes:
    told = f"cursor:{scope().facility}:{about}:{body.hex()}"
    return runtime().keys.fingerprint(_RING, told, number=number)[:_MAC_BYTES]
