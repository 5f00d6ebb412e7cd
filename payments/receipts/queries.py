"""Reads payments with their receipt numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, case, func, select

from payments.bank.rows import BANK_CREDIT
from payments.kernel.money import Money, vnd
from payments.receipts.model import Flag, NoPayment
from payments.receipts.rows import PAYMENT, RECEIPT, SUSPENSE_MATCH, SUSPENSE_UNMATCH
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_MATCHED: Final = (
    select(func.coalesce(func.sum(SUSPENSE_MATCH.c.amount), 0))
    .where(
        SUSPENSE_MATCH.c.facility_id == PAYMENT.c.facility_id,
        SUSPENSE_MATCH.c.credit_id == PAYMENT.c.credit_id,
        ~select(SUSPENSE_UNMATCH.c.match_id)
        .where(
            SUSPENSE_UNMATCH.c.facility_id == SUSPENSE_MATCH.c.facility_id,
            SUSPENSE_UNMATCH.c.match_id == SUSPENSE_MATCH.c.id,
        )
        .exists(),
    )
    .scalar_subquery()
)
#: Nearly every payment has no suspense, and nothing is looked up for it.
_WAITING: Final = case((PAYMENT.c.suspense > 0, PAYMENT.c.suspense - _MATCHED), else_=0)
_ALL: Final = (
    select(PAYMENT, RECEIPT.c.number, _WAITING.label("waiting"))
    .outerjoin(
        RECEIPT,
        (RECEIPT.c.facility_id == PAYMENT.c.facility_id) & (RECEIPT.c.payment_id == PAYMENT.c.id),
    )
    .where(mine(PAYMENT))
)
_IN_ORDER: Final = _ALL.order_by(PAYMENT.c.received_at, PAYMENT.c.id)
#: What was taken back pays the invoice no more; finance still sees it at its movement.
_OF_INVOICE: Final = Prepared(
    _IN_ORDER.where(
        PAYMENT.c.invoice_id == bindparam("invoice"),
        ~select(SUSPENSE_UNMATCH.c.match_id)
        .where(
            SUSPENSE_UNMATCH.c.facility_id == PAYMENT.c.facility_id,
            SUSPENSE_UNMATCH.c.match_id == PAYMENT.c.id,
        )
        .exists(),
    )
)
_ONE: Final = Prepared(_ALL.where(PAYMENT.c.id == bindparam("payment")))
_INVOICE_OF_RECEIPT: Final = _ALL.with_only_columns(PAYMENT.c.invoice_id).where(
    RECEIPT.c.number == bindparam("number")
)
_REFERENCE: Final = Prepared(
    select(BANK_CREDIT.c.bank_reference)
    .join(
        PAYMENT,
        (PAYMENT.c.facility_id == BANK_CREDIT.c.facility_id)
        & (PAYMENT.c.credit_id == BANK_CREDIT.c.id),
    )
    .where(mine(PAYMENT), PAYMENT.c.id == bindparam("payment"))
)
_BETWEEN: Final = Prepared(
    _IN_ORDER.where(
        PAYMENT.c.received_at >= bindparam("start"), PAYMENT.c.received_at < bindparam("end")
    )
)


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
    rows = _OF_INVOICE.all(tx, invoice=invoice)
    return tuple(_view(row) for row in rows)


def payment(tx: UnitOfWork, payment_id: UUID) -> PaymentView:
    """Read one payment. Raises NotFound where this facility has none of that id."""
    row = _ONE.first(tx, payment=payment_id)
    if row is None:
        raise NoPayment()
    return _view(row)


def invoice_of_number(tx: UnitOfWork, number: str) -> UUID | None:
    """Find the invoice of a printed receipt *number*; None where there is none."""
    found: UUID | None = tx.execute(
        _INVOICE_OF_RECEIPT, {"mine": tx.facility, "number": number}
    ).scalar()
    return found


def reference(tx: UnitOfWork, payment_id: UUID) -> str:
    """Give the bank's own reference of the transfer; empty where there is none."""
    row = _REFERENCE.first(tx, payment=payment_id)
    return "" if row is None else str(row.bank_reference)


def between(tx: UnitOfWork, start: datetime, end: datetime) -> tuple[PaymentView, ...]:
    """List payments received in the half-open span from *start* to *end*."""
    rows = _BETWEEN.all(tx, start=start, end=end)
    return tuple(_view(row) for row in rows)


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
