"""A week in figures: no đồng is left out of a chart, a share is never more than what it is of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, vnd
from payments.overview.model import (
    BANK,
    CASH,
    OTHERS,
    SERIES_MAX,
    MatchRate,
    Received,
    cashless,
    stacked,
)

DAY = HospitalDay.parse("2026-11-24")
DAYS = tuple(DAY.plus(-back) for back in range(6, -1, -1))


def a_sum(channel: str, dong: int, *, back: int = 0, count: int = 1) -> Received:
    return Received(DAY.plus(-back), channel, vnd(dong), count)


def test_the_largest_channels_have_a_series_and_the_rest_is_one() -> None:
    told = stacked(
        [a_sum(name, dong) for name, dong in zip("abcde", (5, 40, 30, 20, 10), strict=True)], DAYS
    )

    assert told.series == ("b", "c", "d", OTHERS)
    assert told.amounts[OTHERS, DAY] == vnd(15)


def test_a_day_without_money_is_zero_and_not_missing() -> None:
    told = stacked([a_sum(BANK, 10)], DAYS)

    assert [told.total(day) for day in DAYS] == [ZERO] * 6 + [vnd(10)]


@given(
    st.lists(
        st.builds(
            a_sum,
            st.sampled_from([BANK, CASH, "vnpay", "momo", "onepay", "zalopay"]),
            st.integers(1, 10**9),
            back=st.integers(0, 6),
        )
    )
)
def test_no_dong_is_left_out_of_the_chart(received: list[Received]) -> None:
    told = stacked(received, DAYS)

    assert len(told.series) <= SERIES_MAX
    shown = sum((told.total(day) for day in DAYS), ZERO)
    assert shown == sum((one.amount for one in received), ZERO) == cashless(received).amount_all


def test_cash_alone_is_not_cashless() -> None:
    told = cashless([a_sum(CASH, 250, count=2), a_sum(BANK, 750)])

    assert (told.per_mille, told.count, told.count_all) == (750, 1, 3)
    assert cashless([]).per_mille is None


def test_a_share_is_cut_and_never_rounded_up_to_all() -> None:
    assert MatchRate(DAY, 10_000, 1).per_mille == 999
    assert MatchRate(DAY, 0, 0).per_mille is None
