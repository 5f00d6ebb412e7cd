"""Notes that go to a colleague or to the safe: counted by another, booked once, never twice."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from payments.kernel.errors import InvalidField, VienphiError
from payments.kernel.money import ZERO, Money, vnd
from payments.shifts import handovers, queries
from payments.shifts.closing import CountRequest, count_drawer, expected_cash
from payments.shifts.giving import give
from payments.shifts.handover import (
    Giving,
    Handover,
    HandoverDealtWith,
    HandoverWaits,
    Kind,
    OwnHandover,
    State,
    TooLittleToHandOver,
)
from payments.shifts.model import NoShift, Shift, ShiftOpen
from payments.shifts.receiving import accept, refuse, withdraw
from payments.shifts.rows import HANDOVER
from tests.support.hospital import Hospital

FLOAT = vnd(500_000)
PRICE = vnd(150_000)
HEAD = "user:head"
NEXT = "user:next"


def hand(
    hospital: Hospital, shift: Shift, amount: int, *, to: str = "", key: str = "", by: str = ""
) -> Handover:
    kind = Kind.FLOAT if to else Kind.SAFE
    asked = Giving(shift.id, kind, vnd(amount), key or f"{kind}:{amount}:{to}", to)
    return give(hospital.runtime, hospital.by(by), asked)


def close(hospital: Hospital, shift: Shift, counted: Money, *, by: str = "") -> None:
    asked = CountRequest(shift.id, counted)
    assert count_drawer(hospital.runtime, hospital.by(by), asked).closes


def expected(hospital: Hospital, shift: UUID) -> Money:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        found = queries.shift(tx, shift)
        assert found is not None
        return expected_cash(tx, found)


def take(hospital: Hospital, handover: Handover, counted: int, *, by: str = HEAD) -> Handover:
    return accept(hospital.runtime, hospital.by(by), handover.id, vnd(counted))


def test_takings_lie_in_the_safe_once_another_person_has_counted_them(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    hospital.hand_over(hospital.issue(), PRICE)
    bag = hand(hospital, shift, 100_000)
    assert (bag.state, bag.slip[:2]) == (State.WAITING, "GQ")
    assert expected(hospital, shift.id) == FLOAT + PRICE

    taken = take(hospital, bag, 100_000)

    assert (taken.state, taken.counted, taken.answered_by) == (State.ACCEPTED, vnd(100_000), HEAD)
    assert take(hospital, bag, 100_000) == taken
    assert hospital.balance("1010") == vnd(100_000)
    assert hospital.balance("1000:Q1") == vnd(50_000)
    assert expected(hospital, shift.id) == FLOAT + vnd(50_000)
    close(hospital, shift, FLOAT + vnd(50_000))


def test_takings_go_to_the_safe_after_the_shift_is_closed(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    hospital.hand_over(hospital.issue(), PRICE)
    close(hospital, shift, FLOAT + PRICE)

    take(hospital, hand(hospital, shift, 150_000), 150_000)

    assert hospital.balance("1010") == PRICE
    assert hospital.balance("1000") == ZERO


def test_acceptance_9_a_shift_does_not_close_over_change_that_is_not_counted_and_it_may_be_refused(
    hospital: Hospital,
) -> None:
    """Acceptance 9: hand-over blocked by an unaccepted float; the receiver may refuse."""
    shift = hospital.open_shift()
    change = hand(hospital, shift, 200_000, to="Q2")
    with pytest.raises(HandoverWaits):
        count_drawer(hospital.runtime, hospital.scope, CountRequest(shift.id, FLOAT))
    with pytest.raises(HandoverWaits):
        hospital.open_shift("Q2", by=NEXT)

    sent_back = refuse(
        hospital.runtime, hospital.by(NEXT), change.id, vnd(180_000), "thiếu một tờ 20.000"
    )

    assert (sent_back.state, sent_back.counted) == (State.REFUSED, vnd(180_000))
    assert expected(hospital, shift.id) == FLOAT
    close(hospital, shift, FLOAT)
    assert hospital.open_shift("Q2", by=NEXT).opening_float == FLOAT


def test_change_that_is_accepted_opens_the_next_shift_with_it(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    close(hospital, shift, FLOAT)
    change = hand(hospital, shift, 500_000, to="Q1")
    with pytest.raises(HandoverWaits):
        hospital.open_shift("Q1", by=NEXT)

    take(hospital, change, 500_000, by=NEXT)

    with hospital.runtime.database.reading(hospital.by(NEXT)) as tx:
        opened = queries.open_of(tx, NEXT)
    assert opened is not None
    assert (opened.cash_point, opened.opening_float) == ("Q1", FLOAT)
    assert expected(hospital, opened.id) == FLOAT
    close(hospital, opened, FLOAT, by=NEXT)


def test_change_between_two_open_drawers_moves_what_both_are_expected_to_hold(
    hospital: Hospital,
) -> None:
    shift, other = hospital.open_shift(), hospital.open_shift("Q2", by=NEXT)
    change = hand(hospital, shift, 200_000, to="Q2")
    with pytest.raises(HandoverWaits):
        count_drawer(hospital.runtime, hospital.by(NEXT), CountRequest(other.id, FLOAT))

    take(hospital, change, 200_000, by=NEXT)

    assert expected(hospital, shift.id) == vnd(300_000)
    assert expected(hospital, other.id) == vnd(700_000)
    close(hospital, other, vnd(700_000), by=NEXT)
    close(hospital, shift, vnd(300_000))


def test_a_wrong_count_is_not_accepted_and_nobody_counts_for_the_other(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    change = hand(hospital, shift, 200_000, to="Q2")

    with pytest.raises(InvalidField) as refused:
        take(hospital, change, 199_000, by=NEXT)
    assert (refused.value.field, refused.value.key) == ("counted", "handover_counted")
    with pytest.raises(OwnHandover):
        accept(hospital.runtime, hospital.scope, change.id, vnd(200_000))
    with pytest.raises(OwnHandover):
        withdraw(hospital.runtime, hospital.by(NEXT), change.id)
    assert withdraw(hospital.runtime, hospital.scope, change.id).state is State.WITHDRAWN
    with pytest.raises(HandoverDealtWith):
        take(hospital, change, 200_000, by=NEXT)


def test_whoever_works_at_another_cash_point_does_not_take_change_for_this_one(
    hospital: Hospital,
) -> None:
    shift = hospital.open_shift()
    hospital.open_shift("Q3", by=NEXT)
    change = hand(hospital, shift, 200_000, to="Q2")

    with pytest.raises(ShiftOpen):
        take(hospital, change, 200_000, by=NEXT)


@pytest.mark.parametrize(
    ("amount", "to", "refused"),
    [
        (0, "", InvalidField),
        (200_000, "Q1", InvalidField),
        (200_000, "không", InvalidField),
        (500_001, "Q2", TooLittleToHandOver),
        (150_001, "", TooLittleToHandOver),
    ],
)
def test_what_does_not_lie_in_the_drawer_is_not_handed_over(
    hospital: Hospital, amount: int, to: str, refused: type[VienphiError]
) -> None:
    shift = hospital.open_shift()
    hospital.hand_over(hospital.issue(), PRICE)

    with pytest.raises(refused):
        hand(hospital, shift, amount, to=to)
    with pytest.raises(NoShift):
        hand(hospital, shift, 1_000, by=NEXT)


def test_a_second_click_hands_over_once_and_a_second_bag_waits_for_the_first(
    hospital: Hospital,
) -> None:
    shift = hospital.open_shift()
    hospital.hand_over(hospital.issue(), PRICE)
    bag = hand(hospital, shift, 100_000, key="one")

    assert hand(hospital, shift, 100_000, key="one") == bag
    with pytest.raises(HandoverWaits):
        hand(hospital, shift, 50_000, key="two")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "accepted", "answered_by": "user:test", "counted": 100_000},
        {"state": "accepted", "answered_by": HEAD, "counted": 90_000},
        {"state": "refused", "answered_by": HEAD, "counted": 90_000},
    ],
)
def test_the_database_itself_wants_two_people_and_the_whole_sum(
    hospital: Hospital, changes: dict[str, object]
) -> None:
    shift = hospital.open_shift()
    hospital.hand_over(hospital.issue(), PRICE)
    hand(hospital, shift, 100_000)

    with (
        pytest.raises(IntegrityError),
        hospital.runtime.database.transaction(hospital.scope) as tx,
    ):
        tx.execute(update(HANDOVER).values(answered_at=tx.now(), **changes))


_STEPS = st.lists(
    st.sampled_from(["cash", "bag", "change", "accept", "refuse", "withdraw"]), max_size=12
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=_STEPS)
def test_whatever_is_handed_over_no_dong_of_two_drawers_and_the_safe_is_lost(
    hospital: Hospital, steps: list[str]
) -> None:
    """What both drawers are expected to hold, and the safe, is their change and what was paid."""
    first, second = hospital.open_shift(), hospital.open_shift("Q2", by=NEXT)
    safe_before = hospital.balance("1010")
    paid, number = ZERO, 0
    for step in steps:
        number += 1
        with hospital.runtime.database.reading(hospital.scope) as tx:
            waiting = [one for one in handovers.of_shift(tx, first.id) if one.is_waiting]
        try:
            if step == "cash":
                hospital.hand_over(hospital.issue(), PRICE)
                paid += PRICE
            elif step in ("bag", "change"):
                to = "Q2" if step == "change" else ""
                hand(hospital, first, 70_000, to=to, key=f"{first.id}:{number}")
            elif waiting and step == "accept":
                take(hospital, waiting[0], 70_000, by=NEXT)
            elif waiting and step == "refuse":
                refuse(hospital.runtime, hospital.by(NEXT), waiting[0].id, ZERO, "không có gì")
            elif waiting:
                withdraw(hospital.runtime, hospital.scope, waiting[0].id)
        except (HandoverWaits, TooLittleToHandOver):
            continue

    safe = hospital.balance("1010") - safe_before
    held = expected(hospital, first.id) + expected(hospital, second.id)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        for one in handovers.of_shift(tx, first.id):
            assert one.is_waiting or one.answered_at is not None
        left = [one for one in handovers.of_shift(tx, first.id) if one.is_waiting]
    assert held + safe == FLOAT + FLOAT + paid
    for one in left:
        withdraw(hospital.runtime, hospital.scope, one.id)
    close(hospital, first, expected(hospital, first.id))
    close(hospital, second, expected(hospital, second.id), by=NEXT)
