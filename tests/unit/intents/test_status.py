"""Every pair of status and event is decided; captured is never undone."""

from __future__ import annotations

import itertools

import pytest

from payments.intents.status import ACTIVE, TRANSITIONS, Event, IllegalTransition, Status, after


@pytest.mark.parametrize(("status", "event"), list(itertools.product(Status, Event)))
def test_every_pair_is_decided(status: Status, event: Event) -> None:
    if (status, event) in TRANSITIONS:
        assert after(status, event) is TRANSITIONS[status, event]
    else:
        with pytest.raises(IllegalTransition):
            after(status, event)


@pytest.mark.parametrize("status", Status)
def test_money_is_money_in_every_status(status: Status) -> None:
    assert after(status, Event.FUNDS_ARRIVED) is Status.CAPTURED


@pytest.mark.parametrize("event", [e for e in Event if e is not Event.FUNDS_ARRIVED])
def test_nothing_undoes_captured(event: Event) -> None:
    """Acceptance 5: a failure that is told after the payment changes no state."""
    assert (Status.CAPTURED, event) not in TRANSITIONS
    assert Status.CAPTURED not in ACTIVE
