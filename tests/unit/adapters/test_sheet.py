"""A settlement sheet is read whole, to the đồng, or not at all; what is wrong is named by line."""

from __future__ import annotations

import pytest

from adapters._wire import sheet
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd

LAYOUT = sheet.Layout(
    columns=("shop", "order", "amount", "fee", "net", "at", "day"),
    merchant="shop",
    count="order",
    gross="amount",
    fee="fee",
    net="net",
)
HEAD = "shop,order,amount,fee,net,at,day\n"
PAY = "S1,A,150000,1500,148500,1795317399123,2026-11-25\n"
BACK = "S1,B,-50000,0,-50000,1795317399000,2026-11-25\n"
TOTAL = "TOTAL,2,100000,1500,98500,,\n"


def test_lines_are_read_with_their_numbers_and_values():
    pay, back = sheet.rows((HEAD + PAY + BACK + TOTAL).encode(), LAYOUT, "S1")

    assert (pay.line, pay.amount("amount"), back.amount("net")) == (2, vnd(150_000), vnd(-50_000))
    assert pay.moment("at").isoformat() == "2026-11-22T03:16:39.123000+00:00"
    assert pay.day("day").isoformat() == "2026-11-25"


def test_a_mark_of_byte_order_is_no_obstacle():
    assert sheet.rows(("\ufeff" + HEAD + "TOTAL,0,0,0,0,,\n").encode(), LAYOUT, "S1") == ()


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("", "settlement_columns", 1),
        ("order,shop\n", "settlement_columns", 1),
        (HEAD, "settlement_no_total", 1),
        (HEAD + PAY, "settlement_no_total", 2),
        (HEAD + PAY + "S1,B\n" + TOTAL, "settlement_columns", 3),
        (HEAD + PAY + BACK.strip() + ",more\n" + TOTAL, "settlement_columns", 3),
        (HEAD + PAY + BACK.replace("S1", "S2") + TOTAL, "settlement_other_merchant", 3),
        (HEAD + PAY + BACK.replace("-50000,0", "-50000,1") + TOTAL, "settlement_net", 3),
        (HEAD + PAY + BACK.replace("-50000,0", "-5e4,0") + TOTAL, "settlement_cell", 3),
        (HEAD + PAY + TOTAL, "settlement_total_differs", 3),
        (HEAD + PAY + BACK + TOTAL.replace(",2,", ",3,"), "settlement_total_differs", 4),
        (HEAD + PAY + BACK + TOTAL.replace("1500", "1501"), "settlement_total_differs", 4),
        (HEAD + PAY + BACK + TOTAL.replace("1500", ""), "settlement_cell", 4),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text, key, line):
    with pytest.raises(InvalidField) as told:
        sheet.rows(text.encode(), LAYOUT, "S1")

    assert (told.value.key, told.value.line) == (key, line)


@pytest.mark.parametrize("file", [b"\xff\xfe", b'shop,"order\n'])
def test_what_is_no_csv_in_utf_8_is_refused(file):
    with pytest.raises(InvalidField):
        sheet.rows(file, LAYOUT, "S1")


@pytest.mark.parametrize("cell", ["", "1795317399", "17953173990000", "x"])
def test_a_time_of_another_unit_is_no_time(cell):
    row = sheet.Row(7, {"at": cell, "day": "2026-13-01"})

    for read in (lambda: row.moment("at"), lambda: row.day("day")):
        with pytest.raises(InvalidField) as told:
            read()
        assert told.value.line == 7
