"""Reads payments with their receipt numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, case, func, select

from payments.kernel.money import Money, vnd
from payments.receipts.model import Flag, NoPayment
from payments.receipts.rows import PAYMENT, RECEIPT, SUSPENSE_MATCH
from payments.storage.unit_of_work import UnitOfWork

_MATCHED: Final = (
    select(func.coalesce(func.sum(SUSPENSE_MATCH.c.amount), 0))
    .where(
        SUSPENSE_MATCH.c.facility_id == PAYMENT.c.facility_id,
        SUSPENSE_MATCH.c.credit_id == PAYMENT.c.credit_id,
    )
    .scalar_subquery()
)
#: Nearly every payment has no suspense, and nothing is looked up for it.
_WAITING: Final = case((PAYMENT.c.suspense > 0, PAYMENT.c.suspense - _MATCHED), else_=0)


@dataclass(frozen=True, slots=True)
class PaymentView:
    """
    One payment of an invoice.

    *receipt_number* is None until the worker has numbered it, and where nothing was applied. Money
    that a person attached had been received before: then *received* is zero.
    """

    id: UUID
    invoice: UUID | None
    method: str
    received: Money
    applied: Money
    suspense: Money
    flags: frozenset[Flag]
    received_at: datetime
    receipt_number: str | None
    #: What of *suspense* pays for nothing yet: a person may have found its owner meanwhile.
    waiting: Money

    @property
    def shown(self) -> Money:
        """What the invoice's page calls received: the amount that came, or that was attached."""
        return self.received or self.applied


def of_invoice(tx: UnitOfWork, invoice: UUID) -> tuple[PaymentView, ...]:
    """List the payments that named an invoice, first first."""
    rows = tx.execute(
        _all(tx)
        .where(PAYMENT.c.invoice_id == invoice)
        .order_by(PAYMENT.c.received_at, PAYMENT.c.id)
    )
    return tuple(_view(row) for row in rows)


def payment(tx: UnitOfWork, payment_id: UUID) -> PaymentView:
    """Read one payment. Raises NotFound where this facility has none of that id."""
    row = tx.execute(_all(tx).where(PAYMENT.c.id == payment_id)).first()
    if row is None:
        raise NoPayment()
    return _view(row)


def invoice_of_number(tx: UnitOfWork, number: str) -> UUID | None:
    """Find the invoice of a printed receipt *number*; None where there is none."""
    found: UUID | None = tx.execute(
        _all(tx).with_only_columns(PAYMENT.c.invoice_id).where(RECEIPT.c.number == number)
    ).scalar()
    return found


def between(tx: UnitOfWork, start: datetime, end: datetime) -> tuple[PaymentView, ...]:
    """List payments received in the half-open span from *start* to *end*."""
    rows = tx.execute(
        _all(tx)
        .where(PAYMENT.c.received_at >= start, PAYMENT.c.received_at < end)
        .order_by(PAYMENT.c.received_at, PAYMENT.c.id)
    )
    return tuple(_view(row) for row in rows)


def _all(tx: UnitOfWork) -> Select[Any]:
    return (
        select(PAYMENT, RECEIPT.c.number, _WAITING.label("waiting"))
        .outerjoin(
            RECEIPT,
            (RECEIPT.c.facility_id == PAYMENT.c.facility_id)
            & (RECEIPT.c.payment_id == PAYMENT.c.id),
        )
        .where(PAYMENT.c.facility_id == tx.facility)
    )


def _view(row: Row[Any]) -> PaymentView:
    return PaymentView(
        row.id,
        row.invoice_id,
        row.method,
        vnd(row.received),
        vnd(row.applied),
        vnd(row.suspense),
        frozenset(Flag(flag) for flag in row.flags.split(",") if flag),
        row.received_at,
        row.number,
        vnd(int(row.waiting)),
    )
