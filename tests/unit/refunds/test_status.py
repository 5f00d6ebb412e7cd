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


@pytest.mark.parametrize("state", [State.DONE, State.REFUSED, State.EXTERNAL])
def test_nothing_leads_out_of_an_end(state: State) -> None:
    assert not any(allows(state, event) for event in Event)


def test_what_may_still_leave_is_spoken_for() -> None:
    assert frozenset(State) - {State.REFUSED, State.EXTERNAL} == RESERVING
