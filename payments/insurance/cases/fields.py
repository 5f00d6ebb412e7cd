"""Reads the values of a case: each by what it must be, a wrong one by the name of its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar

from payments.insurance.coverage.refusals import CodeUnknown
from payments.kernel.errors import InvalidField

#: Below a thousand billion đồng; sums and products of such numbers stay exact.
_WHOLE_DIGITS_MAX: Final = 15
_DECIMALS_MAX: Final = 12
_NUMBER: Final = re.compile("-?[0-9]{1,15}(?:\\.[0-9]{1,12})?")
_LETTERS_MAX: Final = 200
_TIME_LETTERS: Final = 16
_TIME_MARKS: Final = ("-", "-", "T", ":")
_DAY_LETTERS: Final = 10
_BEYOND: Final = 10**_WHOLE_DIGITS_MAX
T = TypeVar("T")


#: Where a value stands, put together only when it is wrong: ``("visit.cards[0].", "from")``.
At = tuple[str, str]
Reader = Callable[[object, At], object]


class Key(NamedTuple):
    """A key of an object: the name of what it becomes, and its reader."""

    name: str
    read: Reader


def read(value: object, path: str, keys: Mapping[str, Key], needed: frozenset[str]) -> Any:
    """
    Read an object of *keys*: name → value, of the keys that are there and not null.

    Raises:
        InvalidField: no object, a key that nobody would read, or one of *needed* is missing.
    """
    if not isinstance(value, dict):
        raise InvalidField(path.rstrip(".") or "case", "case_object")
    found: dict[str, object] = {}
    for key, given in value.items():
        known = keys.get(key)
        if known is None:
            # It is a slip of the pen, and the default would be taken in silence.
            raise InvalidField(f"{path}{shown(key)}", "case_unknown_key")
        if given is not None:
            becomes, reader = known
            found[becomes] = reader(given, (path, key))
    if len(found) < len(keys) and not needed <= found.keys():
        key = next(key for key, one in keys.items() if one.name in needed - found.keys())
        raise InvalidField(f"{path}{key}", "case_missing")
    return found


def name(at: At) -> str:
    return "".join(at)


def signed(value: object, at: At) -> Decimal:
    """Read a JSON number or a string, exactly as it is written."""
    # Not isinstance: true is an int to Python.
    if type(value) is int:
        if -_BEYOND < value < _BEYOND:
            return Decimal(value)
    elif type(value) is str:
        if _NUMBER.fullmatch(value):
            return Decimal(value)
    elif type(value) is Decimal and _is_short(value):
        return value
    raise InvalidField(name(at), "case_number")


def number(value: object, at: At) -> Decimal:
    if type(value) is int and 0 <= value < _BEYOND:
        # Most are, and each call less counts.
        return Decimal(value)
    found = signed(value, at)
    # The sign and not the size: a zero below zero would be written as one.
    if found.is_signed():
        raise InvalidField(name(at), "case_number")
    return found


def per_cent(value: object, at: At) -> Decimal:
    found = number(value, at)
    if found > 100:
        raise InvalidField(name(at), "case_per_cent")
    return found


def text(value: object, at: At) -> str:
    if type(value) is not str or len(value) > _LETTERS_MAX:
        raise InvalidField(name(at), "case_text")
    return value


def code(value: object, at: At) -> str:
    """Read a short code: a string, or the number that somebody wrote for one."""
    if type(value) is int and -_BEYOND < value < _BEYOND:
        return str(value)
    return text(value, at)


def flag(value: object, at: At) -> bool:
    if type(value) is not bool:
        raise InvalidField(name(at), "case_flag")
    return value


def day(value: object, at: At) -> date:
    found = _day(text(value, at))
    if found is None:
        raise InvalidField(name(at), "case_day")
    return found


def moment(value: object, at: At) -> datetime:
    """Read a time of the hospital's wall clock."""
    given = text(value, at)
    # Python reads more forms of a time than the format has.
    if len(given) != _TIME_LETTERS or (given[4], given[7], given[10], given[13]) != _TIME_MARKS:
        raise InvalidField(name(at), "case_time")
    try:
        return datetime.fromisoformat(given)
    except ValueError as error:
        raise InvalidField(name(at), "case_time") from error


def moment_or_day(value: object, at: At) -> datetime:
    """Read a time, or a day as its first minute."""
    given = text(value, at)
    found = _day(given) if len(given) == _DAY_LETTERS else None
    if found is not None:
        return datetime(found.year, found.month, found.day)  # noqa: DTZ001 - a wall clock has none
    return moment(given, at)


def one_of(known: Mapping[str, T], catalogue: str) -> Callable[[object, At], T]:
    """Make the reader of a code that stands in *known*."""

    # A code may be written as a number; true and 1 are one key to Python, so types are looked at.
    written: dict[object, T] = dict(known.items())
    written.update({int(one): meant for one, meant in known.items() if one.isdigit()})

    def read_code(value: object, at: At) -> T:
        if type(value) is str or type(value) is int:
            found = written.get(value)
            if found is not None:
                return found
        raise CodeUnknown(field=name(at), value=shown(code(value, at)), catalogue=catalogue)

    return read_code


def many(value: object, at: At, most: int) -> list[tuple[object, str]]:
    """Open a list of at most *most* objects: each with its path."""
    if type(value) is not list:
        raise InvalidField(name(at), "case_list")
    if len(value) > most:
        raise InvalidField(name(at), "case_too_many", most=most)
    path = name(at)
    return [(item, f"{path}[{index}].") for index, item in enumerate(value)]


def shown(given: str) -> str:
    """Cut what somebody typed to what is enough to know it again."""
    return given if len(given) <= 40 else f"{given[:39]}…"


def _is_short(given: Decimal) -> bool:
    exponent = given.as_tuple().exponent
    is_fine = isinstance(exponent, int) and exponent >= -_DECIMALS_MAX
    return is_fine and given.adjusted() < _WHOLE_DIGITS_MAX


def _day(given: str) -> date | None:
    # Python reads more forms of a date than the format has.
    if len(given) != _DAY_LETTERS or given[4] != "-" or given[7] != "-":
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None
