"""Finds the table among a statement's rows, and reads its labels and lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Final, TypeVar

from payments.bank import statement_cells as cells
from payments.bank.statement_map import ColumnMap
from payments.bank.statement_model import LINES_MAX, PROBLEMS_MAX, SAMPLE_MAX, Line, Told
from payments.bank.statement_text import DELIMITERS, NotReadable, Row, rows
from payments.kernel.errors import Problem
from payments.kernel.money import ZERO, Money

T = TypeVar("T")

#: The table begins within this many rows, or the map is of another bank.
_HEADER_WITHIN: Final = 200
_MEMO_MAX: Final = 1000
_REFERENCE_MAX: Final = 150


@dataclass(frozen=True, slots=True)
class Table:
    titles: Mapping[str, int]
    rows: Sequence[Row]


def told_in_text(text: str, columns: ColumnMap, problems: list[Problem]) -> Told:
    """
    Find the delimiter by which the row of titles is there, and read the table below it.

    Raises:
        NotReadable: no delimiter gives the titles of *columns*, or a quote does not end.
    """
    broken: NotReadable | None = None
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        try:
            found = list(rows(text, delimiter))
        except NotReadable as error:
            # A quote of another dialect: fatal only where no delimiter fits; who came furthest
            # into the file read it rightly.
            broken = max(broken or error, error, key=lambda one: one.line or 0)
            continue
        if _table_of(found, columns) is not None:
            return told(found, columns, problems)
    if broken is not None:
        raise broken
    raise _no_titles(columns)


def plain_rows(text: str) -> list[Row]:
    """
    Split *text* by the delimiter that gives the most cells, where nobody knows its titles.

    Raises:
        NotReadable: a quote that does not end, whatever the delimiter.
    """
    best: list[Row] = []
    broken: NotReadable | None = None
    for delimiter in DELIMITERS:
        try:
            found = list(rows(text, delimiter))
        except NotReadable as error:
            broken = error
            continue
        best = max(best, found, key=lambda some: sum(len(row.cells) for row in some))
    if broken is not None and not best:
        raise broken
    return best


def told(found: Sequence[Row], columns: ColumnMap, problems: list[Problem]) -> Told:
    """
    Read the table of the rows *found*: labels above it, then line by line.

    Raises:
        NotReadable: no row, and no two rows together, hold the titles of *columns*.
    """
    divided = _table_of(found, columns)
    if divided is None:
        raise _no_titles(columns)
    header, table = divided
    above = labels(header, columns, problems)
    account = above.get(columns.account) if columns.account else None
    opening = label(above, columns.opening, cells.amount, problems)
    closing = label(above, columns.closing, cells.amount, problems)
    lines = tuple(lines_of(table, columns, problems))
    return Told(
        account=None if account is None else account[1],
        account_line=None if account is None else account[0],
        opening=opening,
        closing=closing,
        closing_line=above.get(columns.closing, (None,))[0],
        first_day=label(above, columns.first_day, cells.day, problems),
        last_day=label(above, columns.last_day, cells.day, problems),
        lines=lines,
        closing_title=columns.closing,
        balance_title=columns.balance,
        newest_first=columns.newest_first,
        titles=columns.columns,
        sample=_sample(table, columns),
    )


def _sample(table: Table, columns: ColumnMap) -> tuple[Row, ...]:
    """Give the first rows, cells in the order of the map."""
    filled = (row for row in table.rows if not row.is_empty)
    return tuple(
        Row(
            row.line,
            tuple(
                row.cells[table.titles[title]] if table.titles[title] < len(row.cells) else ""
                for title in columns.columns
            ),
        )
        for row in islice(filled, SAMPLE_MAX)
    )


def _table_of(found: Sequence[Row], columns: ColumnMap) -> tuple[Sequence[Row], Table] | None:
    """Part what stands above the titles from what stands below them; None where they are not."""
    wanted = set(columns.columns)
    for place, row in enumerate(found[:_HEADER_WITHIN]):
        if wanted <= set(row.cells):
            return found[:place], Table(_places(row.cells, columns), found[place + 1 :])
        # Titles over two rows, those of the upper merged downwards: "Số tiền" above "Nợ", "Có".
        below = found[place + 1].cells if place + 1 < len(found) else ()
        both = tuple(low or high for low, high in zip_longest(below, row.cells, fillvalue=""))
        if wanted <= set(both):
            return found[:place], Table(_places(both, columns), found[place + 2 :])
    return None


def _places(titles: Sequence[str], columns: ColumnMap) -> dict[str, int]:
    return {title: titles.index(title) for title in columns.columns}


def _no_titles(columns: ColumnMap) -> NotReadable:
    return NotReadable("statement_header", 1, titles=", ".join(columns.columns))


def labels(
    header: Sequence[Row], columns: ColumnMap, problems: list[Problem]
) -> dict[str, tuple[int, str]]:
    found = {
        row.cells[0].rstrip(":"): (row.line, row.cells[1]) for row in header if len(row.cells) > 1
    }
    for label in columns.labels:
        if label not in found:
            problems.append(Problem(None, "header", "statement_label", {"label": label}))
    return found


def label(
    found: Mapping[str, tuple[int, str]],
    label: str,
    reading: Callable[[str], T],
    problems: list[Problem],
) -> T | None:
    if not label or label not in found:
        return None
    line, told = found[label]
    try:
        return reading(told)
    except cells.NotACell as bad:
        problems.append(Problem(line, label, bad.key, {"title": label, "told": bad.told}))
        return None


def lines_of(table: Table, columns: ColumnMap, problems: list[Problem]) -> list[Line]:
    lines: list[Line] = []
    for row in table.rows:
        if columns.footer and row.cells and row.cells[0].startswith(columns.footer):
            break
        told = {
            title: row.cells[place] if place < len(row.cells) else ""
            for title, place in table.titles.items()
        }
        if not any(told.values()):
            continue
        if len(lines) >= LINES_MAX:
            problems.append(Problem(row.line, "file", "statement_rows", {"most": LINES_MAX}))
            break
        try:
            lines.append(_line(row.line, told, columns))
        except _BadCell as bad:
            problems.append(Problem(row.line, bad.title, bad.key, bad.facts))
            if len(problems) >= PROBLEMS_MAX:
                break
    return lines


class _BadCell(ValueError):
    def __init__(self, title: str, key: str, **facts: object) -> None:
        super().__init__(key)
        self.title = title
        self.key = key
        self.facts = {"title": title, **facts}


def _line(number: int, told: Mapping[str, str], columns: ColumnMap) -> Line:
    def cell(title: str, reading: Callable[[str], T]) -> T:
        try:
            return reading(told[title])
        except cells.NotACell as bad:
            raise _BadCell(title, bad.key, told=bad.told) from bad

    reference = told.get(columns.reference, "") if columns.reference else ""
    for title, text, most in (
        (columns.memo, told[columns.memo], _MEMO_MAX),
        (columns.reference, reference, _REFERENCE_MAX),
    ):
        if len(text) > most:
            raise _BadCell(title, "cell_long", most=most)
    if columns.amount:
        amount = cell(columns.amount, cells.amount)
    else:
        amount = _one_of_two(told, columns, cell)
    return Line(
        number,
        cell(columns.date, cells.moment),
        amount,
        reference,
        told[columns.memo],
        cell(columns.balance, cells.amount) if columns.balance else None,
    )


def _one_of_two(
    told: Mapping[str, str],
    columns: ColumnMap,
    cell: Callable[[str, Callable[[str], Money]], Money],
) -> Money:
    """Read the column that is filled; the other may be empty or zero, and no sign stands here."""
    went = cell(columns.debit, cells.amount) if told[columns.debit] else None
    came = cell(columns.credit, cells.amount) if told[columns.credit] else None
    if went is None and came is None:
        raise _BadCell(columns.credit, "cell_no_amount")
    if went and came:
        raise _BadCell(columns.credit, "cell_two_amounts")
    if (went or ZERO) < ZERO or (came or ZERO) < ZERO:
        raise _BadCell(columns.debit if went else columns.credit, "cell_negative")
    return (came or ZERO) - (went or ZERO)
