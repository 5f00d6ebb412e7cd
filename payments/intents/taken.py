"""What came through each channel on a hospital day."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, func, select

from payments.channels.comparing import Taken
from payments.intents.rows import INTENT
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
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


def taken(tx: UnitOfWork, day: HospitalDay) -> tuple[Taken, ...]:
    """Read what came on *day* by codes and gateways; cash and money without a code took none."""
    rows = _TAKEN.all(tx, start=day.starts_at, end=day.ends_at)
    return tuple(Taken(row.channel, vnd(row.received), row.payments) for row in rows)
