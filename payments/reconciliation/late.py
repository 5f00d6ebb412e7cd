"""Money of one day that is booked on another, because its own was closed: both days link to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select

from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.ledger.rows import POSTING, TXN
from payments.receipts.rows import PAYMENT
from payments.storage.unit_of_work import UnitOfWork

#: Later than this nothing is looked for: banks tell within days.
_DAYS_MAX: Final = 62
_LISTED_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Late:
    """A transaction of *day* that stands on *booked_on*."""

    txn: UUID
    kind: str
    day: HospitalDay
    booked_on: HospitalDay
    effective_at: datetime
    amount: Money
    invoice: str


def left(tx: UnitOfWork, day: HospitalDay) -> tuple[Late, ...]:
    """List what happened on *day* and is booked on a later one."""
    after = TXN.c.booked_on.between(day.plus(1).date, day.plus(_DAYS_MAX).date)
    during = (TXN.c.effective_at >= day.starts_at) & (TXN.c.effective_at < day.ends_at)
    return tuple(_listed(tx, _asking(tx).where(after, during)))


def taken(tx: UnitOfWork, day: HospitalDay) -> tuple[Late, ...]:
    """List what is booked on *day* and happened on an earlier one."""
    here = (TXN.c.booked_on == day.date) & (TXN.c.effective_at < day.starts_at)
    return tuple(_listed(tx, _asking(tx).where(here)))


def _asking(tx: UnitOfWork) -> Select[Any]:
    amount = func.sum(POSTING.c.amount)
    columns = (TXN.c.id, TXN.c.kind, TXN.c.booked_on, TXN.c.effective_at, INVOICE.c.number)
    return (
        select(*columns, amount.label("amount"))
        .join(
            POSTING, (POSTING.c.facility_id == TXN.c.facility_id) & (POSTING.c.txn_id == TXN.c.id)
        )
        .outerjoin(
            PAYMENT, (PAYMENT.c.facility_id == TXN.c.facility_id) & (PAYMENT.c.txn_id == TXN.c.id)
        )
        .outerjoin(
            INVOICE,
            (INVOICE.c.facility_id == PAYMENT.c.facility_id)
            & (INVOICE.c.id == PAYMENT.c.invoice_id),
        )
        .where(TXN.c.facility_id == tx.facility)
        .group_by(*columns)
        .order_by(TXN.c.id)
        .limit(_LISTED_MAX)
    )


def _listed(tx: UnitOfWork, statement: Select[Any]) -> Iterator[Late]:
    for row in tx.execute(statement):
        yield Late(
            row.id,
            row.kind,
            HospitalDay.of(row.effective_at),
            HospitalDay(row.booked_on),
            row.effective_at,
            Money(int(row.amount)),
            row.number or "",
        )
