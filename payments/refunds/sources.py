"""What is given back: a payment that a gateway took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from payments.intents.rows import GATEWAY_BOOKING
from payments.kernel.money import Money, vnd
from payments.receipts.rows import PAYMENT
from payments.refunds.model import CannotRefund
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Source:
    """A payment through a gateway, with the attempt that brought it."""

    payment: UUID
    intent: UUID
    channel: str
    invoice: UUID | None
    applied: Money
    suspense: Money
    received_at: datetime

    @property
    def received(self) -> Money:
        return self.applied + self.suspense


def source(tx: UnitOfWork, payment: UUID) -> Source:
    """Read the payment that is to be given back. Raises CannotRefund where no gateway took it."""
    row = tx.execute(
        select(PAYMENT, GATEWAY_BOOKING.c.channel, GATEWAY_BOOKING.c.intent_id.label("attempt"))
        .join(
            GATEWAY_BOOKING,
            (GATEWAY_BOOKING.c.facility_id == PAYMENT.c.facility_id)
            & (GATEWAY_BOOKING.c.payment_id == PAYMENT.c.id)
            & (GATEWAY_BOOKING.c.kind == "capture"),
        )
        .where(PAYMENT.c.facility_id == tx.facility, PAYMENT.c.id == payment)
    ).first()
    if row is None:
        raise CannotRefund()
    return Source(
        row.id,
        row.attempt,
        row.channel,
        row.invoice_id,
        vnd(row.applied),
        vnd(row.suspense),
        row.received_at,
    )
