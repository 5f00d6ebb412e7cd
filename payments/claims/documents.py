"""How large a dossier may be, and its tables out of their base64."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from payments.foreign_xml import Unreadable

ENVELOPE_MAX_BYTES: Final = 20_000_000
TABLE_MAX_BYTES: Final = 5_000_000
_BLANKS: Final = b" \t\r\n"


def unpack(content: str) -> bytes:
    """
    Decode the base64 of an inner document; blanks and ends of lines may stand in it, no more.

    Raises:
        Unreadable: LIMIT_EXCEEDED or BASE64_INVALID.
    """
    if len(content) > TABLE_MAX_BYTES * 3 // 2:
        raise Unreadable("LIMIT_EXCEEDED")
    try:
        packed = content.encode("ascii").translate(None, _BLANKS)
        return base64.b64decode(packed, validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Unreadable("BASE64_INVALID") from error
