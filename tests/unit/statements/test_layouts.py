"""Layouts of other programs: the same postings under their titles, by day, from a table."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from payments.statements.files import layouts
from payments.statements.files.layouts import WrongLayout
from payments.statements.files.vouchers import VOUCHERS
from payments.statements.model import Sums

HEAD = "layout,place,field,title,valid_from,valid_to,standing"
FIELDS = [one.name for one in VOUCHERS.columns]
DAY = date(2026, 11, 24)


def table(*lines: str) -> tuple[layouts.Cell, ...]:
    return layouts.read([HEAD, *lines])


def whole(layout: str = "own", first: str = "2026-01-01", last: str = "") -> list[str]:
    return [
        f"{layout},{at},{field},{field} của hãng,{first},{last},U"
        for at, field in enumerate(FIELDS, start=1)
    ]


def test_a_layout_changes_with_its_day_and_the_former_one_stays_for_the_days_before() -> None:
    later = [line.replace("của hãng", "mới") for line in whole(first="2026-07-01")]
    cells = table(*whole(last="2026-06-30"), *later)

    before = layouts.statement(cells, "accounting_own", date(2026, 6, 30))
    after = layouts.statement(cells, "accounting_own", date(2026, 7, 1))

    assert before.columns[0].title == "posting_date của hãng"
    assert after.columns[0].title == "posting_date mới"
    with pytest.raises(InvalidField):
        layouts.statement(cells, "accounting_own", date(2025, 12, 31))


@pytest.mark.parametrize("field", ["posting_date", "doc_no", "debit", "credit", "amount"])
def test_a_layout_without_what_a_posting_needs_is_refused(field: str) -> None:
    lines = [line for line in whole() if f",{field}," not in line]

    with pytest.raises(WrongLayout, match=field):
        layouts.statement(table(*lines), "accounting_own", DAY)


def test_two_columns_in_one_place_and_unknown_columns_are_refused() -> None:
    with pytest.raises(WrongLayout, match="one place"):
        layouts.statement(
            table(*whole(), "own,1,=VND,Loại tiền,2026-01-01,,U"), "accounting_own", DAY
        )
    with pytest.raises(WrongLayout, match="own/1: debet"):
        table("own,1,debet,TK Nợ,2026-01-01,,U")


@given(st.permutations(FIELDS), st.lists(st.integers(1, 10**12), max_size=6))
def test_whatever_the_order_each_posting_is_there_once_and_the_sum_is_the_same(
    order: list[str], amounts: list[int]
) -> None:
    given_rows = [
        tuple(vnd(amount) if name == "amount" else f"{name}-{number}" for name in FIELDS)
        for number, amount in enumerate(amounts)
    ]
    lines = [f"own,{at},{name},T{at},2026-01-01,,U" for at, name in enumerate(order, start=2)]
    cells = table("own,1,=VND,Loại tiền,2026-01-01,,U", *lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            layouts,
            "VOUCHERS",
            type(
                "Given",
                (),
                {
                    "rows": staticmethod(lambda _: given_rows),
                    "columns": VOUCHERS.columns,
                    "proof": None,
                    "permission": VOUCHERS.permission,
                    "before": None,
                },
            ),
        )
        what = layouts.statement(cells, "accounting_own", DAY)
        rows = list(what.rows(None))  # type: ignore[arg-type]

    sums = Sums(what.columns)
    for row in rows:
        sums.add(row)
    assert sums.of("amount") == vnd(sum(amounts))
    assert [row[0] for row in rows] == ["VND"] * len(amounts)
    assert [
        {one.name: cell for one, cell in zip(what.columns[1:], row[1:], strict=True)}
        for row in rows
    ] == [dict(zip(FIELDS, row, strict=True)) for row in given_rows]


def test_the_shipped_layouts_have_every_column_of_the_general_profile() -> None:
    found = layouts.shipped(DAY)

    assert set(found) == {"accounting_misa", "accounting_fast"}
    for what in found.values():
        assert {one.name for one in what.columns} >= set(FIELDS)
        assert what.proof is VOUCHERS.proof
        assert what.before is VOUCHERS.before
