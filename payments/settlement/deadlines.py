"""
Working days and the deadlines of a claim, from dated tables: holidays and days are data.

Weekly rest is Saturday and Sunday. The holidays are those of the Labour Code 2019, article 112,
and the days given for holidays that fall on a weekly rest (article 111); lunar days stand in the
table as days of the calendar. A year that is not in the table is not guessed.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Rejected

_DATA: Final = Path(__file__).resolve().parent / "data"
_SATURDAY: Final = 5


class NoHolidayTable(Rejected):
    """The public holidays of a year are not known yet: a deadline would be a guess."""

    code = "no-holiday-table"


class NoDeadline(Rejected):
    """No table says how long this step may take on that day."""

    code = "no-deadline"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of no work, and the years for which they are known."""

    holidays: frozenset[date]
    worked: frozenset[date]
    years: frozenset[int]

    def is_working(self, day: HospitalDay) -> bool:
        """
        Say whether offices work on *day*.

        Raises:
            NoHolidayTable: nobody has told the holidays of its year.
        """
        if day.date.year not in self.years:
            raise NoHolidayTable(year=day.date.year)
        if day.date in self.worked:
            return True
        return day.date.weekday() < _SATURDAY and day.date not in self.holidays

    def working_day_after(self, day: HospitalDay, count: int) -> HospitalDay:
        """
        Give the *count*-th working day after *day*, which itself is not counted (Civil Code 2015
        article 147); with 0 *day* itself, or the first working day after it.

        Raises:
            NoHolidayTable: a day on the way is in a year without a table.
        """
        found = day
        left = count
        while left or not self.is_working(found):
            found = found.plus(1)
            if left and self.is_working(found):
                left -= 1
        return found

    def working_days_between(self, first: HospitalDay, last: HospitalDay) -> int:
        """Count the working days after *first* up to *last*; negative where *last* is earlier."""
        if last < first:
            return -self.working_days_between(last, first)
        count, day = 0, first
        while day < last:
            day = day.plus(1)
            count += self.is_working(day)
        return count


@dataclass(frozen=True, slots=True)
class Allowed:
    """How long a step may take, from a day on, and by which text."""

    step: str
    count: int
    unit: str
    valid_from: date
    valid_to: date | None
    legal_basis: str


def calendar(folder: Path = _DATA) -> Calendar:
    """Read the holidays; ``worked`` rows are rest days on which offices work instead."""
    rows = _rows(folder / "holiday.csv")
    days = [(date.fromisoformat(row["day"]), row["kind"]) for row in rows]
    return Calendar(
        frozenset(day for day, kind in days if kind != "worked"),
        frozenset(day for day, kind in days if kind == "worked"),
        frozenset(day.year for day, _ in days),
    )


def allowed(step: str, day: HospitalDay, folder: Path = _DATA) -> Allowed:
    """Find what holds for *step* on *day*. Raises NoDeadline."""
    for one in _allowed(folder):
        if one.step != step or day.date < one.valid_from:
            continue
        if one.valid_to is None or day.date <= one.valid_to:
            return one
    raise NoDeadline(step=step, day=day)


def deadline(step: str, day: HospitalDay) -> HospitalDay:
    """
    Tell the last day of *step*, which began with what happened on *day*.

    A deadline in calendar days that ends on a day of rest ends on the next working day (Civil Code
    2015, article 148).

    Raises:
        NoDeadline: no table holds on that day.
        NoHolidayTable: the holidays of the year are not known.
    """
    found, days = allowed(step, day), _shipped()
    if found.unit == "working_day":
        return days.working_day_after(day, found.count)
    return days.working_day_after(day.plus(found.count), 0)


def working_day_after(day: HospitalDay, count: int) -> HospitalDay:
    """Give the *count*-th working day after *day*, by the shipped holidays."""
    return _shipped().working_day_after(day, count)


def working_days_between(first: HospitalDay, last: HospitalDay) -> int:
    return _shipped().working_days_between(first, last)


@cache
def _shipped() -> Calendar:
    return calendar()


@cache
def _allowed(folder: Path) -> tuple[Allowed, ...]:
    return tuple(
        Allowed(
            row["step"],
            int(row["count"]),
            row["unit"],
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            row["legal_basis"],
        )
        for row in _rows(folder / "deadline.csv")
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
