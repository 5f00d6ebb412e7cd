"""A file of orders is read whole, or every line that is wrong is named by line and column."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.interop.orders.model import OrderLine, WrongOrders
from payments.interop.orders.reading import COLUMNS, SIZE_MAX_BYTES, read_csv
from payments.kernel.calendar import HospitalDay
from tests.support.orders import csv_of, row

TODAY = HospitalDay(date(2026, 11, 24))


def _problems(content: bytes) -> list[tuple[int | None, str, str]]:
    with pytest.raises(WrongOrders) as refused:
        read_csv(content, TODAY)
    return [(one.line, one.field, one.key) for one in refused.value.problems]


def _read(content: bytes) -> tuple[OrderLine, ...]:
    return read_csv(content, TODAY)


def test_a_good_file_is_read() -> None:
    [one] = _read(csv_of(row(quantity=3)))

    assert (one.number, one.line, one.version, one.quantity) == ("CD0001", 1, 1, 3)
    assert one.patient.name == "LÊ THỊ THỬ NGHIỆM"
    assert not one.is_cancelled


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_spreadsheet_s_text_is_read(mark: bytes, encoding: str, delimiter: str) -> None:
    text = csv_of(row(), mark=delimiter).decode()

    [one] = _read(mark + text.encode(encoding))

    assert one.patient.name == "LÊ THỊ THỬ NGHIỆM"


def test_the_columns_may_stand_in_any_order() -> None:
    [one] = _read(csv_of(row(), columns=tuple(reversed(COLUMNS))))

    assert one.service_code == "KB01"


@pytest.mark.parametrize(
    ("column", "value", "key"),
    [
        ("order_number", "", "order_number"),
        ("order_number", "=CMD()", "order_number"),
        ("line", "0", "order_whole"),
        ("line", "1.0", "order_whole"),
        ("line", "١", "order_whole"),
        ("version", "-1", "order_whole"),
        ("version", "9999999", "order_whole"),
        ("status", "done", "order_status"),
        ("file_number", "99 1", "file_number"),
        ("patient_name", "", "patient_name"),
        ("patient_name", "=HYPERLINK(1)", "order_name"),
        ("patient_name", "A" * 121, "patient_name"),
        ("birth_year", "71", "birth_year"),
        ("birth_year", "2027", "birth_year"),
        ("ordered_on", "24/11/2026", "order_day"),
        ("ordered_on", "2026-02-30", "order_day"),
        ("ordered_on", "2026-11-25", "order_day"),
        ("service_code", "KB 01", "order_service"),
        ("quantity", "0", "order_whole"),
        ("quantity", "1000", "order_whole"),
        ("quantity", "1e2", "order_whole"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(column: str, value: str, key: str) -> None:
    content = csv_of(row(), row(order_number="CD0002", file_number="99-2") | {column: value})

    assert _problems(content) == [(3, column, key)]


@pytest.mark.parametrize("price", ["150.000", "-1", "1,5", "15e3", "99999999999", "abc"])
def test_a_price_is_whole_dong(price: str) -> None:
    content = csv_of(row(unit_price=f'"{price}"'), columns=(*COLUMNS, "unit_price"))

    assert _problems(content) == [(2, "unit_price", "order_price")]


def test_all_wrong_lines_are_told_at_once_in_order() -> None:
    content = csv_of(
        row(quantity=0, line="x"), row(order_number="CD0002"), row(order_number="CD0003", line=0)
    )

    assert [(line, column) for line, column, _ in _problems(content)] == [
        (2, "line"),
        (2, "quantity"),
        (4, "line"),
    ]


def test_a_line_that_stands_twice_and_a_patient_of_two_names_are_wrong() -> None:
    content = csv_of(
        row(), row(version=2), row(order_number="CD0002", patient_name="NGƯỜI KHÁC THỬ")
    )

    assert _problems(content) == [
        (3, "line", "order_twice"),
        (4, "patient_name", "order_two_names"),
    ]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "orders_columns"),
        (b"\n\n", "orders_columns"),
        (csv_of(), "orders_empty"),
        (b"a,b,c\n1,2,3\n", "orders_columns"),
        (csv_of(row(), columns=COLUMNS[:-1]), "orders_columns"),
        (csv_of(row(), columns=(*COLUMNS, "unitprice")), "orders_column"),
        (csv_of(row(), columns=(*COLUMNS, "line")), "orders_column_twice"),
        (csv_of(row()).replace(b"CD0001,1", b"CD0001,1,7"), "orders_width"),
        (csv_of(row()).replace(b"CD0001", b'"CD0001'), "file_not_csv"),
        (csv_of(row()).replace(b"CD0001", b"CD\x000001"), "statement_broken"),
        (b"PK\x03\x04" + b"\0" * 50, "statement_not_text"),
        (b"%PDF-1.7", "statement_not_text"),
        (codecs.BOM_UTF16_LE + b"a", "statement_encoding"),
        (b"a" * (SIZE_MAX_BYTES + 1), "orders_large"),
    ],
)
def test_what_is_no_file_of_orders_is_refused_whole(content: bytes, key: str) -> None:
    [(_, _, found)] = _problems(content)

    assert found == key


def test_more_lines_than_a_hospital_orders_at_once_are_refused() -> None:
    content = csv_of(*(row(order_number=f"CD{number}") for number in range(5_001)))

    assert _problems(content)[-1] == (5_002, "file", "orders_many")


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    for told in (content, csv_of(row()) + content):
        found: Sequence[object]
        try:
            found = read_csv(told, TODAY)
        except WrongOrders as refused:
            found = refused.problems
        assert found
