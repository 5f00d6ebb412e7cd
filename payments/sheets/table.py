"""A table by its titles: the file is decoded for certain, and every cell is harmless or named."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Final

from payments.kernel.errors import InvalidField, Problem
from payments.kernel.text import is_line, nfc, unmarked
from payments.sheets.problems import PROBLEMS_MAX, UnreadableSheet

SIZE_MAX_BYTES: Final = 5 * 1024 * 1024
CELL_LETTERS_MAX: Final = 300
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ZIP: Final = b"PK\x03\x04"
_NOT_TEXT: Final = (b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"Rar!")
_DELIMITERS: Final = (",", ";", "\t")
#: Cells that a spreadsheet would run; full-width forms too, which some programs fold.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

#: Field → the titles that mean it, in any case and with or without marks; the first is shown.
Titles = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One row under the titles: field → cell, composed and trimmed."""

    number: int
    cells: Mapping[str, str]
    #: Field → title as the file writes it, for what is said about a cell.
    titles: Mapping[str, str]

    def problem(self, field: str, key: str, **facts: object) -> Problem:
        return Problem(self.number, self.titles.get(field, field), key, facts)

    def refused(self, field: str, error: InvalidField) -> Problem:
        """Say of a cell what a form would be told of its field."""
        return Problem(self.number, self.titles.get(field, field), error.key, error.extras)


def read(
    content: bytes, titles: Titles, *, rows_max: int, optional: Titles = MappingProxyType({})
) -> tuple[list[Line], list[Problem]]:
    """
    Read every row; what is wrong with single cells is listed, and its row left out.

    A field of *optional* is among the cells only where the file has its column.

    Raises:
        UnreadableSheet: the file as a whole cannot be read, or lacks a column.
    """
    if not content:
        raise _refused("sheet.empty")
    if len(content) > SIZE_MAX_BYTES:
        raise _refused("sheet.too_large", most=SIZE_MAX_BYTES // 1024 // 1024)
    found = _rows(content, rows_max)
    first = next(((n, cells) for n, cells in found if any(cells)), None)
    if first is None:
        raise _refused("sheet.empty")
    places = _places(first[0], first[1], titles) | _found(first[0], first[1], optional)
    shown = {field: first[1][place] for field, place in places.items()}
    lines: list[Line] = []
    problems: list[Problem] = []
    for number, cells in found:
        told = {f: cells[p] if p < len(cells) else "" for f, p in places.items()}
        if not any(told.values()):
            continue
        if len(lines) >= rows_max:
            raise _refused("sheet.too_many_rows", most=rows_max)
        line = Line(number, {field: nfc(text.strip()) for field, text in told.items()}, shown)
        wrong = [one for field in told for one in _hostile(line, field, told[field])]
        problems += wrong
        if not wrong:
            lines.append(line)
        if len(problems) > PROBLEMS_MAX:
            break
    return lines, problems


def _rows(content: bytes, rows_max: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    if content.startswith(_ZIP):
        # Half a second of a program's start, for those alone who bring a workbook.
        found: Iterator[tuple[int, tuple[str, ...]]] = import_module(
            "payments.sheets.workbook"
        ).rows(content, rows_max + 1000)
        return found
    return _of_csv(content)


def _of_csv(content: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, tuple(cells)
    except csv.Error as error:
        raise UnreadableSheet([Problem(reader.line_num, "", "sheet.broken")]) from error


def _decoded(content: bytes) -> str:
    if content.startswith(_NOT_TEXT):
        raise _refused("sheet.not_a_sheet")
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _strict(content[len(mark) :], encoding)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        # Windows-1258, which old Excel writes in Vietnam: base letters with marks, composed here.
        text = nfc(_strict(content, "cp1258"))
        if any(unicodedata.category(char) == "Mn" for char in text):
            raise _refused("sheet.encoding") from None
    if "\0" in text:
        raise _refused("sheet.not_a_sheet")
    return text


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _refused("sheet.encoding") from error


def _places(number: int, cells: Sequence[str], titles: Titles) -> dict[str, int]:
    """Find the column of each field. Raises UnreadableSheet with every title that lacks."""
    folded = [_folded(cell) for cell in cells]
    places: dict[str, int] = {}
    problems: list[Problem] = []
    for field, names in titles.items():
        wanted = {_folded(name) for name in names}
        at = [place for place, cell in enumerate(folded) if cell in wanted]
        if len(at) == 1:
            places[field] = at[0]
        else:
            facts = {"title": names[0]}
            problems.append(
                Problem(number, "", "sheet.title_twice", facts)
                if at
                else Problem(number, "", "sheet.no_title", facts)
            )
    if problems:
        raise UnreadableSheet(problems)
    return places


def _found(number: int, cells: Sequence[str], optional: Titles) -> dict[str, int]:
    """Find the columns that a file may have. Raises UnreadableSheet for one that is there twice."""
    folded = {_folded(cell) for cell in cells}
    there = {
        field: names
        for field, names in optional.items()
        if folded & {_folded(name) for name in names}
    }
    return _places(number, cells, there)


def _hostile(line: Line, field: str, raw: str) -> Iterator[Problem]:
    if raw.lstrip(" ").startswith(_FORMULA):
        yield line.problem(field, "sheet.formula")
    elif len(raw) > CELL_LETTERS_MAX:
        yield line.problem(field, "sheet.too_long", most=CELL_LETTERS_MAX)
    elif not is_line(nfc(raw)):
        yield line.problem(field, "sheet.control")


def _folded(title: str) -> str:
    return " ".join(unmarked(title).lower().replace("_", " ").split())


def _refused(key: str, **facts: object) -> UnreadableSheet:
    return UnreadableSheet([Problem(None, "", key, facts)])
