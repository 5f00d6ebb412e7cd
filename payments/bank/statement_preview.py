"""
What a statement file would bring, before anything of it is saved.

    the first rows, bad cells marked · every problem · opening + Σ = closing · days · column map

A file whose table is not found shows its first rows as they are: a person then names the columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from payments.bank.statement_columns import guessed
from payments.bank.statement_file import Form, Looked, form_of, look
from payments.bank.statement_map import ColumnMap
from payments.bank.statement_model import PROBLEMS_MAX, SAMPLE_MAX, Line, Statement, Told
from payments.bank.statement_table import plain_rows
from payments.bank.statement_text import NotReadable, Row, decode
from payments.bank.statement_workbook import rows_of
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Problem
from payments.kernel.money import ZERO, Money

#: Rows that are looked at for titles when nobody has named the columns yet.
_LOOKED_AT_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the file as it stands there; *wrong* gives the problem of a cell by its place."""

    line: int
    cells: tuple[str, ...]
    wrong: Mapping[int, Problem]


@dataclass(frozen=True, slots=True)
class Proof:
    """Opening + came − went = *expected*, which is *closing* where the file tells that."""

    opening: Money | None
    came: Money
    went: Money
    closing: Money | None

    @property
    def expected(self) -> Money | None:
        return None if self.opening is None else self.opening + self.came - self.went

    @property
    def is_proven(self) -> bool:
        return self.expected is not None and self.expected == self.closing


@dataclass(frozen=True, slots=True)
class Preview:
    """
    *titles* and *rows* are those of the file; *lines* that have none (MT940, camt.053) stand alone.

    *columns* is the map it was read by, or a guess where there is none or it does not fit.
    *outside* counts lines that lie outside of the days that the file itself names.
    """

    form: Form
    titles: tuple[str, ...]
    rows: tuple[Shown, ...]
    lines: tuple[Line, ...]
    line_count: int
    problems: tuple[Problem, ...]
    proof: Proof | None
    first_day: HospitalDay | None
    last_day: HospitalDay | None
    outside: int
    columns: ColumnMap | None
    #: What would be taken in; None where anything is wrong.
    statement: Statement | None = None


def preview(
    content: bytes, columns: ColumnMap | None, *, account: str, today: HospitalDay
) -> Preview:
    """Show what *content* would bring to *account*; *columns* is None where no map is saved."""
    form = form_of(content)
    if form.has_columns and columns is None:
        return _untold(form, content, (), None)
    looked = look(content, columns, account=account, today=today)
    if looked.told is None:
        return _untold(form, content, looked.problems, columns)
    return _told(form, looked, looked.told, columns, account)


def _told(
    form: Form, looked: Looked, told: Told, columns: ColumnMap | None, account: str
) -> Preview:
    days = sorted(one.day for one in told.lines)
    first, last = told.first_day, told.last_day
    outside = sum(
        (first is not None and day < first) or (last is not None and day > last) for day in days
    )
    return Preview(
        form,
        told.titles,
        tuple(_marked(row, told.titles, looked.problems, columns) for row in told.sample),
        told.lines[:SAMPLE_MAX] if not form.has_columns else (),
        len(told.lines),
        looked.problems[:PROBLEMS_MAX],
        _proof(told),
        first or (days[0] if days else None),
        last or (days[-1] if days else None),
        outside,
        columns,
        None if looked.problems else looked.statement(account),
    )


def _proof(told: Told) -> Proof:
    lines = told.lines[::-1] if told.newest_first else told.lines
    opening, closing = told.opening, told.closing
    if lines and opening is None and lines[0].balance is not None:
        opening = lines[0].balance - lines[0].amount
    if lines and closing is None:
        closing = lines[-1].balance
    came = sum((line.amount for line in lines if line.amount > ZERO), ZERO)
    went = sum((-line.amount for line in lines if line.amount < ZERO), ZERO)
    return Proof(opening, came, went, closing)


def _marked(
    row: Row, titles: Sequence[str], problems: Sequence[Problem], columns: ColumnMap | None
) -> Shown:
    wrong: dict[int, Problem] = {}
    for one in problems:
        # A day that has not come is found by its meaning, and not by the title of its column.
        title = columns.date if columns is not None and one.field == "date" else one.field
        if one.line == row.line and title in titles:
            wrong[titles.index(title)] = one
    return Shown(row.line, row.cells, wrong)


def _untold(
    form: Form, content: bytes, problems: tuple[Problem, ...], columns: ColumnMap | None
) -> Preview:
    """Show the rows as they stand, and a guess of what the columns are called."""
    found: list[Row] = []
    if form.has_columns:
        try:
            found = rows_of(content) if form is Form.WORKBOOK else plain_rows(decode(content))
        except NotReadable as error:
            broken = Problem(error.line, "file", error.key, error.facts)
            problems = problems or (broken,)
    head = [row for row in found[:_LOOKED_AT_MAX] if not row.is_empty]
    return Preview(
        form,
        (),
        tuple(Shown(row.line, row.cells, {}) for row in head[:SAMPLE_MAX]),
        (),
        0,
        problems,
        None,
        None,
        None,
        0,
        guessed(head) or columns,
    )
