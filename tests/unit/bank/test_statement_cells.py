"""Amounts and times of statements are read strictly, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.bank import statement_cells as cells
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import DONG_MAX, vnd


@pytest.mark.parametrize(
    "text",
    ["1.250.000", "1,250,000", "1250000", "1.250.000,00", "1,250,000.0", "1250000.00", " 1250000 "],
)
def test_each_way_of_grouping_is_the_same_amount(text: str) -> None:
    assert cells.amount(text) == vnd(1_250_000)


@pytest.mark.parametrize(("text", "dong"), [("+5.000", 5_000), ("-5,000", -5_000), ("0", 0)])
def test_a_sign_is_read(text: str, dong: int) -> None:
    assert cells.amount(text) == vnd(dong)


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "12.50", "1.5", "1,250.000", "1.25.000", "1 250 000", "1e6", "=1+1", "１２",
        "1.250.000,50", "0x10", "--1", "1000000000000001", "NaN", "1.250.000đ",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        cells.amount(text)


@given(st.integers(-DONG_MAX, DONG_MAX))
def test_what_a_bank_prints_is_read_back(dong: int) -> None:
    assert cells.amount(f"{dong:,}").dong == dong
    assert cells.amount(f"{dong:,}".replace(",", ".")).dong == dong
    assert cells.amount(str(dong)).dong == dong


@pytest.mark.parametrize(
    "text", ["24/11/2026 08:15:30", "2026-11-24 08:15:30", "2026-11-24T08:15:30"]
)
def test_a_time_is_the_clock_in_vietnam(text: str) -> None:
    assert cells.moment(text) == datetime(2026, 11, 24, 1, 15, 30, tzinfo=UTC)


def test_a_day_without_time_is_its_first_moment() -> None:
    assert cells.moment("24/11/2026") == HospitalDay.parse("2026-11-24").starts_at


@pytest.mark.parametrize(
    "text",
    ["", "24-11-2026", "11/24/2026", "31/02/2026", "24/11/26", "24/11/2026 25:00", "24/11/1026",
     "46350", "24/11/2026 8h", "2026-11-24 08:15:30Z"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        cells.moment(text)
