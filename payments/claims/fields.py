"""The fields of XML1 to XML3: a table as data, and what may be wrong with one value."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

_DATA: Final = Path(__file__).resolve().parent / "data" / "field.csv"
_NUMBER: Final = re.compile("-?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)")
_DIGITS: Final = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its form, its longest value, whether a value is needed, its list."""

    name: str
    form: str
    letters_max: int | None
    is_needed: bool
    values: frozenset[str]

    def wrong(self, value: str) -> tuple[str, ...]:
        """Name every finding about *value*, which is not empty; none where it is fine."""
        is_long = self.letters_max is not None and len(value) > self.letters_max
        misshapen = self._misshapen(value)
        is_unlisted = bool(self.values) and value not in self.values
        return (
            *(("FIELD_TOO_LONG",) if is_long else ()),
            *((misshapen,) if misshapen else ()),
            *(("CODE_UNKNOWN",) if is_unlisted else ()),
        )

    def _misshapen(self, value: str) -> str:
        if self.form == "text":
            return ""
        if self.form != "number":
            return "" if _FORMS[self.form](value) else "DATE_FORMAT"
        if not is_number(value):
            return "NUMBER_FORMAT"
        return "AMOUNT_NEGATIVE" if value[0] == "-" and value.strip("-0.") else ""


def is_number(text: str) -> bool:
    """Say whether *text* is digits with at most one dot and an optional minus."""
    return _NUMBER.fullmatch(text) is not None


@cache
def registry() -> Mapping[str, Mapping[str, Field]]:
    """Load the columns: table → field → what it must be (Decisions 130, 4750, 3176)."""
    tables: dict[str, dict[str, Field]] = {}
    with _DATA.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            tables.setdefault(row["table"], {})[row["field"]] = Field(
                row["field"],
                row["form"],
                int(row["letters_max"]) if row["letters_max"] else None,
                row["needed"] == "1",
                frozenset(row["values"].split("|")) if row["values"] else frozenset(),
            )
    return MappingProxyType(tables)


def day_of(text: str) -> date | None:
    """Read ``yyyyMMdd``; None for a day that never was."""
    if len(text) != 8 or not _DIGITS.fullmatch(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def time_of(text: str) -> datetime | None:
    """
    Read ``yyyyMMddHHmm`` as the hospital's wall clock; None for what never was.

    Kept for a while: the lines of a visit are ordered at few times.
    """
    if len(text) != 12 or not _DIGITS.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(f"{text[:8]}T{text[8:]}")
    except ValueError:
        return None


def _birth(text: str) -> bool:
    """Time of birth (NGAY_SINH): 12 digits, of which unknown parts are zeros."""
    if len(text) != 12 or not _DIGITS.fullmatch(text):
        return False
    if text[4:8] == "0000" or text[6:8] == "00":
        month = text[4:6]
        return text[:4] != "0000" and (month == "00" or 1 <= int(month) <= 12)
    return time_of(text) is not None


_FORMS: Final = MappingProxyType(
    {
        "day": lambda text: day_of(text) is not None,
        "days": lambda text: all(day_of(one) is not None for one in text.split(";")),
        "time": lambda text: time_of(text) is not None,
        "day_or_time": lambda text: day_of(text) is not None or time_of(text) is not None,
        "birth": _birth,
    }
)
