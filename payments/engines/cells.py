"""What a cell may hold, said twice: for DuckDB, which reads millions, and to name what is wrong."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from payments.engines.model import Column, Kind, quoted
from payments.kernel.errors import Problem
from payments.kernel.money import DONG_MAX

LETTERS_MAX: Final = 300
#: Characters that no cell of a table holds: they would end a line or deceive a terminal.
_CONTROL: Final = "[\\x00-\\x1f\\x7f]"
_PLAIN: Final = "[^\\x00-\\x20\\x7f][^\\x00-\\x1f\\x7f]*"
_FORMS: Final = {
    Kind.DONG: "-?(0|[1-9][0-9]{0,15})",
    Kind.HUNDREDTHS: "-?(0|[1-9][0-9]{0,15})([.][0-9]{1,2})?",
    Kind.HUNDREDTHS_OR_NOTHING: "-?(0|[1-9][0-9]{0,15})([.][0-9]{1,2})?",
    Kind.NUMBER_OR_NOTHING: "-?(0|[1-9][0-9]{0,15})",
}


def value(kind: Kind, cell: str) -> str:
    """Give the expression of the value of *cell*, a text that is in order."""
    full = f"nullif(trim({cell}), '')"
    if kind.is_text:
        return f"CASE WHEN {full} IS NULL THEN NULL ELSE {cell} END"
    if kind.is_hundredths:
        return f"CAST(CAST({full} AS DECIMAL(20, 2)) * 100 AS BIGINT)"
    return f"CAST({full} AS BIGINT)"


def is_right(kind: Kind, cell: str) -> str:
    """Give the condition that *cell*, a text or NULL, is in order; it is never NULL."""
    is_empty = f"nullif(trim({cell}), '') IS NULL"
    if kind.is_text:
        right = f"length({cell}) <= {LETTERS_MAX} AND NOT regexp_matches({cell}, '{_CONTROL}')"
    else:
        most = DONG_MAX
        right = (
            f"regexp_full_match({cell}, {quoted(_FORMS[kind])})"
            f" AND abs(TRY_CAST({cell} AS DECIMAL(20, 2))) <= {most}"
        )
    if kind.may_be_empty:
        return f"({is_empty} OR coalesce({right}, false))"
    return f"(NOT {is_empty} AND coalesce({right}, false))"


def is_plain(kind: Kind, title: str) -> str:
    """
    Give the condition that a value of Parquet is right at first sight and its own value.

    It costs a fraction of ``is_right``, may be false of a cell that is in order, and is never NULL.
    Text begins with no space, so it is neither blank nor in need of another look.
    """
    name = '"' + title.replace('"', '""') + '"'
    if not kind.is_text:
        return f"coalesce({name} BETWEEN -{DONG_MAX} AND {DONG_MAX}, false)"
    plain = f"(strlen({name}) <= {LETTERS_MAX} AND regexp_full_match({name}, '{_PLAIN}'))"
    return f"coalesce({plain}, {'true' if kind.may_be_empty else 'false'})"


def wrong(line: int, column: Column, cell: str) -> Problem | None:
    """Say what is wrong with *cell*, as ``is_right`` sees it."""
    kind, name = column.kind, column.shown
    if not cell.strip(" "):
        return None if kind.may_be_empty else Problem(line, name, "sheet.missing")
    if kind.is_text:
        if len(cell) > LETTERS_MAX:
            return Problem(line, name, "sheet.too_long", {"most": LETTERS_MAX})
        return Problem(line, name, "sheet.control") if re.search(_CONTROL, cell) else None
    is_number = re.fullmatch(r"-?[1-9][0-9]{15,}([.][0-9]+)?", cell) is not None
    if is_number and abs(Decimal(cell)) > DONG_MAX:
        return Problem(line, name, "sheet.amount_too_large", {"most": f"{DONG_MAX:,}"})
    if re.fullmatch(_FORMS[kind], cell):
        return None
    if kind.is_hundredths:
        return Problem(line, name, "sheet.two_decimals")
    return Problem(line, name, "sheet.whole_dong")
