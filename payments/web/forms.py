"""Reads typed values; each failure names its field."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

from payments.kernel.errors import InvalidField
from payments.kernel.money import Money, vnd
from payments.kernel.text import is_line, nfc

KEY_FIELD: Final = "key"
_KEY: Final = re.compile(r"[0-9a-f]{32}")
#: Grouped by dots or spaces as people write it; a comma is no separator here, for it may be meant
#: as a fraction of a đồng.
_AMOUNT: Final = re.compile(r"[0-9]{1,12}|[0-9]{1,3}(?:[. \u00a0\u202f][0-9]{3}){1,3}")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")


def line_of_text(value: str, field: str, *, letters_max: int, wrong: str, **facts: Any) -> str:
    """
    Give *value* composed and with single spaces.

    Raises:
        InvalidField: with the key *wrong*: empty, too long, or with what no keyboard types.
    """
    text = nfc(" ".join(value.split(" "))).strip()
    # A line break, a direction mark or an unseen letter in a name is an attack or an accident.
    if not 1 <= len(text) <= letters_max or not is_line(text):
        raise InvalidField(field, wrong, most=letters_max, **facts)
    return text


def whole(value: str, field: str, *, wrong: str, line: int | None = None, **facts: Any) -> int:
    """Read a whole number without sign. Raises InvalidField with the key *wrong* and *facts*."""
    text = value.strip()
    if not _NUMBER.fullmatch(text):
        raise InvalidField(field, wrong, line=line, **facts)
    return int(text)


def amount(value: str, field: str, *, wrong: str, **facts: Any) -> Money:
    """
    Read whole đồng: ``150000``, ``150.000`` or ``150 000 đ``.

    Raises:
        InvalidField: with the key *wrong* and *facts*.
    """
    text = value.strip().removesuffix("đ").strip()
    if not _AMOUNT.fullmatch(text):
        raise InvalidField(field, wrong, **facts)
    return vnd(int("".join(char for char in text if char.isdigit())))


def identifier(value: str, field: str, *, wrong: str, **facts: Any) -> UUID:
    """Read the id of something that the page offered to choose. Raises InvalidField *wrong*."""
    try:
        return UUID(value)
    except ValueError as error:
        raise InvalidField(field, wrong, **facts) from error


def form_key(value: str) -> str:
    """Read the key that our page put into the form. Raises InvalidField."""
    if not _KEY.fullmatch(value):
        raise InvalidField(KEY_FIELD, "form_key")
    return value
