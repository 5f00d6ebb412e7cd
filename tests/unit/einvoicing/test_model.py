"""Which receipt counts, what a chain says, and every step of an e-invoice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.einvoicing.model import (
    BLOCKED,
    Chain,
    EInvoice,
    EInvoiceIsRight,
    Receipt,
    adjustment,
    blocked,
    checked_buyer,
)
from payments.einvoicing.status import (
    TRANSITIONS,
    Event,
    IllegalEInvoiceStep,
    State,
    after,
    allows,
)
from payments.external.einvoices import Buyer, Kind
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ID = UUID(int=1)
RECEIPT = Receipt(
    payment=ID,
    number="BL26000001",
    invoice=ID,
    invoice_number="VP26000001",
    applied=vnd(150_000),
    given_back=ZERO,
    issued_at=NOW,
    is_advance=False,
    is_cancelled=False,
    is_taken_back=False,
)
ISSUED = EInvoice(
    id=ID,
    kind=Kind.ORIGINAL,
    invoice=ID,
    root=ID,
    corrects=None,
    state=State.ISSUED,
    amount=vnd(150_000),
    number="C26TVP1",
    template="1/001",
    lookup_code="",
    authority_code="",
    reason="",
    told="",
    attempts=1,
    made_at=NOW,
    dated_at=NOW,
    issued_at=NOW,
    is_trial=True,
)
AMOUNTS = st.integers(1, 10**9).map(vnd)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_is_decided(state: State, event: Event) -> None:
    assert allows(state, event) == ((state, event) in TRANSITIONS)
    if allows(state, event):
        assert after(state, event) is TRANSITIONS[state, event]
        return
    with pytest.raises(IllegalEInvoiceStep):
        after(state, event)


def test_nothing_happens_any_more_to_what_has_a_number() -> None:
    assert not any(allows(State.ISSUED, event) for event in Event)


@pytest.mark.parametrize(
    "change",
    [
        {"is_advance": True},
        {"is_cancelled": True},
        {"is_taken_back": True},
        {"invoice": None},
        {"given_back": vnd(150_000)},
    ],
)
def test_what_counts_no_more_is_worth_nothing_and_says_why(change: dict[str, object]) -> None:
    found = replace(RECEIPT, **change)  # type: ignore[arg-type]

    assert blocked(found) in BLOCKED
    assert found.net == ZERO


@given(
    st.lists(st.tuples(AMOUNTS, st.integers(0, 10**9).map(vnd)), min_size=1, max_size=5),
    st.lists(st.integers(-(10**9), 10**9).map(vnd), max_size=3),
)
def test_after_an_adjustment_the_chain_says_what_the_receipts_are_worth(
    money: list[tuple[Money, Money]], before: list[Money]
) -> None:
    receipts = [replace(RECEIPT, applied=one, given_back=back) for one, back in money]
    first = replace(ISSUED, amount=sum((one.applied for one in receipts), ZERO))
    chain = Chain((first, *(replace(ISSUED, kind=Kind.ADJUSTMENT, amount=one) for one in before)))
    worth = sum((one.net for one in receipts), ZERO)

    try:
        more = adjustment(chain, receipts)
    except EInvoiceIsRight:
        assert chain.amount == worth
        return

    whole = Chain((*chain.parts, replace(ISSUED, kind=Kind.ADJUSTMENT, amount=more)))
    assert whole.amount == worth
    with pytest.raises(EInvoiceIsRight):
        adjustment(whole, receipts)


@given(st.lists(AMOUNTS, min_size=1, max_size=5))
def test_only_the_last_replacement_counts(amounts: list[Money]) -> None:
    replaced = [replace(ISSUED, kind=Kind.REPLACEMENT, amount=one) for one in amounts]

    assert Chain((ISSUED, *replaced)).amount == amounts[-1]


@pytest.mark.parametrize(
    ("buyer", "field"),
    [
        (Buyer(""), "name"),
        (Buyer("A" * 201), "name"),
        (Buyer("A", unit="ẩn\u202ehướng"), "unit"),
        (Buyer("A", tax_code="123"), "tax_code"),
        (Buyer("A", address="x" * 201), "address"),
    ],
)
def test_a_buyer_that_cannot_be_printed_is_refused_by_its_field(buyer: Buyer, field: str) -> None:
    with pytest.raises(InvalidField) as wrong:
        checked_buyer(buyer)

    assert wrong.value.field == field
