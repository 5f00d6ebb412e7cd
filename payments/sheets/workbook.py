"""XLSX into rows of text, within limits that hold before anything is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, time
from typing import Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from payments.kernel.errors import Problem
from payments.sheets.problems import UnreadableSheet

#: A real price list of 20,000 rows unpacks to 6 MB.
UNPACKED_MAX_BYTES: Final = 40 * 1024 * 1024
_MEMBERS_MAX: Final = 200
#: Deflate reaches 1:1000 on zeros; sheets of text reach 1:20.
_RATIO_MAX: Final = 100
#: Nothing is measured by ratio below this: an empty styles sheet may compress well.
_RATIO_FROM_BYTES: Final = 1024 * 1024
#: How a zip ends: this record, with no comment behind it.
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_FORBIDDEN: Final = ("vbaproject", "externallinks/", "activex", "embeddings/", "connections.xml")
COLUMNS_MAX: Final = 40


def rows(content: bytes, rows_max: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """
    Give number and cells of each row of the first sheet; formulas come as their text.

    Raises:
        UnreadableSheet: broken, too large unpacked, or with macros or links.
    """
    _inspect(content)
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=False, keep_links=False
        )
        sheet = book.worksheets[0]
        # What the sheet says of its own size is a claim: the rows are counted as they come.
        sheet.reset_dimensions()
        found = sheet.iter_rows(max_col=COLUMNS_MAX, max_row=rows_max + 1, values_only=True)
        for number, cells in enumerate(found, start=1):
            yield number, tuple(_text(cell) for cell in cells)
    except _BROKEN as error:
        raise UnreadableSheet([Problem(None, "", "sheet.broken")]) from error


#: What openpyxl and the libraries below it raise for bytes that are no workbook.
_BROKEN: Final = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    SyntaxError,
    NotImplementedError,
)


def _inspect(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if not _is_whole(content, archive) or any(_climbs(one.filename) for one in members):
                raise UnreadableSheet([Problem(None, "", "sheet.broken")])
            unpacked = sum(member.file_size for member in members)
            if len(members) > _MEMBERS_MAX or unpacked > UNPACKED_MAX_BYTES or _is_bomb(members):
                most = UNPACKED_MAX_BYTES // 1024 // 1024
                raise UnreadableSheet(
                    [Problem(None, "", "sheet.unpacked_too_large", {"most": most})]
                )
            for member in members:
                if any(part in member.filename.lower() for part in _FORBIDDEN):
                    raise UnreadableSheet([Problem(None, "", "sheet.macros")])
                _refuse_doctype(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise UnreadableSheet([Problem(None, "", "sheet.broken")]) from error
    except RuntimeError as error:
        # The standard library's word for a member with a password.
        raise UnreadableSheet([Problem(None, "", "sheet.broken")]) from error


def _is_whole(content: bytes, archive: zipfile.ZipFile) -> bool:
    """Say whether the bytes are the archive alone, with no second file before or behind it."""
    begins = min((one.header_offset for one in archive.infolist()), default=0)
    return begins == 0 and not archive.comment and content.rfind(_END) == len(content) - _END_BYTES


def _climbs(name: str) -> bool:
    """Say whether a member would lie outside of the folder that it is unpacked into."""
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name


def _is_bomb(members: list[zipfile.ZipInfo]) -> bool:
    return any(
        member.file_size > _RATIO_FROM_BYTES
        and member.file_size > _RATIO_MAX * max(1, member.compress_size)
        for member in members
    )


def _refuse_doctype(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse a member that declares entities: no spreadsheet program writes a DOCTYPE."""
    if not member.filename.lower().endswith((".xml", ".rels", ".vml")):
        return
    with archive.open(member) as file:
        head = file.read(4096).replace(b"\0", b"").upper()
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise UnreadableSheet([Problem(None, "", "sheet.broken")])


def _text(cell: object) -> str:
    """Write a cell as a person would type it: whole numbers without a fraction, times as ISO."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        is_day = cell.time() == time()
        return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
    return str(cell)
