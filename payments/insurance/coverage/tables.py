"""
Tables of dated rules: strict CSV in, rows with a first and a last day out.

A table is data that a hospital may replace. So each mistake in it is found when it is read, with
its column and line: an unknown basis, a value of the wrong kind, two rows for one day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from payments.kernel.errors import InvalidField
from payments.kernel.text import nfc

#: The largest table has some forty rows.
_SIZE_MAX_BYTES: Final = 1_000_000
_FLAGS: Final = {"0": False, "1": True}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; its cells are read by what they must be."""

    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        if not self.cells[column]:
            raise self.refused(column)
        return self.cells[column]

    def optional(self, column: str) -> str | None:
        return self.cells[column] or None

    def number(self, column: str) -> Decimal:
        try:
            number = Decimal(self.cells[column])
        except InvalidOperation as error:
            raise self.refused(column) from error
        if not number.is_finite() or number < 0 or number.adjusted() > 12:
            raise self.refused(column)
        return number

    def flag(self, column: str) -> bool:
        if self.cells[column] not in _FLAGS:
            raise InvalidField(column, "cell_flag", line=self.line)
        return _FLAGS[self.cells[column]]

    def one_of(self, column: str, known: Iterable[str]) -> str:
        if self.cells[column] not in known:
            raise self.refused(column)
        return self.cells[column]

    def first_day(self) -> date:
        return self._day("valid_from")

    def last_day(self) -> date:
        return self._day("valid_to") if self.cells["valid_to"] else date.max

    def refused(self, column: str) -> InvalidField:
        return InvalidField(column, "rule_value", line=self.line, value=self.cells[column])

    def _day(self, column: str) -> date:
        try:
            return date.fromisoformat(self.cells[column])
        except ValueError as error:
            raise self.refused(column) from error


def rows(folder: Path, table: str, columns: Sequence[str]) -> Iterator[Row]:
    """
    Read *table* of *folder*, which must have exactly *columns*.

    Raises:
        InvalidField: with the column and line of what is wrong.
        OSError: the file cannot be read.
    """
    with (folder / f"{table}.csv").open("rb") as file:
        content = file.read(_SIZE_MAX_BYTES + 1)
    if len(content) > _SIZE_MAX_BYTES:
        raise InvalidField(table, "file_bytes", most=_SIZE_MAX_BYTES)
    try:
        # Spreadsheets put a BOM in front of what they call UTF-8.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidField(table, "file_not_utf8", byte=error.start) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for column in columns:
            if column not in (reader.fieldnames or ()):
                raise InvalidField(column, "column_missing", line=1)
        for cells in reader:
            if None in cells or None in cells.values():
                raise InvalidField(table, "rule_cells", line=reader.line_num)
            yield Row(reader.line_num, {name: nfc(cell.strip()) for name, cell in cells.items()})
    except csv.Error as error:
        raise InvalidField(table, "file_not_csv", line=reader.line_num) from error


class DatedRow(Protocol):
    """What is in force from a first to a last day, both included."""

    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date: ...


R = TypeVar("R", bound=DatedRow)
K = TypeVar("K", bound=Hashable)


class Dated(Generic[K, R]):
    """Rows by key and day; two rows of one key never share a day."""

    def __init__(self, table: str, found: Iterable[tuple[K, R]]) -> None:
        self._rows: dict[K, list[R]] = {}
        for key, row in found:
            before = self._rows.setdefault(key, [])
            for other in before:
                if row.valid_from <= other.valid_to and other.valid_from <= row.valid_to:
                    raise InvalidField(
                        table, "rule_overlap", value=str(key), day=str(row.valid_from)
                    )
            if row.valid_to < row.valid_from:
                raise InvalidField(table, "rule_overlap", value=str(key), day=str(row.valid_from))
            before.append(row)
        for kept in self._rows.values():
            # The present is asked for most often.
            kept.sort(key=lambda row: row.valid_from, reverse=True)

    def get(self, key: K, day: date) -> R | None:
        for row in self._rows.get(key, ()):
            if row.valid_from <= day <= row.valid_to:
                return row
        return None

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def on(self, day: date) -> Iterator[tuple[K, R]]:
        """Give what is in force on *day*, in the order of the table."""
        for key in self._rows:
            row = self.get(key, day)
            if row is not None:
                yield key, row
