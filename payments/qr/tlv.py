"""
Objects of two digits ID, two digits length, value; and the checksum that closes a payload.

    38 57 0010A0000007270127…          EMVCo QRCPS-MPM v1.1, section 3
    ID │  └ exactly 57 characters
       └ length in characters, never in bytes
"""

from __future__ import annotations

import binascii
from typing import Final

_HEADER: Final = 4
_VALUE_MAX: Final = 99


class Unreadable(ValueError):
    """A payload breaks a rule; *code* is the name of the rule, as in ``E_TRUNCATED:38``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE (polynomial 1021, start FFFF, no reflection): ``123456789`` → 29B1."""
    return binascii.crc_hqx(data, 0xFFFF)


def write(object_id: str, value: str) -> str:
    """
    Write one object.

    Raises:
        ValueError: *value* is empty or does not fit two digits of length.
    """
    if not 1 <= len(value) <= _VALUE_MAX:
        raise ValueError(f"object {object_id} cannot hold {len(value)} characters")
    return f"{object_id}{len(value):02d}{value}"


def read(text: str, template: str = "") -> dict[str, str]:
    """
    Take a run of objects apart, in order; *template* is the path that errors name, empty at root.

    A repeated ID is refused: readers differ on which of the two they show to the payer.

    Raises:
        Unreadable: the run does not add up.
    """
    where = template or "root"
    objects: dict[str, str] = {}
    at = 0
    while at < len(text):
        header = text[at : at + _HEADER]
        if len(header) < _HEADER:
            raise Unreadable(f"E_TRUNCATED:{where}")
        # int() and str.isdigit() alone also take Arabic-Indic and full-width digits.
        if not (header.isascii() and header.isdigit()):
            raise Unreadable(f"E_TLV_HEADER:{where}")
        object_id, length = header[:2], int(header[2:])
        value = text[at + _HEADER : at + _HEADER + length]
        if len(value) < length:
            raise Unreadable(f"E_TRUNCATED:{where}")
        if object_id in objects:
            raise Unreadable(
                f"E_DUPLICATE:{template}-{object_id}" if template else f"E_DUPLICATE:{object_id}"
            )
        objects[object_id] = value
        at += _HEADER + length
    return objects
