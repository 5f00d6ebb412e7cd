"""The yearly ceiling of co-payments: Law art. 22(1), Decree 188/2025, art. 18(2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Final

from payments.insurance.coverage.model import ZERO
from payments.insurance.coverage.rounding import EXACT, quotient0

#: The ceiling in base salaries, as the shipped table has it from 2018 on.
_SALARIES: Final = Decimal(6)


@dataclass(frozen=True, slots=True)
class YearCeiling:
    """The ceiling of a year in which the base salary changed, for one patient."""

    already_over: bool
    remaining: Decimal
    ceiling: Decimal


def ceiling_on_change(
    paid_before: Decimal, old: Decimal, new: Decimal, salaries: Decimal = _SALARIES
) -> YearCeiling:
    """
    Share the ceiling over a change: what is left of it in old salaries is left in new ones.

    Whoever had passed the old ceiling before the change is exempt at once. *old* is above 0.
    """
    with localcontext(EXACT):
        full = salaries * old
        if paid_before > full:
            return YearCeiling(already_over=True, remaining=ZERO, ceiling=full)
        remaining = quotient0((full - paid_before) * new, old)
        return YearCeiling(False, remaining, paid_before + remaining)


@dataclass(frozen=True, slots=True)
class Stay:
    """One row of the portal: a stay with the running total of the year up to it."""

    discharged_on: date | None
    running_total: Decimal


@dataclass(frozen=True, slots=True)
class Crossing:
    """What the rows say: the total of the year, whether it is above the limit, since when."""

    accumulated: Decimal
    is_over: bool
    exempt_from: date | None


def first_crossing(stays: Sequence[Stay], limit: Decimal) -> Crossing:
    """
    Find the first stay whose running total is strictly above *limit*; rows come in any order.

    Totals run already, so that the highest counts and never the sum. Stays without a co-payment
    repeat a total: of equal ones the earliest with a date is the first.
    """
    accumulated = max((stay.running_total for stay in stays), default=ZERO)
    above = [stay for stay in stays if stay.running_total > limit]
    if not above:
        return Crossing(accumulated, False, None)
    first = min(above, key=lambda stay: (stay.running_total, stay.discharged_on or date.max))
    return Crossing(accumulated, True, first.discharged_on)
