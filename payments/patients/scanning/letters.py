"""The first look at a scan: its length, its characters, and whether they are what was printed."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from payments.kernel.text import nfc
from payments.patients.scanning.refusals import ScanRefused, Seen, Why

#: The longest card seen has some 400 characters; readers add an end of line.
LENGTH_MAX: Final = 1_024
_EDGES: Final = " \r\n\t\ufeff"
_MARKS: Final = frozenset("\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323")
#: UTF-8 of Vietnamese letters read byte by byte begins with one of these.
_MOJIBAKE: Final = re.compile(
    "[ÂÃÄÅÆáàâ][\u0080-\u00bf\u0152-\u0178\u0192\u2013-\u203a\u20ac\u2122]"
)
_LOST: Final = "\N{REPLACEMENT CHARACTER}"


def cleaned(raw: str) -> str:
    """
    Give the scan composed and without its edges.

    Raises:
        ScanRefused: empty, too long, not UTF-8, or with characters that stand on no card.
    """
    length = len(raw)
    if length > LENGTH_MAX:
        raise ScanRefused(Why.TOO_LONG, seen=Seen.TEXT, length=length)
    text = nfc(raw.strip(_EDGES))
    if not text:
        raise ScanRefused(Why.EMPTY, seen=Seen.TEXT, length=length)
    if _LOST in text or _MOJIBAKE.search(text) or re.search(r"[^\W\d_]\?|\?[^\W\d_]", text):
        raise ScanRefused(Why.ENCODING, seen=Seen.TEXT, length=length)
    for char in text:
        _look_at(char, length)
    return text


def _look_at(char: str, length: int) -> None:
    if char.isascii():
        if not char.isprintable():
            raise ScanRefused(Why.CHARACTERS, seen=Seen.TEXT, length=length)
        return
    if char in _MARKS:
        # A mark without its letter: typed by a keyboard whose digits are tones.
        raise ScanRefused(Why.TYPING_METHOD, seen=Seen.TEXT, length=length)
    is_latin = char.isalpha() and unicodedata.name(char, "").startswith("LATIN ")
    if not is_latin and char not in "\u2013\u2019\N{DONG SIGN}":
        raise ScanRefused(Why.CHARACTERS, seen=Seen.TEXT, length=length)
