"""Every step of a claim and of a refused amount is decided; what is not in the table is refused."""

from __future__ import annotations

import pytest

from payments.settlement.status import (
    ANSWERS,
    OPEN,
    TRANSITIONS,
    Answer,
    Event,
    IllegalClaimStep,
    IllegalRefusalStep,
    Refused,
    State,
    after,
    allows,
    answered,
)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_of_a_claim_is_decided(state: State, event: Event) -> None:
    if allows(state, event):
        assert after(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalClaimStep):
            after(state, event)


@pytest.mark.parametrize("state", Refused)
@pytest.mark.parametrize("answer", Answer)
def test_every_pair_of_a_refusal_is_decided(state: Refused, answer: Answer) -> None:
    if (state, answer) in ANSWERS:
        assert answered(state, answer) is ANSWERS[state, answer]
    else:
        with pytest.raises(IllegalRefusalStep):
            answered(state, answer)


def test_a_withdrawn_claim_stays_withdrawn() -> None:
    assert not any(allows(State.WITHDRAWN, event) for event in Event)


def test_from_every_open_refusal_there_is_a_way_to_its_end() -> None:
    for start in OPEN:
        seen, border = set[Refused](), {start}
        while border:
            seen |= border
            border = {to for (state, _), to in ANSWERS.items() if state in border} - seen
        assert Refused.WRITTEN_OFF in seen
