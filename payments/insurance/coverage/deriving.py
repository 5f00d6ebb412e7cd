"""Finds the category of a visit (MA_DOITUONG_KCB) from the facility and how the patient came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from payments.insurance.coverage.refusals import CodeUnknown
from payments.insurance.coverage.rows_of_law import Derivation
from payments.insurance.coverage.rules import Rules

LEVELS: Final = ("initial", "basic", "specialised")
FORMER_LINES: Final = ("district", "province", "central")
#: What ``derivation.csv`` may need; the first two are of the facility.
CIRCUMSTANCES: Final = (
    "provisional",
    "commune_type",
    "not_insured",
    "registered_here",
    "referral",
    "moved",
    "appointment",
    "organ_donor",
    "newborn",
    "emergency",
    "appendix_i",
    "appendix_ii",
    "hardship",
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known about facility and patient; None and what is not named do not hold."""

    level: str | None
    former_line: str | None
    points: Decimal | None
    is_inpatient: bool
    holds: frozenset[str]


def category(arrival: Arrival, rules: Rules, day: date) -> Derivation:
    """
    Take the first row of the appendix that fits.

    Raises:
        CodeUnknown: none does; a category is never guessed.
    """
    for row in rules.derivations:
        if row.valid_from <= day <= row.valid_to and _fits(row, arrival):
            return row
    raise CodeUnknown(
        field="facility", value=_shown(arrival), catalogue="MA_DOITUONG_KCB", day=str(day)
    )


def _fits(row: Derivation, arrival: Arrival) -> bool:
    return (
        (row.levels is None or arrival.level in row.levels)
        and (row.former_lines is None or arrival.former_line in row.former_lines)
        and arrival.is_inpatient in row.stays
        and (row.needs is None or row.needs in arrival.holds)
        and _in_points(row, arrival.points)
    )


def _in_points(row: Derivation, points: Decimal | None) -> bool:
    if row.points_from is None and row.points_below is None:
        return True
    if points is None:
        return False
    is_enough = row.points_from is None or row.points_from <= points
    return is_enough and (row.points_below is None or points < row.points_below)


def _shown(arrival: Arrival) -> str:
    points = "–" if arrival.points is None else f"{arrival.points:f}"
    return f"{arrival.level or '–'}, {points}, {arrival.former_line or '–'}"
