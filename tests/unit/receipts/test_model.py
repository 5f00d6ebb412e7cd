"""Money that arrives is split between the debt and suspense, and nothing is lost on the way."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from payments.invoicing.model import Invoice, amount_due
from payments.invoicing.status import Document
from payments.kernel.money import ZERO, Money, vnd
from payments.receipts.model import Flag, allocate

AMOUNTS = st.integers(0, 10**12).map(vnd)
TOTAL = vnd(150_000)


def an_invoice(total: Money = TOTAL, paid: Money = ZERO, credited: Money = ZERO) -> Invoice:
    return Invoice(
        UUID(int=1), UUID(int=2), "VP26000001", Document.ISSUED, 1, total, credited, paid, ZERO
    )


def test_short_transfer_pays_a_part_and_says_so() -> None:
    allocation = allocate(an_invoice(), vnd(149_999), is_late=False)

    assert (allocation.applied, allocation.suspense) == (vnd(149_999), ZERO)
    assert allocation.flags == {Flag.UNDERPAID}


def test_late_and_over_are_two_flags() -> None:
    assert allocate(an_invoice(), vnd(200_000), is_late=True).flags == {Flag.OVERPAID, Flag.LATE}


@given(total=AMOUNTS, paid=AMOUNTS, received=st.integers(1, 10**12).map(vnd), late=st.booleans())
def test_what_arrives_is_applied_or_in_suspense(
    total: Money, paid: Money, received: Money, late: bool
) -> None:
    invoice = an_invoice(max(total, paid), paid)

    allocation = allocate(invoice, received, is_late=late)

    assert allocation.applied + allocation.suspense == received
    assert ZERO <= allocation.applied <= amount_due(invoice)
    assert allocation.suspense >= ZERO
    assert (allocation.applied == amount_due(invoice)) or not allocation.suspense
