"""What may be given back of a payment: never what pays for something that is still owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from payments.gateway import Trouble
from payments.kernel.errors import NotFound, Rejected
from payments.kernel.money import ZERO, Money
from payments.refunds.status import State


class NoRefund(NotFound):
    """There is no such refund."""

    code = "no-refund"


class SamePerson(Rejected):
    """Whoever asks for a refund does not approve it."""

    code = "same-person"


class NotRefundable(Rejected):
    """More than may be given back of this payment now."""

    code = "not-refundable"


class CannotRefund(Rejected):
    """The payment did not come through a gateway that gives money back."""

    code = "cannot-refund"


@dataclass(frozen=True, slots=True)
class Refund:
    id: UUID
    #: Our name of it at the gateway: 32 letters and digits, the same for ever.
    key: str
    payment: UUID
    intent: UUID
    channel: str
    amount: Money
    from_suspense: Money
    from_invoice: Money
    refunded_before: Money
    state: State
    reason: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    approved_login: str
    gateway_id: str
    trouble: Trouble | None
    #: The order never left the house: it may be sent again blindly, as it is.
    must_send: bool
    asked: int
    next_ask_at: datetime | None
    suspense_txn: UUID | None
    invoice_txn: UUID | None
    ended_at: datetime | None
    idem_key: str


@dataclass(frozen=True, slots=True)
class Refundable:
    """
    What may go back now: money in suspense, and what the invoice was paid too much.

    An invoice that is owed is reduced by a credit note first, so that nobody who was refunded
    owes again what was paid before.
    """

    suspense: Money
    over: Money

    @property
    def total(self) -> Money:
        return self.suspense + self.over

    def parts(self, amount: Money) -> tuple[Money, Money]:
        """
        Split *amount*: what belongs to nobody goes first.

        Raises:
            NotRefundable: it is more than may be given back.
        """
        if amount > self.total or amount < Money(1):
            raise NotRefundable(most=self.total)
        from_suspense = min(amount, self.suspense)
        return from_suspense, amount - from_suspense


def refundable(
    *, received_suspense: Money, applied: Money, over: Money, reserved: tuple[Money, Money]
) -> Refundable:
    """
    Say what may go back of one payment.

    *over* is what the invoice has too much, less what other refunds of it are waiting for;
    *reserved* what other refunds of this payment took or wait for: of suspense, and of the invoice.
    """
    from_suspense, from_invoice = reserved
    left = max(ZERO, applied - from_invoice)
    return Refundable(max(ZERO, received_suspense - from_suspense), min(left, max(ZERO, over)))
