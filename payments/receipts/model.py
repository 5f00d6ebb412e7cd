"""Says what money pays for. It is never refused: a transfer cannot be sent back by a no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from payments.invoicing.model import Invoice, amount_due
from payments.invoicing.status import Document
from payments.kernel.errors import NotFound
from payments.kernel.money import ZERO, Money


class NoPayment(NotFound):
    """This facility has received no such payment."""

    code = "no-payment"


class Flag(StrEnum):
    """What was odd about a payment; a set, for late *and* over is nothing special."""

    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    LATE = "late"
    DUPLICATE = "duplicate"
    AFTER_CANCEL = "after_cancel"
    UNMATCHED = "unmatched"
    #: A person said what it is for; the money had arrived before.
    ATTACHED = "attached"
    #: An advance of an encounter (2000): it pays no invoice yet.
    DEPOSIT = "deposit"


class Purpose(StrEnum):
    """What a person found money in suspense to be."""

    INVOICE = "invoice"
    #: Interest that the bank pays.
    INTEREST = "interest"
    #: Another income of the hospital that is no patient's.
    INCOME = "income"
    #: It is owed to whoever sent it, or came back from there.
    REFUND = "refund"
    #: A gateway's batch.
    PAYOUT = "payout"
    #: The insurer's advance on a quarter.
    BHYT_ADVANCE = "bhyt_advance"
    #: What the insurer owed for claims that it accepted.
    BHYT_PAID = "bhyt_paid"


@dataclass(frozen=True, slots=True)
class Allocation:
    """What fits the debt is *applied*; the rest waits in *suspense* (account 2200) for a person."""

    applied: Money
    suspense: Money
    flags: frozenset[Flag]


def allocate(
    invoice: Invoice | None, received: Money, *, is_late: bool, asked: Money | None = None
) -> Allocation:
    """
    Split *received* between what *invoice* (locked) still owes and suspense.

    *asked* is the part that was asked for where a person agreed on parts: whoever pays that much
    has not paid too little.

    Patients mistype amounts, pay twice and pay late. What fits pays, wholly or in part; excess, a
    second full payment and money for a cancelled invoice are kept visible, never silently
    (decision on short, over, late, twice).
    """
    if invoice is None:
        return Allocation(ZERO, received, frozenset({Flag.UNMATCHED}))
    due = amount_due(invoice)
    applied = min(due, received)
    wanted = due if asked is None else min(due, asked)
    flags = frozenset(_flags(invoice, due, received, wanted, is_late=is_late))
    return Allocation(applied, received - applied, flags)


def _flags(
    invoice: Invoice, due: Money, received: Money, wanted: Money, *, is_late: bool
) -> Iterator[Flag]:
    if invoice.document is Document.CANCELLED:
        yield Flag.AFTER_CANCEL
    elif not due:
        yield Flag.DUPLICATE
    elif received < wanted:
        yield Flag.UNDERPAID
    elif received > due:
        yield Flag.OVERPAID
    if is_late:
        yield Flag.LATE
