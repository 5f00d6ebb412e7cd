"""Every pair of state and event of a refund is decided; an end is an end."""

from __future__ import annotations

import itertools

import pytest

from payments.refunds.status import (
    RESERVING,
    TRANSITIONS,
    Event,
    IllegalRefundStep,
    State,
    after,
    allows,
)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_pair_is_decided(state: State, event: Event) -> None:
    if allows(state, event):
        assert after(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalRefundStep):
            after(state, event)


def test_what_was_paid_out_may_come_back_and_nothing_else_happens_to_it() -> None:
    possible = {event for event in Event if allows(State.DONE, event)}

    assert possible == {Event.RETURNED}
    assert after(State.DONE, Event.RETURNED) is State.BOUNCED


@pytest.mark.parametrize("state", [State.REFUSED, State.EXTERNAL])
def test_nothing_leads_out_of_an_end(state: State) -> None:
    assert not any(allows(state, event) for event in Event)


def test_what_may_still_leave_is_spoken_for() -> None:
    assert frozenset(State) - {State.REFUSED, State.EXTERNAL} == RESERVING
