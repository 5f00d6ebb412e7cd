"""
Says what a scan is: the only reader of the one box into which everything is scanned or typed.

A scanner is a keyboard. Where a Vietnamese typing method is switched on it changes what the scanner
types, in silence; so a text is taken only if it is whole and could not have come out of another
good scan through such a method. Everything else is refused with its reason, and nothing is kept.
"""

from __future__ import annotations

import re
from typing import Final

from payments.kernel.codes import DEFAULT_PREFIX
from payments.patients.scanning import codes
from payments.patients.scanning.cards import card
from payments.patients.scanning.letters import cleaned
from payments.patients.scanning.model import (
    Birth,
    CardCode,
    ChipCard,
    FileNumber,
    HealthCard,
    IdentityNumber,
    InvoiceNumber,
    Oddity,
    PayLink,
    PaymentCode,
    ReceiptNumber,
    Recognised,
    Sex,
    Words,
)
from payments.patients.scanning.refusals import ScanRefused, Seen, Why
from payments.patients.scanning.typing_methods import manglings

__all__ = [
    "Birth",
    "CardCode",
    "ChipCard",
    "FileNumber",
    "HealthCard",
    "IdentityNumber",
    "InvoiceNumber",
    "Oddity",
    "PayLink",
    "PaymentCode",
    "ReceiptNumber",
    "Recognised",
    "ScanRefused",
    "Seen",
    "Sex",
    "Why",
    "Words",
    "recognise",
]

_PAYMENT_QR: Final = "000201"
_WORD: Final = re.compile("[^\\W\\d_][^\\W\\d_'\u2019.-]*|[0-9]{4}")
_GROUPED: Final = re.compile("[0-9]{10}|[0-9]{12}|[A-Za-z]{2}[1-5][0-9]{12}")
_WORDS_MAX: Final = 12


def recognise(raw: str, *, prefix: str = DEFAULT_PREFIX) -> Recognised:
    """
    Read what was scanned or typed; *prefix* is that of payment codes.

    Raises:
        ScanRefused: with the reason, what was seen, and how long it was; never the text.
    """
    text = cleaned(raw)
    found = _read(text, prefix, len(raw))
    if isinstance(found, ChipCard | HealthCard):
        for mangled in manglings(text):
            if mangled != text and _is_other(mangled, found, prefix):
                # With the method on, this card would have read as another good one.
                seen = Seen.CHIP_CARD if isinstance(found, ChipCard) else Seen.HEALTH_CARD
                raise ScanRefused(Why.AMBIGUOUS, seen=seen, length=len(raw))
    return found


def _is_other(mangled: str, found: Recognised, prefix: str) -> bool:
    try:
        return _read(mangled, prefix, len(mangled)) != found
    except ScanRefused:
        return False


def _read(text: str, prefix: str, length: int) -> Recognised:
    before_bar = text.partition("|")[0]
    if text.startswith(_PAYMENT_QR) and not re.fullmatch("[0-9]{10}|[0-9]{12}", before_bar):
        return codes.payment_qr(text, prefix, length)
    if "|" in text:
        return card(text, length)
    if codes.has_lost_its_bars(text):
        raise ScanRefused(Why.BARS, seen=Seen.CHIP_CARD, length=length)
    if text.lower().startswith(("http://", "https://")):
        return codes.link(text, length)
    parts = text.split()
    if len(parts) == 1:
        return codes.code(text, prefix, length)
    joined = "".join(parts)
    if _GROUPED.fullmatch(joined):
        # Numbers are printed in groups; a person types the blanks too.
        return codes.code(joined, prefix, length)
    return _words(parts, length)


def _words(parts: list[str], length: int) -> Words:
    if len(parts) > _WORDS_MAX or not all(_WORD.fullmatch(part) for part in parts):
        mixed = any(re.search(r"[^\W\d_]\d|\d[^\W\d_]", part) for part in parts)
        has_marks = any(not part.isascii() for part in parts)
        is_odd = any(not char.isalnum() and char not in "'\u2019.-" for char in "".join(parts))
        why = Why.CHARACTERS if is_odd else Why.UNKNOWN
        why = Why.TYPING_METHOD if mixed and has_marks else why
        raise ScanRefused(why, seen=Seen.TEXT, length=length)
    return Words(" ".join(parts))
