"""Cells that a spreadsheet shows as they are: no text of ours is ever run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from payments.kernel.money import Money

Cell = str | Money | None
#: Excel and others take a cell that begins so for a formula, or skip the white space before one.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: With it Excel reads UTF-8 by itself.
BOM: Final = "\ufeff"


def is_formula(value: str) -> bool:
    """Say whether a spreadsheet may take *value* for a formula."""
    return value.lstrip(" ").startswith(_FORMULA)


def text(value: str) -> str:
    """Put an apostrophe before what begins like a formula, so that no spreadsheet runs it."""
    return f"'{value}" if is_formula(value) else value


def identifier(value: str) -> str:
    """Give an account or reference of digits as a formula-free text, so that no zero is lost."""
    return f"'{value}" if value.isdecimal() else text(value)


def write(rows: Iterable[Sequence[Cell]]) -> bytes:
    """
    Write rows as CSV: UTF-8 with mark, comma, CR LF.

    Amounts are whole numbers without separators, so that they stay numbers; everything else is text
    and made harmless by the caller with ``text`` or ``identifier``.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([_told(cell) for cell in row])
    return (BOM + out.getvalue()).encode()


def _told(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Money(dong=dong):
            return str(dong)
        case _:
            return cell
