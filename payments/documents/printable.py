"""Text as our printing fonts can show it: what they lack, or what is not seen, becomes a sign."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from payments.kernel.text import nfc

#: U+FFFD: says that something stood here, instead of leaving it out in silence.
UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
#: All that the fonts have (a test sets each one): Latin with Vietnamese, Greek, Cyrillic, signs.
#: Nothing written from right to left: beside it the digits of an amount would change places.
_SHOWN: Final = (
    range(0x20, 0x7F),
    range(0xA0, 0x250),
    range(0x370, 0x400),
    range(0x400, 0x460),
    range(0x1E00, 0x1F00),
    range(0x2010, 0x2028),
    range(0x2030, 0x203B),
    range(0x20A0, 0x20C0),
    range(0x2212, 0x2213),
)


def printable(text: str) -> str:
    """
    Compose *text* and put a sign for each character that no paper of ours can show.

    PDF/A refuses a page with a character that its font lacks: one strange name must not keep a
    patient from a receipt. Direction marks and other invisible signs become visible.
    """
    return "".join(char if is_shown(char) else UNKNOWN for char in nfc(text))


def is_shown(char: str) -> bool:
    return any(ord(char) in span for span in _SHOWN) and unicodedata.category(char)[0] != "C"


def cleaned(value: Any) -> Any:
    """Give *value* (text, list or mapping of a page's data) with every text printable."""
    match value:
        case str():
            return printable(value)
        case Mapping():
            return {key: cleaned(part) for key, part in value.items()}
        case list() | tuple():
            return [cleaned(part) for part in value]
        case _:
            return value
