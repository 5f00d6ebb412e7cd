"""Reads the keys of one JSON object: each by what it must be, a wrong one by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from payments.insurance.coverage.refusals import CodeUnknown
from payments.kernel.errors import InvalidField

#: Below a thousand billion đồng; sums and products of such numbers stay exact.
_WHOLE_DIGITS_MAX: Final = 15
_DECIMALS_MAX: Final = 12
_NUMBER: Final = re.compile("(-?)[0-9]{1,15}(?:\\.[0-9]{1,12})?")
_LETTERS_MAX: Final = 200
_TIME_LETTERS: Final = 16
_DAY_LETTERS: Final = 10
_BEYOND: Final = 10**_WHOLE_DIGITS_MAX


class Fields:
    """
    One object of a case; *path* names it, as in ``visit.cards[0].``.

    A key that is left out, or null, has its default.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, values: object, path: str) -> None:
        if not isinstance(values, dict):
            raise InvalidField(path.rstrip(".") or "case", "case_object")
        self._values: Mapping[str, object] = values
        self._path = path

    def only(self, known: frozenset[str]) -> None:
        """Refuse a key that nobody would read: it is a slip of the pen."""
        if not self._values.keys() <= known:
            key = min(self._values.keys() - known)
            raise InvalidField(f"{self._path}{shown(key)}", "case_unknown_key")

    def name(self, key: str) -> str:
        return f"{self._path}{key}"

    def has(self, key: str) -> bool:
        return self._values.get(key) is not None

    def number(self, key: str, default: Decimal | None = None) -> Decimal:
        """Read an amount or a count: a JSON number or a string, not below 0."""
        found = self.signed(key, default)
        if found < 0:
            raise InvalidField(f"{self._path}{key}", "case_number")
        return found

    def signed(self, key: str, default: Decimal | None = None) -> Decimal:
        value = self._values.get(key)
        if value is None:
            if default is None:
                raise self._missing(key)
            return default
        # Not isinstance: true is an int to Python.
        if type(value) is int:
            if -_BEYOND < value < _BEYOND:
                return Decimal(value)
        elif type(value) is str:
            if _NUMBER.fullmatch(value):
                return Decimal(value)
        elif type(value) is Decimal and _is_short(value):
            return value
        raise InvalidField(f"{self._path}{key}", "case_number")

    def per_cent(self, key: str, default: Decimal | None = None) -> Decimal:
        found = self.number(key, default)
        if found > 100:
            raise InvalidField(f"{self._path}{key}", "case_per_cent")
        return found

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.get(key)
        if value is None:
            if default is None:
                raise self._missing(key)
            return default
        if type(value) is not str or len(value) > _LETTERS_MAX:
            raise InvalidField(f"{self._path}{key}", "case_text")
        return value

    def code(self, key: str, default: str | None = None) -> str:
        """Read a short code: a string, or the number that somebody wrote for one."""
        value = self._values.get(key)
        if type(value) is int and -_BEYOND < value < _BEYOND:
            return str(value)
        return self.text(key, default)

    def one_of(
        self, key: str, known: Iterable[str], default: str | None = None, *, catalogue: str
    ) -> str:
        found = self.code(key, default)
        if found not in known:
            raise CodeUnknown(field=f"{self._path}{key}", value=shown(found), catalogue=catalogue)
        return found

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._values.get(key)
        if value is None:
            return default
        if type(value) is not bool:
            raise InvalidField(f"{self._path}{key}", "case_flag")
        return value

    def day(self, key: str) -> date:
        text = self.text(key)
        found = _day(text)
        if found is None:
            raise InvalidField(f"{self._path}{key}", "case_day")
        return found

    def moment(self, key: str, *, or_day: bool = False) -> datetime:
        """Read a time of the hospital's wall clock; with *or_day* a day is its first minute."""
        text = self.text(key)
        if or_day and len(text) == _DAY_LETTERS and (day := _day(text)) is not None:
            return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the wall clock has none
        found = _moment(text)
        if found is None:
            raise InvalidField(f"{self._path}{key}", "case_time")
        return found

    def inner(self, key: str) -> Fields:
        """Open an object; one that is left out is empty."""
        value = self._values.get(key)
        return Fields({} if value is None else value, f"{self._path}{key}.")

    def many(self, key: str, most: int) -> list[Fields]:
        """Open a list of objects, at most *most*; left out it is empty."""
        value = self._values.get(key)
        if value is None:
            return []
        if type(value) is not list:
            raise InvalidField(f"{self._path}{key}", "case_list")
        if len(value) > most:
            raise InvalidField(f"{self._path}{key}", "case_too_many", most=most)
        return [Fields(item, f"{self._path}{key}[{at}].") for at, item in enumerate(value)]

    def require(self, key: str) -> None:
        if self._values.get(key) is None:
            raise self._missing(key)

    def _missing(self, key: str) -> InvalidField:
        return InvalidField(f"{self._path}{key}", "case_missing")


def shown(text: str) -> str:
    """Cut what somebody typed to what is enough to know it again."""
    return text if len(text) <= 40 else f"{text[:39]}…"


def _is_short(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return (
        isinstance(exponent, int)
        and exponent >= -_DECIMALS_MAX
        and number.adjusted() < _WHOLE_DIGITS_MAX
    )


def _day(text: str) -> date | None:
    # Python reads more forms of a date than the format has.
    if len(text) != _DAY_LETTERS or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    if len(text) != _TIME_LETTERS or text[10] != "T" or text[13] != ":":
        return None
    if text[4] != "-" or text[7] != "-":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
