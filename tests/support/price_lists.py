"""Price lists as people and attackers send them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import openpyxl

TITLES = ("Mã dịch vụ", "Tên dịch vụ", "Mã khoa", "Đơn giá")


def as_csv(
    *rows: Sequence[object], titles: Sequence[str] = TITLES, encoding: str = "utf-8"
) -> bytes:
    lines = [titles, *rows]
    return "\r\n".join(";".join(str(cell) for cell in row) for row in lines).encode(encoding)


def as_xlsx(*rows: Sequence[object], titles: Sequence[str] = TITLES) -> bytes:
    book = openpyxl.Workbook()
    for row in [titles, *rows]:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_member(book: bytes, name: str, body: bytes) -> bytes:
    """Add or replace one member of a workbook."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member, old.read(member))
        new.writestr(name, body)
    return out.getvalue()
