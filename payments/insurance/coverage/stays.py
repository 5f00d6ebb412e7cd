"""Counts and ratios that the treatment itself sets: bed-days, exams, shared beds, operations."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from payments.insurance.coverage.rules import Rules

#: More exams than this in one visit are no visit.
EXAMS_MAX: Final = 1_000


class Ended(StrEnum):
    """How a stay ended; all but the first add a bed-day to a stay of a day or more."""

    NORMAL = "normal"
    DEATH = "death"
    WORSE_HOME = "worse_home"
    WORSE_TRANSFER = "worse_transfer"
    EMERGENCY_TRANSFER = "emergency_transfer"


def bed_days(begins: datetime, ends: datetime, ended: Ended, rules: Rules) -> int:
    """
    Count bed-days (Circular 39/2024, art. 4c of Circular 35/2016).

    Exactly four hours count as none: coverage D9, on which two sources differ.

    Raises:
        ValueError: *ends* is before *begins*.
        CodeUnknown: no rule is known for that day.
    """
    if ends < begins:
        raise ValueError("a stay ends after it begins")
    day, lasted = begins.date(), ends - begins
    if lasted <= timedelta(hours=int(rules.limit("short_stay", day))):
        return 0
    if lasted < timedelta(hours=int(rules.limit("full_day", day))):
        return 1
    nights = (ends.date() - day).days
    return nights if ended is Ended.NORMAL else nights + 1


def exam_rates(count: int, rules: Rules, day: date) -> list[Decimal]:
    """Give TYLE_TT_DV of each of *count* exams of one visit, in their order (Circular 39/2024)."""
    return [rules.service_rate("exam", number, day).rate for number in range(1, count + 1)]
