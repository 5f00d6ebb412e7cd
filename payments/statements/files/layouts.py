"""
Accounting import in the layout of one product: the general profile under other titles, by a table.

``data/accounting_layout.csv`` says which column of the general profile stands where, from which day
to which; ``=`` begins a text that is the same in each row. The makers' own templates were not seen
(workflows C10): *standing* U is a layout that nobody has confirmed against one, and a hospital
does that before its first import.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from payments.kernel.errors import InvalidField
from payments.statements.files.vouchers import VOUCHERS
from payments.statements.model import Column, Kind, Reading, Row, Statement, Value

_DATA: Final = Path(__file__).resolve().parents[1] / "data" / "accounting_layout.csv"
_PREFIX: Final = "accounting_"
_PLACES: Final = {one.name: place for place, one in enumerate(VOUCHERS.columns)}
#: Without one of them a row is no posting.
_NEEDED: Final = frozenset({"posting_date", "doc_no", "debit", "credit", "amount"})


class WrongLayout(ValueError):
    """The table of layouts does not say what a file is made of; the program does not start."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a layout on the days that it is in force; both days are included."""

    layout: str
    place: int
    field: str
    title: str
    valid_from: date
    valid_to: date | None

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def read(lines: Iterable[str]) -> tuple[Cell, ...]:
    """Read the table. Raises WrongLayout, which names the layout and the place."""
    cells = []
    for row in csv.DictReader(lines):
        name = f"{row['layout']}/{row['place']}"
        if row["field"] not in _PLACES and not row["field"].startswith("="):
            raise WrongLayout(f"{name}: {row['field']} is no column of the accounting import")
        valid_to = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        cells.append(
            Cell(
                row["layout"],
                int(row["place"]),
                row["field"],
                row["title"],
                date.fromisoformat(row["valid_from"]),
                valid_to,
            )
        )
    return tuple(cells)


def names(cells: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{_PREFIX}{one.layout}" for one in cells))


def statement(cells: Iterable[Cell], name: str, on: date) -> Statement:
    """
    Give the file *name* as its layout is on *on*, the last day that the file tells of.

    Raises:
        InvalidField: no layout of that name is in force on that day.
        WrongLayout: it has two columns in one place, or lacks one that a posting needs.
    """
    layout = name.removeprefix(_PREFIX)
    mine = sorted(
        (one for one in cells if one.layout == layout and one.holds(on)), key=lambda one: one.place
    )
    if not mine:
        raise InvalidField("file", "statement_file")
    if len({one.place for one in mine}) < len(mine):
        raise WrongLayout(f"{layout}: two columns have one place on {on}")
    lacks = _NEEDED - {one.field for one in mine}
    if lacks:
        raise WrongLayout(f"{layout}: {', '.join(sorted(lacks))} is missing on {on}")

    def rows(reading: Reading) -> Iterator[Row]:
        for row in VOUCHERS.rows(reading):
            yield tuple(_value(one, row) for one in mine)

    return Statement(
        name,
        tuple(_column(one) for one in mine),
        rows,
        VOUCHERS.proof,
        VOUCHERS.permission,
        is_bare=True,
        before=VOUCHERS.before,
    )


def shipped(on: date) -> Mapping[str, Statement]:
    """Give every layout of the shipped table that is in force on *on*."""
    cells = _shipped()
    return {
        name: statement(cells, name, on) for name in names(one for one in cells if one.holds(on))
    }


@cache
def _shipped() -> tuple[Cell, ...]:
    with _DATA.open(encoding="utf-8", newline="") as file:
        return read(file)


def _value(cell: Cell, row: Row) -> Value:
    return cell.field[1:] if cell.field not in _PLACES else row[_PLACES[cell.field]]


def _column(cell: Cell) -> Column:
    if cell.field not in _PLACES:
        return Column(f"fixed_{cell.place}", Kind.CODE, called=cell.title)
    of = VOUCHERS.columns[_PLACES[cell.field]]
    return Column(of.name, of.kind, of.is_summed, cell.title)
