"""A statement as a workbook (XLSX): the rows of its first sheet, as a text file would have them."""

from __future__ import annotations

from typing import Final

from payments.bank.statement_text import ROWS_MAX, NotReadable, Row
from payments.kernel.text import nfc
from payments.sheets import workbook
from payments.sheets.problems import UnreadableSheet

#: A ZIP archive, which a workbook is.
XLSX_BEGINS: Final = b"PK\x03\x04"


def rows_of(content: bytes) -> list[Row]:
    """
    Give the rows of the first sheet; a merged cell stands in its first row and column only.

    Raises:
        NotReadable: broken, with macros or links, too large unpacked, or too many rows.
    """
    try:
        found = [
            Row(number, tuple(nfc(cell).strip() for cell in cells))
            for number, cells in workbook.rows(content, ROWS_MAX)
        ]
    except UnreadableSheet as error:
        first = error.problems[0]
        raise NotReadable(first.key, first.line, **first.facts) from error
    if len(found) > ROWS_MAX:
        raise NotReadable("statement_rows", found[-1].line, most=ROWS_MAX - 500)
    return found
