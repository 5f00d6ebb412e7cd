"""Every pair of state and event is decided; the payment state follows the amounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.invoicing.status import (
    TRANSITIONS,
    Document,
    Event,
    IllegalStep,
    Payment,
    after,
    payment_state,
)
from payments.kernel.money import vnd

AMOUNTS = st.integers(0, 10**12).map(vnd)


@pytest.mark.parametrize("document", Document)
@pytest.mark.parametrize("event", Event)
def test_every_pair_is_decided(document: Document, event: Event) -> None:
    if (document, event) in TRANSITIONS:
        assert after(document, event) is TRANSITIONS[document, event]
    else:
        with pytest.raises(IllegalStep):
            after(document, event)


@given(owed=AMOUNTS, paid=AMOUNTS)
def test_paid_is_said_exactly_when_the_amounts_are_equal(owed, paid) -> None:  # type: ignore[no-untyped-def]
    state = payment_state(owed=owed, paid=paid, refunded=vnd(0))

    assert (state is Payment.PAID) == (owed == paid)
    assert (state is Payment.OVER) == (paid > owed)
