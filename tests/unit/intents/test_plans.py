"""Parts sum to the whole, none is above what a transfer carries, and what is paid is not asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.intents.plans import (
    CODE_MAX,
    PARTS_MAX,
    Plan,
    PlanNotNeeded,
    Standing,
    checked,
    equal,
    parts_least,
)
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd

DUE = vnd(1_000_000_000)
MONEYS = st.integers(1, CODE_MAX.dong).map(vnd)
#: Amounts of at least two parts that no single code carries.
AMOUNTS = st.lists(MONEYS, min_size=2, max_size=8).filter(lambda one: sum(one, ZERO) > CODE_MAX)


def a_plan(*amounts: Money) -> Plan:
    parts = amounts or (vnd(400_000_000), vnd(400_000_000), vnd(200_000_000))
    return Plan(1, parts, sum(parts, ZERO), ZERO, "user:test", datetime(2026, 11, 24, tzinfo=UTC))


def test_first_part_is_asked_first_and_the_next_after_it() -> None:
    plan = a_plan()

    assert plan.asked(DUE) == vnd(400_000_000)
    assert plan.asked(DUE - vnd(400_000_000)) == vnd(400_000_000)
    assert plan.asked(DUE - vnd(800_000_000)) == vnd(200_000_000)
    assert plan.asked(ZERO) == ZERO


def test_short_money_leaves_the_rest_of_its_part_and_over_money_begins_the_next() -> None:
    plan = a_plan()

    assert plan.asked(DUE - vnd(100_000_000)) == vnd(300_000_000)
    assert plan.asked(DUE - vnd(450_000_000)) == vnd(350_000_000)
    first, second, third = plan.parts(DUE - vnd(450_000_000))
    assert (first.is_paid, second.paid, third.paid) == (True, vnd(50_000_000), ZERO)
    assert [one.is_asked for one in (first, second, third)] == [False, True, False]


@given(AMOUNTS, st.lists(st.integers(1, 700_000_000).map(vnd), min_size=1, max_size=40))
def test_whatever_comes_each_ask_is_one_transfer_and_nothing_paid_is_asked_again(
    amounts: list[Money], received: list[Money]
) -> None:
    plan = a_plan(*amounts)
    due = plan.whole
    paid: set[int] = set()
    while due:
        parts, asked = plan.parts(due), plan.asked(due)
        assert sum((one.paid for one in parts), ZERO) == plan.whole - due
        assert sum((one.rest for one in parts), ZERO) == due
        assert ZERO < asked <= min(due, CODE_MAX)
        [open_part] = [one for one in parts if one.is_asked]
        assert open_part.number not in paid
        now = {one.number for one in parts if one.is_paid}
        assert paid <= now
        paid = now
        due -= min(due, received.pop() if received else asked)
    assert all(one.is_paid for one in plan.parts(ZERO))


@given(AMOUNTS)
def test_who_pays_what_is_asked_has_paid_the_whole_in_as_many_transfers(
    amounts: list[Money],
) -> None:
    plan = a_plan(*amounts)
    due, asks = plan.whole, []
    while due:
        asks.append(plan.asked(due))
        due -= asks[-1]

    assert tuple(asks) == plan.amounts


@given(
    st.integers(CODE_MAX.dong + 1, CODE_MAX.dong * PARTS_MAX).map(vnd),
    st.integers(2, PARTS_MAX),
)
def test_equal_parts_sum_to_the_whole_and_each_is_carried(due: Money, more: int) -> None:
    count = max(more, parts_least(due))

    amounts = checked(equal(due, count), due)

    assert sum(amounts, ZERO) == due
    assert max(amounts) <= CODE_MAX
    assert max(amounts).dong - min(amounts).dong <= 1


@given(st.integers(CODE_MAX.dong + 1, CODE_MAX.dong * PARTS_MAX).map(vnd))
def test_fewer_parts_than_the_least_would_be_too_large(due: Money) -> None:
    least = parts_least(due)

    assert max(equal(due, least)) <= CODE_MAX
    if least > 2:
        assert max(equal(due, least - 1)) > CODE_MAX


@pytest.mark.parametrize(
    ("amounts", "field"),
    [
        ((DUE,), "parts"),
        ((vnd(1),) * (PARTS_MAX + 1), "parts"),
        ((vnd(500_000_000), vnd(500_000_000)), "amount-1"),
        ((CODE_MAX, CODE_MAX, ZERO, vnd(2)), "amount-3"),
        ((CODE_MAX, CODE_MAX, vnd(3)), "amounts"),
    ],
)
def test_what_is_no_plan_of_the_whole_names_its_field(
    amounts: tuple[Money, ...], field: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        checked(amounts, DUE)

    assert refused.value.field == field


def test_nobody_agrees_on_parts_of_what_one_code_carries() -> None:
    with pytest.raises(PlanNotNeeded):
        checked((vnd(1), CODE_MAX - vnd(1)), CODE_MAX)


def test_plan_stands_while_only_payments_change_what_is_due() -> None:
    plan = a_plan()

    def standing(**changes: Money) -> Standing:
        told = {"owed": DUE, "refunded": ZERO, "due": DUE} | changes
        return plan.standing(**told)

    assert standing() is standing(due=vnd(1)) is Standing.HOLDS
    assert standing(due=ZERO) is Standing.DONE
    assert standing(owed=DUE - vnd(1), due=DUE - vnd(1)) is Standing.OVERTAKEN
    assert standing(refunded=vnd(1)) is Standing.OVERTAKEN
    assert standing(due=DUE + vnd(1)) is Standing.OVERTAKEN
