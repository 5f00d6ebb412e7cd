"""Working days by the Labour Code's holidays; a year without a table is not guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.kernel.calendar import HospitalDay
from payments.settlement.deadlines import (
    NoDeadline,
    NoHolidayTable,
    calendar,
    deadline,
    working_day_after,
    working_days_between,
)

DAYS = st.dates(HospitalDay.parse("2026-01-01").date, HospitalDay.parse("2027-10-31").date).map(
    HospitalDay
)


def day(text: str) -> HospitalDay:
    return HospitalDay.parse(text)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        # A Friday and the next Monday.
        ("2026-10-16", 1, "2026-10-19"),
        ("2026-10-16", 3, "2026-10-21"),
        # Tết Bính Ngọ: 16 to 20 February, between two weekends.
        ("2026-02-13", 1, "2026-02-23"),
        # Hùng Kings on a Sunday: Monday instead.
        ("2026-04-24", 1, "2026-04-28"),
        ("2026-04-29", 1, "2026-05-04"),
        # The National Day and the day before it.
        ("2026-08-31", 1, "2026-09-03"),
        ("2026-12-31", 1, "2027-01-04"),
        ("2027-02-04", 1, "2027-02-12"),
        # Day 0 of a day of rest is the next working day.
        ("2026-10-17", 0, "2026-10-19"),
        ("2026-10-16", 0, "2026-10-16"),
    ],
)
def test_working_days_leave_out_rest_and_holidays(start: str, count: int, end: str) -> None:
    assert working_day_after(day(start), count) == day(end)


@given(DAYS, st.integers(1, 15))
def test_counting_back_gives_the_count(start: HospitalDay, count: int) -> None:
    end = working_day_after(start, count)

    assert working_days_between(start, end) == count
    assert calendar().is_working(end)


@given(DAYS, st.integers(1, 10))
def test_one_more_day_is_later(start: HospitalDay, count: int) -> None:
    assert working_day_after(start, count + 1) > working_day_after(start, count)


def test_a_year_without_a_table_is_refused() -> None:
    with pytest.raises(NoHolidayTable):
        working_day_after(day("2027-12-31"), 1)


def test_both_years_have_their_eleven_days_and_name_the_article() -> None:
    for year in (2026, 2027):
        mine = [one for one in calendar().holidays if one.year == year]
        assert len(mine) >= 11


@pytest.mark.parametrize(
    ("step", "start", "end"),
    [
        ("explain", "2026-10-20", "2026-10-23"),
        ("assess", "2026-10-20", "2026-10-29"),
        # Calendar days that end on a Saturday end on Monday.
        ("notice", "2026-10-15", "2026-11-16"),
        ("notice_q4", "2027-01-15", "2027-03-16"),
        ("pay_by_contract", "2026-11-10", "2026-11-20"),
    ],
)
def test_deadlines_follow_the_table(step: str, start: str, end: str) -> None:
    assert deadline(step, day(start)) == day(end)


def test_a_step_without_a_rule_on_that_day_is_refused() -> None:
    with pytest.raises(NoDeadline):
        deadline("explain", day("2025-12-31"))
