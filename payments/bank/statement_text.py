"""A statement's bytes as text, and text as rows: the encoding is known for certain or refused."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from payments.kernel.text import nfc

SIZE_MAX_BYTES: Final = 20 * 1024 * 1024
#: Rows of the file, lines above and below the table included.
ROWS_MAX: Final = 100_000 + 500
DELIMITERS: Final = (",", ";", "\t")

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: What a spreadsheet's own file begins with (ZIP, OLE), and a PDF.
_NOT_TEXT: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")


class NotReadable(ValueError):
    """The bytes are no text of ours; *key* says why in words, *line* is where it shows, from 1."""

    def __init__(self, key: str, line: int | None = None, **facts: object) -> None:
        super().__init__(key)
        self.key = key
        self.line = line
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row, composed and stripped; *line* is its last physical line in the file."""

    line: int
    cells: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not any(self.cells)


def decode(content: bytes) -> str:
    """
    Give the text of UTF-8 (with or without mark), UTF-16 with mark, or Windows-1258.

    Windows-1258 has a letter for nearly every byte, so text that decodes may still be another
    encoding: letters it writes as base and mark must compose, and nothing unprintable may be left.

    Raises:
        NotReadable: a spreadsheet, a PDF, or in none of these encodings.
    """
    if content.startswith(_NOT_TEXT):
        raise NotReadable("statement_not_text")
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _checked(_strict(content[len(mark) :], encoding), encoding)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _checked(nfc(_strict(content, "cp1258")), "cp1258")
    return _checked(text, "utf-8")


def rows(text: str, delimiter: str) -> Iterator[Row]:
    """
    Split *text* into rows; a formula is text like any other.

    Raises:
        NotReadable: a quote that does not end, or too many rows.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if number > ROWS_MAX:
                raise NotReadable("statement_rows", reader.line_num, most=ROWS_MAX - 500)
            yield Row(reader.line_num, tuple(nfc(cell).strip() for cell in cells))
    except csv.Error as error:
        raise NotReadable("file_not_csv", reader.line_num) from error


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].decode(encoding, "replace").count("\n") + 1
        raise NotReadable("statement_encoding", line) from error


def _checked(text: str, encoding: str) -> str:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.isascii() and line.removesuffix("\r").replace("\t", "").isprintable():
            continue
        if any(_is_foreign(char, encoding) for char in line):
            raise NotReadable("statement_broken", number)
    return text


def _is_foreign(char: str, encoding: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cc":
        return char not in "\t\r\n"
    # U+FFFD was put in by a program that had lost the letter before us.
    return (
        char == "\ufffd"
        or category in ("Co", "Cn", "Cs")
        or (encoding == "cp1258" and category == "Mn")
    )
