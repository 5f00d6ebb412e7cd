"""Money: whole đồng, sums kept, nothing else mixed in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.kernel.money import ZERO, Money, NotWholeDong, vnd

DONG = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any)


@pytest.mark.parametrize("amount", [1.0, "1", Decimal(1), True, None])
def test_only_a_whole_number_is_an_amount(amount: Any) -> None:
    with pytest.raises(NotWholeDong):
        Money(amount)


def test_amounts_add_subtract_and_multiply() -> None:
    assert vnd(2) + vnd(3) == vnd(5)
    assert vnd(2) - vnd(3) == vnd(-1)
    assert -vnd(2) == vnd(-2)
    assert abs(vnd(-2)) == vnd(2)
    assert vnd(2) * 3 == vnd(6)
    assert str(vnd(150_000)) == "150000 VND"


def test_sum_of_amounts_is_an_amount() -> None:
    amounts: Any = [vnd(1), vnd(2)]

    assert sum(amounts) == vnd(3)
    assert sum(amounts, ZERO) == vnd(3)


@pytest.mark.parametrize("number", [1, 0.0, False, "0"])
def test_bare_number_is_not_added_to_an_amount(number: Any) -> None:
    with pytest.raises((TypeError, AttributeError)):
        number + vnd(1)
    with pytest.raises((TypeError, AttributeError)):
        vnd(1) + number


@pytest.mark.parametrize("count", [0.5, 2.0, Decimal(2)])
def test_amount_is_multiplied_by_whole_counts_only(count: Any) -> None:
    with pytest.raises(NotWholeDong):
        vnd(2) * count


def test_nothing_is_false_and_debt_is_not() -> None:
    assert not ZERO
    assert vnd(-1)


def test_share_gives_the_rest_to_the_largest_remainder_and_ties_to_the_earlier() -> None:
    assert vnd(100).share([1, 1, 1]) == (vnd(34), vnd(33), vnd(33))
    assert vnd(10).share([1, 2, 4]) == (vnd(1), vnd(3), vnd(6))
    assert vnd(-100).share([1, 1, 1]) == (vnd(-34), vnd(-33), vnd(-33))
    assert vnd(5).share([0, 1]) == (ZERO, vnd(5))


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [-1, 3], [2, -1]])
def test_share_by_no_weight_is_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        vnd(1).share(weights)


@given(DONG, WEIGHTS)
def test_shares_sum_to_the_whole(dong: int, weights: list[int]) -> None:
    assert sum(vnd(dong).share(weights), ZERO) == vnd(dong)


@given(DONG, WEIGHTS)
def test_every_share_is_its_exact_part_rounded_up_or_down(dong: int, weights: list[int]) -> None:
    whole = sum(weights)

    for weight, part in zip(weights, vnd(dong).share(weights), strict=True):
        assert abs(part.dong * whole - dong * weight) < whole


@given(DONG, WEIGHTS)
def test_equal_weights_differ_by_one_dong_at_most(dong: int, weights: list[int]) -> None:
    shares = vnd(dong).share([7] * len(weights))

    assert (max(shares) - min(shares)).dong <= 1


@given(DONG, WEIGHTS)
def test_no_weight_gets_nothing(dong: int, weights: list[int]) -> None:
    shares = vnd(dong).share([*weights, 0])

    assert shares[-1] == ZERO


@given(DONG, WEIGHTS)
def test_debt_is_shared_like_money(dong: int, weights: list[int]) -> None:
    assert vnd(-dong).share(weights) == tuple(-part for part in vnd(dong).share(weights))


@given(DONG, DONG, DONG)
def test_sums_do_not_depend_on_order(first: int, second: int, third: int) -> None:
    assert vnd(first) + vnd(second) == vnd(second) + vnd(first)
    assert (vnd(first) + vnd(second)) + vnd(third) == vnd(first) + (vnd(second) + vnd(third))
    assert vnd(first) - vnd(second) == vnd(first) + -vnd(second)
