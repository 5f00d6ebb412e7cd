"""Amounts and times look the same everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from payments.kernel.money import vnd
from payments.words import formats


@pytest.mark.parametrize(
    ("dong", "text"),
    [(0, "0"), (5, "5"), (1_000, "1.000"), (1_250_000, "1.250.000"), (-65_000, "−65.000")],
)
def test_amounts_are_grouped_by_three(dong: int, text: str) -> None:
    assert formats.digits(vnd(dong)) == text
    assert formats.vnd(vnd(dong)) == f"{text}\N{NO-BREAK SPACE}đ"


def test_amount_in_markup_keeps_its_unit_apart() -> None:
    assert formats.money(vnd(1_000), "due") == (
        '<span class="money money--due">1.000<i>đ</i></span>'
    )


def test_large_amount_that_is_long_is_marked_for_narrow_screens() -> None:
    long = '<span class="money money--due money--long">100.000.000<i>đ</i></span>'

    assert formats.money(vnd(100_000_000), "due") == long
    assert "long" not in formats.money(vnd(99_999_999), "due")
    assert "long" not in formats.money(vnd(100_000_000))


def test_times_are_the_hospital_s() -> None:
    moment = datetime(2026, 11, 23, 17, 5, 9, tzinfo=UTC)

    assert formats.local_time(moment) == "00:05:09 · 24/11/2026"
    assert formats.local_clock(moment) == "00:05"
    assert formats.local_date(moment) == "24/11/2026"


@pytest.mark.parametrize(
    ("left", "text"), [(900, "15:00"), (61.9, "01:01"), (0, "00:00"), (-5, "00:00")]
)
def test_time_that_is_left_never_runs_below_zero(left: float, text: str) -> None:
    assert formats.countdown(timedelta(seconds=left)) == text
