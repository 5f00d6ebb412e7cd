"""A file is read for certain or refused, with the place of everything that is wrong."""

from __future__ import annotations

import time
import zipfile

import pytest

from payments.sheets import Line, UnreadableSheet, read
from payments.sheets.table import SIZE_MAX_BYTES
from tests.support.price_lists import as_csv, as_xlsx, with_member

TITLES = {"code": ("Mã dịch vụ", "code"), "price": ("Đơn giá", "price")}
ROWS = [("KB01", "Khám", "KB", "150.000"), ("XN01", "Máu", "XN", "92000")]


def lines(content: bytes) -> list[Line]:
    found, problems = read(content, TITLES, rows_max=100)
    assert problems == []
    return found


def refusal(content: bytes) -> set[str]:
    with pytest.raises(UnreadableSheet) as error:
        read(content, TITLES, rows_max=100)
    return {problem.key for problem in error.value.problems}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    found = lines(as_csv(*ROWS, encoding=encoding))

    assert [(one.number, dict(one.cells)) for one in found] == [
        (2, {"code": "KB01", "price": "150.000"}),
        (3, {"code": "XN01", "price": "92000"}),
    ]


def test_windows_1258_of_an_old_excel_is_composed() -> None:
    content = "Ma\u0303 di\u0323ch vu\u0323,Đơn gia\u0301\r\nKB01,5".encode("cp1258")

    assert lines(content)[0].cells == {"code": "KB01", "price": "5"}


def test_workbook_is_read_with_numbers_as_people_type_them() -> None:
    found = lines(as_xlsx(("KB01", "Khám", "KB", 150000), ("XN01", "Máu", "XN", 92000.0)))

    assert [one.cells["price"] for one in found] == ["150000", "92000"]


def test_titles_are_known_without_marks_in_any_order_and_case() -> None:
    content = as_csv(("5", "x", "KB01"), titles=("DON GIA", "khác", "Ma_Dich_Vu"))

    assert lines(content)[0].cells == {"code": "KB01", "price": "5"}


def test_every_title_that_lacks_is_named_at_once() -> None:
    with pytest.raises(UnreadableSheet) as error:
        read(b"a,b\r\n1,2", TITLES, rows_max=10)

    assert [one.facts["title"] for one in error.value.problems] == ["Mã dịch vụ", "Đơn giá"]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-5", "@SUM(A1)", "\t=1", " =HYPERLINK(1)", "＝1"]
)
def test_what_a_spreadsheet_would_run_is_refused_with_its_place(cell: str) -> None:
    for content in (as_csv((cell, "", "", "5")), as_xlsx((cell, "", "", "5"))):
        found, problems = read(content, TITLES, rows_max=10)

        assert found == []
        assert [(one.line, one.field, one.key) for one in problems] == [
            (2, "Mã dịch vụ", "sheet.formula")
        ]


def test_formula_of_a_workbook_is_refused_not_computed() -> None:
    _, problems = read(as_xlsx(("KB01", "", "", "=1+1")), TITLES, rows_max=10)

    assert [(one.line, one.field) for one in problems] == [(2, "Đơn giá")]


@pytest.mark.parametrize("cell", ["KB\u202e01", "KB\u200b01", "x" * 301])
def test_cells_that_nobody_can_see_or_read_are_refused(cell: str) -> None:
    _, problems = read(as_csv((cell, "", "", "5")), TITLES, rows_max=10)

    assert len(problems) == 1


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "sheet.empty"),
        (b"\r\n\r\n", "sheet.empty"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, "sheet.not_a_sheet"),
        (b"%PDF-1.7", "sheet.not_a_sheet"),
        (b"code,price\r\nK\0B,5", "sheet.not_a_sheet"),
        (b'code,price\r\n"KB01,5', "sheet.broken"),
        (b"PK\x03\x04broken", "sheet.broken"),
        (b"x" * (SIZE_MAX_BYTES + 1), "sheet.too_large"),
        (as_csv(*[("A", "", "", "1")] * 101), "sheet.too_many_rows"),
        (as_xlsx(*[("A", "", "", "1")] * 101), "sheet.too_many_rows"),
    ],
    # A workbook tells when it was made: its bytes are no name.
    ids=lambda told: told if isinstance(told, str) else "file",
)
def test_file_that_cannot_be_read_says_why(content: bytes, key: str) -> None:
    assert refusal(content) == {key}


def test_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_member(as_xlsx(*ROWS), "xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    assert len(bomb) < SIZE_MAX_BYTES
    began = time.monotonic()

    assert refusal(bomb) == {"sheet.unpacked_too_large"}
    assert time.monotonic() - began < 30


def test_small_member_that_unpacks_out_of_all_proportion_is_refused() -> None:
    bomb = with_member(as_xlsx(*ROWS), "xl/media/x.xml", b"0" * 5_000_000)

    assert refusal(bomb) == {"sheet.unpacked_too_large"}


@pytest.mark.parametrize("name", ["xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml"])
def test_macros_and_links_to_other_files_are_refused(name: str) -> None:
    assert refusal(with_member(as_xlsx(*ROWS), name, b"<x/>")) == {"sheet.macros"}


@pytest.mark.parametrize("name", ["../../out.xml", "/tmp/out.xml", "..\\out.xml", "C:\\out.xml"])
def test_members_that_climb_out_of_a_folder_are_refused(name: str) -> None:
    assert refusal(with_member(as_xlsx(*ROWS), name, b"<x/>")) == {"sheet.broken"}


def test_a_workbook_that_is_a_second_file_too_is_refused() -> None:
    book = as_xlsx(*ROWS)

    assert refusal(book + b"\n<?php ?>") == {"sheet.broken"}
    assert refusal(book + book) == {"sheet.broken"}
    assert refusal(b"PK\x03\x04 else" + book) == {"sheet.broken"}


def test_entities_are_refused() -> None:
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'

    assert refusal(with_member(as_xlsx(*ROWS), "xl/worksheets/sheet1.xml", evil)) == {
        "sheet.broken"
    }


def test_sheet_that_claims_a_million_rows_is_not_believed() -> None:
    cell = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    book = as_xlsx(*ROWS)
    with zipfile.ZipFile(__import__("io").BytesIO(book)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    evil = sheet.replace("</sheetData>", cell + "</sheetData>").encode()
    began = time.monotonic()

    found = lines(with_member(book, "xl/worksheets/sheet1.xml", evil))

    assert len(found) == 2
    assert time.monotonic() - began < 10
