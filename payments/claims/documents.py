"""How large a dossier may be, and its tables out of their base64."""

from __future__ import annotations

import binascii
from contextlib import suppress
from typing import Final

from payments.foreign_xml import Unreadable

ENVELOPE_MAX_BYTES: Final = 20_000_000
TABLE_MAX_BYTES: Final = 5_000_000
_BLANKS: Final = str.maketrans("", "", " \t\r\n")


def unpack(content: str) -> bytes:
    """
    Decode the base64 of an inner document; blanks and ends of lines may stand in it, no more.

    Raises:
        Unreadable: LIMIT_EXCEEDED or BASE64_INVALID.
    """
    if len(content) > TABLE_MAX_BYTES * 3 // 2:
        raise Unreadable("LIMIT_EXCEEDED")
    with suppress(ValueError):
        return _decoded(content)
    try:
        return _decoded(content.translate(_BLANKS))
    except ValueError as error:
        raise Unreadable("BASE64_INVALID") from error


def _decoded(packed: str) -> bytes:
    """Decode; ValueError says also that a letter is not of ASCII."""
    return binascii.a2b_base64(packed, strict_mode=True)
