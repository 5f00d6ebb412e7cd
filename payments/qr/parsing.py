"""Reading a payment code: every text gets an answer, and a broken code gives no fields at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from payments.qr import emv, fields, rules, tlv
from payments.qr.fields import Parsed
from payments.qr.tlv import Unreadable

_MARGIN: Final = re.compile(r"[\s\ufeff]*")
#: AIM symbology identifier, which some scanners type in front of a QR code (ISO/IEC 15424).
_AIM_PREFIX: Final = re.compile(r"\]Q[0-9]")
#: Controls, surrogates, and characters that hide or turn round what a person reads.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_CRC_HEADER: Final = emv.CRC + "04"
_CRC_VALUE: Final = re.compile("[0-9A-Fa-f]{4}")


@dataclass(frozen=True, slots=True)
class ParseResult:
    """
    What a text says: either *parsed* with its *warnings*, or the name of the first *error*.

    Lists and plain words, as they are written to JSON. Nothing is told of a broken code, so that
    nobody pays half of one.
    """

    valid: bool
    error: str | None
    warnings: list[str]
    parsed: Parsed | None


def parse(text: str) -> ParseResult:
    """
    Read the text of a merchant-presented payment code (VietQR, VNPAY-QR, or another EMV code).

    Never raises, whatever *text* holds. Whether the BIN is a known bank is the caller's question.
    """
    try:
        payload = _without_margins(text)
        root = _objects(payload)
        content = rules.examine(root)
    except Unreadable as broken:
        return ParseResult(False, broken.code, [], None)
    return ParseResult(
        True, None, fields.warnings_of(payload, content), fields.parsed_from(content)
    )


def _without_margins(text: str) -> str:
    text = text.rstrip()
    margin = _MARGIN.match(text)
    text = text[margin.end() if margin else 0 :]
    if _AIM_PREFIX.match(text):
        text = text[3:]
    if not text:
        raise Unreadable("E_EMPTY")
    return text


def _objects(text: str) -> dict[str, str]:
    """Check the frame (length, characters, first and last object, checksum) and open it."""
    if len(text) > emv.PAYLOAD_LIMIT:
        raise Unreadable("E_TOO_LONG")
    if _FORBIDDEN.search(text):
        raise Unreadable("E_CHARSET")
    if not text.startswith(emv.PAYLOAD_FORMAT_INDICATOR):
        raise Unreadable("E_NOT_EMV")
    if text[-8:-4] != _CRC_HEADER:
        raise Unreadable("E_CRC_MISSING")
    if not _CRC_VALUE.fullmatch(text[-4:]):
        raise Unreadable("E_CRC_FORMAT")
    if tlv.crc16(text[:-4].encode()) != int(text[-4:], 16):
        raise Unreadable("E_CRC_MISMATCH")
    root = tlv.read(text)
    # The last eight characters may still lie inside the value of another object.
    if list(root)[-1] != emv.CRC or len(root[emv.CRC]) != len(text[-4:]):
        raise Unreadable("E_CRC_MISSING")
    if root[emv.PAYLOAD_FORMAT_INDICATOR] != emv.FORMAT_VERSION:
        raise Unreadable("E_VALUE:00")
    return root
