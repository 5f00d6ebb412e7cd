"""Reads one word without bars: our own numbers and codes, card numbers, file numbers."""

from __future__ import annotations

import re
from typing import Final

from payments.kernel import codes
from payments.patients.scanning.cards import CARD, IDENTITY_NUMBER, INSURANCE_NUMBER
from payments.patients.scanning.model import (
    CardCode,
    FileNumber,
    IdentityNumber,
    InvoiceNumber,
    PayLink,
    PaymentCode,
    ReceiptNumber,
    Recognised,
    Words,
)
from payments.patients.scanning.refusals import ScanRefused, Seen, Why
from payments.patients.scanning.typing_methods import is_stable
from payments.qr.parsing import parse

_INVOICE: Final = re.compile("VP[0-9]{8}")
#: Of a cash point's own series its code stands in the number: BLQ126000001.
_RECEIPT: Final = re.compile("BL(?:[A-Z][A-Z0-9]{0,5})?[0-9]{8}")
#: What begins like a number of ours and is none was cut or changed; never a file number.
_OURS: Final = re.compile("(VP|BL)[0-9]+")
#: A card number of another length: a digit was lost, or taken for a mark and taken back.
_NEARLY_CARD: Final = re.compile("[A-Z]{2}[1-5][0-9]{9,14}")
_FILE_NUMBER: Final = re.compile("[0-9A-Z][0-9A-Z./-]{0,29}")
_LINK: Final = re.compile("https?://[A-Za-z0-9.:-]{1,255}/p/([A-Za-z0-9_-]{22})")
_BAR_CARD: Final = re.compile("[0-9]{12}[^0-9A-Za-z.\\-/]|[A-Z]{2}[1-5][0-9]{12}[^0-9A-Za-z]")


def has_lost_its_bars(text: str) -> bool:
    """Say whether *text* begins as a card does, with another character where the bar stood."""
    return len(text) > 30 and _BAR_CARD.match(text.upper()) is not None


def payment_qr(text: str, prefix: str, length: int) -> PaymentCode:
    """Find our code in a payment QR. Raises ScanRefused where the QR is broken or not ours."""
    read = parse(text)
    if not read.valid or read.parsed is None:
        raise ScanRefused(Why.CHECK, seen=Seen.CODE, length=length)
    found = codes.candidates(str(read.parsed.get("purpose") or ""), prefix)
    if len(found) != 1:
        raise ScanRefused(Why.UNKNOWN, seen=Seen.CODE, length=length)
    return PaymentCode(found[0])


def link(text: str, length: int) -> PayLink:
    match = _LINK.fullmatch(text)
    if match is None:
        raise ScanRefused(Why.UNKNOWN, seen=Seen.CODE, length=length)
    return PayLink(match[1])


def code(text: str, prefix: str, length: int) -> Recognised:
    """
    Read *text*, which has no blank.

    Raises:
        ScanRefused: it begins like a number of ours, or mixes digits and marked letters.
    """

    def refused(why: Why) -> ScanRefused:
        return ScanRefused(why, seen=Seen.CODE, length=length)

    if not text.isascii():
        is_word = text.replace("-", "").replace("'", "").isalpha()
        raise refused(Why.TOO_FEW_WORDS if is_word else Why.TYPING_METHOD)
    plain = text.upper()
    if plain.startswith(prefix):
        if not codes.is_valid(plain, prefix):
            raise refused(Why.CHECK)
        return PaymentCode(plain)
    if _INVOICE.fullmatch(plain):
        return InvoiceNumber(plain)
    if _RECEIPT.fullmatch(plain):
        return ReceiptNumber(plain)
    if _OURS.fullmatch(plain):
        raise refused(Why.NUMBER)
    if CARD.fullmatch(plain) or INSURANCE_NUMBER.fullmatch(plain):
        return CardCode(plain)
    if _NEARLY_CARD.fullmatch(plain):
        raise ScanRefused(Why.NUMBER, seen=Seen.HEALTH_CARD, length=length)
    if IDENTITY_NUMBER.fullmatch(plain):
        return IdentityNumber(plain)
    if plain.isalpha():
        raise refused(Why.TOO_FEW_WORDS)
    if not _FILE_NUMBER.fullmatch(plain):
        raise refused(Why.UNKNOWN if len(plain) > 30 else Why.CHARACTERS)
    # A method that takes a mark back swallows a letter: A11 becomes A1, which is another's number.
    return FileNumber(plain) if is_stable(text) and is_stable(plain) else Words(plain)
