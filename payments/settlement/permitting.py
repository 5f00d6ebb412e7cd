"""
Whether the law lets a patient be charged for what the fund refused: a table of dated rows.

The shipped rows are conservative and none is confirmed by a source: where the hospital made the
mistake (dossier, price, ratio, entry twice, machine) the patient is never charged; where the
patient had no such right (card not valid, level too high) a person may decide so. A hospital
replaces the table after it has asked its lawyers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from payments.insurance.coverage import Rules
from payments.insurance.coverage.rows_of_law import Law
from payments.insurance.coverage.tables import Dated, rows
from payments.kernel.errors import InvalidField

_DATA: Final = Path(__file__).resolve().parent / "data"
_COLUMNS: Final = ("code", "patient_may_owe", "basis", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Permission(Law):
    """One reason code of the fund: *patient_may_owe* lets a person decide so, by *basis*."""

    code: str
    patient_may_owe: bool


def permission(code: str, day: date) -> Permission:
    """
    Find what holds for reason *code* on *day*.

    Raises:
        InvalidField: the table has no such reason on that day; nothing is guessed.
    """
    found = _table().get(code, day)
    if found is None:
        raise InvalidField("reason_code", "refusal_reason")
    return found


def in_force(day: date) -> Mapping[str, Permission]:
    """List the reasons of *day* by code."""
    return dict(_table().on(day))


@cache
def _table() -> Dated[str, Permission]:
    bases = Rules.shipped().bases
    return Dated(
        "bearing",
        (
            (
                row.text("code"),
                Permission(
                    row.first_day(),
                    row.last_day(),
                    bases[row.one_of("basis", bases)],
                    row.text("code"),
                    row.flag("patient_may_owe"),
                ),
            )
            for row in rows(_DATA, "bearing", _COLUMNS)
        ),
    )
