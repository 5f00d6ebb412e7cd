"""What came through each channel on a hospital day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select

from payments.channels.comparing import Taken
from payments.intents.rows import INTENT
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money, vnd
from payments.receipts.rows import PAYMENT
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: By amount, for a fee follows from it: a day of thousands of payments has fewer prices.
_TAKEN: Final = Prepared(
    select(INTENT.c.channel, PAYMENT.c.received, func.count().label("payments"))
    .select_from(PAYMENT)
    .join(
        INTENT,
        (INTENT.c.facility_id == PAYMENT.c.facility_id) & (INTENT.c.id == PAYMENT.c.intent_id),
    )
    .where(
        mine(PAYMENT),
        PAYMENT.c.received > 0,
        PAYMENT.c.received_at >= bindparam("start"),
        PAYMENT.c.received_at < bindparam("end"),
    )
    .group_by(INTENT.c.channel, PAYMENT.c.received)
    .order_by(INTENT.c.channel, PAYMENT.c.received)
)


@dataclass(frozen=True, slots=True)
class ByChannel:
    """What came without notes through one channel: information, not in the drawer."""

    channel: str
    payments: int
    amount: Money


_OF_CASHIER: Final = Prepared(
    select(
        INTENT.c.channel,
        func.count().label("payments"),
        func.sum(PAYMENT.c.received).label("amount"),
    )
    .select_from(PAYMENT)
    .join(
        INTENT,
        (INTENT.c.facility_id == PAYMENT.c.facility_id) & (INTENT.c.id == PAYMENT.c.intent_id),
    )
    .join(
        INVOICE,
        (INVOICE.c.facility_id == PAYMENT.c.facility_id) & (INVOICE.c.id == PAYMENT.c.invoice_id),
    )
    .where(
        mine(PAYMENT),
        PAYMENT.c.received > 0,
        PAYMENT.c.received_at >= bindparam("start"),
        PAYMENT.c.received_at < bindparam("end"),
        INVOICE.c.made_by == bindparam("cashier"),
    )
    .group_by(INTENT.c.channel)
    .order_by(INTENT.c.channel)
)


def of_cashier(
    tx: UnitOfWork, cashier: str, start: datetime, end: datetime
) -> tuple[ByChannel, ...]:
    """Sum what came by codes and gateways for the invoices of *cashier*, channel by channel."""
    rows = _OF_CASHIER.all(tx, start=start, end=end, cashier=cashier)
    return tuple(ByChannel(row.channel, row.payments, vnd(int(row.amount))) for row in rows)


def taken(tx: UnitOfWork, day: HospitalDay) -> tuple[Taken, ...]:
    """Read what came on *day* by codes and gateways; cash and money without a code took none."""
    rows = _TAKEN.all(tx, start=day.starts_at, end=day.ends_at)
    return tuple(Taken(row.channel, vnd(row.received), row.payments) for row in rows)
