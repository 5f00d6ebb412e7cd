"""Reads typed values; each failure names its field."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from payments.kernel.errors import InvalidField
from payments.kernel.text import nfc

KEY_FIELD: Final = "key"
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")


def line_of_text(value: str, field: str, *, letters_max: int, wrong: str, **facts: Any) -> str:
    """
    Give *value* composed and with single spaces.

    Raises:
        InvalidField: with the key *wrong*: empty, too long, or with what no keyboard types.
    """
    text = nfc(" ".join(value.split(" "))).strip()
    # Cc and friends: a line break or a direction mark in a name is an attack or an accident.
    if not 1 <= len(text) <= letters_max or any(
        unicodedata.category(char).startswith(("C", "Zl", "Zp")) for char in text
    ):
        raise InvalidField(field, wrong, most=letters_max, **facts)
    return text


def whole(value: str, field: str, *, wrong: str, line: int | None = None, **facts: Any) -> int:
    """Read a whole number without sign. Raises InvalidField with the key *wrong* and *facts*."""
    text = value.strip()
    if not _NUMBER.fullmatch(text):
        raise InvalidField(field, wrong, line=line, **facts)
    return int(text)


def form_key(value: str) -> str:
    """Read the key that our page put into the form. Raises InvalidField."""
    if not _KEY.fullmatch(value):
        raise InvalidField(KEY_FIELD, "form_key")
    return value
