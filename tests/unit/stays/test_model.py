"""How long an advance lasts, and which one goes back first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.kernel.money import ZERO, vnd
from payments.stays.model import LEVELS, Deposit, crossed, level_of, newest_first
from payments.stays.status import TRANSITIONS, Event, IllegalStayStep, State, after

_AT = datetime(2026, 11, 24, tzinfo=UTC)
_AMOUNTS = st.integers(0, 10**10)


def a_deposit(number: int, amount: int, returned: int = 0) -> Deposit:
    return Deposit(
        UUID(int=number),
        "cash",
        vnd(amount),
        vnd(returned),
        _AT + timedelta(hours=number),
        None,
    )


@pytest.mark.parametrize(
    ("own", "deposit", "level"),
    [
        (0, 0, 0),
        (1, 0, 100),
        (3_999_999, 5_000_000, 0),
        (4_000_000, 5_000_000, 80),
        (4_999_999, 5_000_000, 80),
        (5_000_000, 5_000_000, 100),
    ],
)
def test_a_level_is_reached_at_its_đồng_and_not_before(own: int, deposit: int, level: int) -> None:
    assert level_of(vnd(own), vnd(deposit)) == level


@given(st.lists(st.tuples(_AMOUNTS, _AMOUNTS), max_size=20))
def test_a_level_is_told_once_until_an_advance_has_left_it(days: list[tuple[int, int]]) -> None:
    before, told = 0, []
    for own, deposit in days:
        now = level_of(vnd(own), vnd(deposit))
        told += [(level, before, now) for level in crossed(before, now)]
        before = now

    for level in LEVELS:
        ups = [one for one in told if one[0] == level]
        assert all(was < level <= now for _, was, now in ups)


def test_the_newest_advance_goes_back_first_and_each_to_its_own_source() -> None:
    old, new = a_deposit(1, 5_000_000), a_deposit(2, 3_000_000, 1_000_000)

    parts = newest_first([old, new], vnd(4_000_000))

    assert parts == ((new, vnd(2_000_000)), (old, vnd(2_000_000)))


@given(st.lists(st.tuples(_AMOUNTS, _AMOUNTS), max_size=8), _AMOUNTS)
def test_what_goes_back_is_never_more_than_asked_nor_than_what_came(
    came: list[tuple[int, int]], amount: int
) -> None:
    deposits = [a_deposit(n, max(pair), min(pair)) for n, pair in enumerate(came, 1)]

    parts = newest_first(deposits, vnd(amount))

    total = sum((part for _, part in parts), ZERO)
    assert total == min(vnd(amount), sum((one.left for one in deposits), ZERO))
    assert all(ZERO < part <= one.left for one, part in parts)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_is_decided(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert after(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalStayStep):
            after(state, event)
