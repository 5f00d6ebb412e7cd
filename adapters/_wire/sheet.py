"""
A settlement file as CSV with a total line, read whole or not at all.

Layouts of gateways are set by contract; those that we know are plain CSV in UTF-8. The last line
counts and sums the others, so that a file that was cut off is seen.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from payments.kernel.errors import InvalidField
from payments.kernel.money import DONG_MAX, Money, vnd

TOTAL: Final = "TOTAL"
_SIZE_MAX_BYTES: Final = 64 * 1024 * 1024
_AMOUNT: Final = re.compile("-?[0-9]{1,16}")
_MILLISECONDS: Final = re.compile("[0-9]{13}")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a gateway's file, and what three kinds of them mean."""

    columns: tuple[str, ...]
    #: Names the merchant in each line, and says TOTAL in the last.
    merchant: str
    #: Holds, in the last line, how many others there are.
    count: str
    gross: str
    fee: str
    net: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line, counted from 1 with the head; every reader names its cell when it cannot."""

    line: int
    cells: Mapping[str, str]

    def amount(self, name: str) -> Money:
        """Read whole đồng of either sign. Raises InvalidField."""
        text = self.cells[name]
        if not _AMOUNT.fullmatch(text) or abs(int(text)) > DONG_MAX:
            raise self.wrong(name)
        return vnd(int(text))

    def moment(self, name: str) -> datetime:
        """Read milliseconds since 1970. Raises InvalidField."""
        if not _MILLISECONDS.fullmatch(self.cells[name]):
            raise self.wrong(name)
        whole, rest = divmod(int(self.cells[name]), 1000)
        return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest * 1000)

    def day(self, name: str) -> date:
        """Read ``2026-11-24``. Raises InvalidField."""
        try:
            return date.fromisoformat(self.cells[name])
        except ValueError as error:
            raise self.wrong(name) from error

    def wrong(self, name: str) -> InvalidField:
        return InvalidField(name, "settlement_cell", line=self.line)


def rows(file: bytes, layout: Layout, merchant: str) -> tuple[Row, ...]:
    """
    Read all lines of *merchant*.

    Raises:
        InvalidField: names the line that cannot be read, or the sum that does not come out.
    """
    found = _read(file, layout)
    if not found or found[-1].cells[layout.merchant] != TOTAL:
        raise InvalidField("file", "settlement_no_total", line=len(found) + 1)
    body, total = found[:-1], found[-1]
    for row in body:
        if row.cells[layout.merchant] != merchant:
            raise InvalidField(layout.merchant, "settlement_other_merchant", line=row.line)
        if row.amount(layout.gross) - row.amount(layout.fee) != row.amount(layout.net):
            raise InvalidField(layout.net, "settlement_net", line=row.line)
    is_whole = total.cells[layout.count] == str(len(body))
    for name in (layout.gross, layout.fee, layout.net):
        summed = sum((row.amount(name) for row in body), vnd(0))
        is_whole = is_whole and total.amount(name) == summed
    if not is_whole:
        raise InvalidField("file", "settlement_total_differs", line=total.line)
    return body


def _read(file: bytes, layout: Layout) -> tuple[Row, ...]:
    if len(file) > _SIZE_MAX_BYTES:
        raise InvalidField("file", "settlement_unreadable")
    try:
        text = file.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if tuple(reader.fieldnames or ()) != layout.columns:
            raise InvalidField("file", "settlement_columns", line=1)
        read = tuple(Row(number, cells) for number, cells in enumerate(reader, start=2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidField("file", "settlement_unreadable") from error
    for row in read:
        if None in row.cells or None in row.cells.values():
            raise InvalidField("file", "settlement_columns", line=row.line)
    return read
