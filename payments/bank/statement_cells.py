"""Amounts and times as banks print them in statements: read strictly, or not at all."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from payments.kernel.calendar import HOSPITAL_ZONE, HospitalDay
from payments.kernel.money import DONG_MAX, Money, vnd

#: 1250000 · 1.250.000 · 1,250,000, each with a fraction of zero at most (1.250.000,00).
_AMOUNT: Final = re.compile(
    r"([+-]?)"
    r"(?:([0-9]{1,18})(?:[.,]0{1,2})?"
    r"|([0-9]{1,3}(?:\.[0-9]{3})+)(?:,0{1,2})?"
    r"|([0-9]{1,3}(?:,[0-9]{3})+)(?:\.0{1,2})?)"
)
_VIETNAMESE: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})(?: +([0-9:]{5,8}))?")
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]([0-9:]{5,8}))?")
_CLOCK: Final = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_YEAR_MIN: Final = 2000


class NotACell(ValueError):
    """What a bank wrote is not of the kind that stands here; *key* says so in words."""

    def __init__(self, key: str, told: str) -> None:
        super().__init__(key)
        self.key = key
        self.told = told.strip()


def amount(text: str) -> Money:
    """
    Read ``1.250.000``, ``1,250,000`` or ``1250000``, with a sign where the bank writes one.

    A fraction must be zero: there is no smaller unit than the đồng, so ``12.50`` is not an amount.

    Raises:
        NotACell: it is anything else, or more than the ledger holds.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise NotACell("cell_amount", text)
    sign, plain, dotted, commaed = match.groups()
    dong = int((plain or dotted or commaed).replace(".", "").replace(",", ""))
    if dong > DONG_MAX:
        raise NotACell("cell_amount_large", text)
    return vnd(-dong if sign == "-" else dong)


def moment(text: str) -> datetime:
    """
    Read ``24/11/2026``, ``24/11/2026 08:15[:00]`` or ISO, as the clock in Vietnam shows it.

    A day without a time is its first moment: money is not called late on a doubt.

    Raises:
        NotACell: it is no such time, or no day of the calendar.
    """
    told = text.strip()
    vietnamese, iso = _VIETNAMESE.fullmatch(told), _ISO.fullmatch(told)
    if vietnamese is not None:
        day, month, year, clock = vietnamese.groups()
    elif iso is not None:
        year, month, day, clock = iso.groups()
    else:
        raise NotACell("cell_date", told)
    hour, minute, second = _clock(clock or "00:00", told)
    if int(year) < _YEAR_MIN:
        raise NotACell("cell_no_day", told)
    try:
        return datetime(int(year), int(month), int(day), hour, minute, second, tzinfo=HOSPITAL_ZONE)
    except ValueError:
        raise NotACell("cell_no_day", told) from None


def day(text: str) -> HospitalDay:
    """Read the day of a moment. Raises NotACell as ``moment`` does."""
    told = moment(text)
    return HospitalDay(date(told.year, told.month, told.day))


def _clock(clock: str, told: str) -> tuple[int, int, int]:
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise NotACell("cell_clock", told)
    hour, minute, second = match.groups(default="0")
    return int(hour), int(minute), int(second)
