"""Reads refunds and what may go back, for the screen of finance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from payments.intents.rows import GATEWAY_BOOKING, INTENT
from payments.invoicing import repository as invoices
from payments.invoicing.rows import INVOICE
from payments.kernel.money import Money, vnd
from payments.receipts.rows import PAYMENT
from payments.refunds import dispute_repository, repository
from payments.refunds.disputes import Dispute
from payments.refunds.model import Refund
from payments.refunds.sources import source
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class PaidThrough:
    """A payment through a gateway, and what of it may go back now."""

    payment: UUID
    channel: str
    received: Money
    received_at: datetime
    most: Money


@dataclass(frozen=True, slots=True)
class RefundView:
    refund: Refund
    invoice_number: str


@dataclass(frozen=True, slots=True)
class DisputeView:
    dispute: Dispute
    invoice_number: str


def paid_through(tx: UnitOfWork, invoice: UUID) -> tuple[PaidThrough, ...]:
    """List what gateways took for *invoice*, first first, matched or not."""
    rows = tx.execute(
        select(PAYMENT.c.id, PAYMENT.c.received, PAYMENT.c.received_at, GATEWAY_BOOKING.c.channel)
        .join(
            GATEWAY_BOOKING,
            (GATEWAY_BOOKING.c.facility_id == PAYMENT.c.facility_id)
            & (GATEWAY_BOOKING.c.payment_id == PAYMENT.c.id)
            & (GATEWAY_BOOKING.c.kind == "capture"),
        )
        .join(
            INTENT,
            (INTENT.c.facility_id == GATEWAY_BOOKING.c.facility_id)
            & (INTENT.c.id == GATEWAY_BOOKING.c.intent_id),
        )
        .where(PAYMENT.c.facility_id == tx.facility, INTENT.c.invoice_id == invoice)
        .order_by(PAYMENT.c.received_at, PAYMENT.c.id)
    ).all()
    amounts = invoices.read(tx, invoice)
    return tuple(
        PaidThrough(
            row.id,
            row.channel,
            vnd(row.received),
            row.received_at,
            repository.left(tx, source(tx, row.id), amounts).total,
        )
        for row in rows
    )


def newest(tx: UnitOfWork, *, limit: int = 50) -> tuple[RefundView, ...]:
    """List the refunds that were asked for last, the newest first."""
    refunds = repository.newest(tx, limit=limit)
    numbers = {
        row.id: row.number
        for row in tx.execute(
            select(INTENT.c.id, INVOICE.c.number)
            .join(
                INVOICE,
                (INVOICE.c.facility_id == INTENT.c.facility_id)
                & (INVOICE.c.id == INTENT.c.invoice_id),
            )
            .where(
                INTENT.c.facility_id == tx.facility,
                INTENT.c.id.in_({one.intent for one in refunds}),
            )
        )
    }
    return tuple(RefundView(one, numbers[one.intent]) for one in refunds)


def taken_back(tx: UnitOfWork, *, limit: int) -> tuple[DisputeView, ...]:
    """List what gateways took back by themselves; what nobody of finance has seen comes first."""
    found = dispute_repository.newest(tx, limit=limit)
    numbers = {
        row.id: row.number
        for row in tx.execute(
            select(INVOICE.c.id, INVOICE.c.number).where(
                INVOICE.c.facility_id == tx.facility,
                INVOICE.c.id.in_({one.invoice for one in found}),
            )
        )
    }
    return tuple(DisputeView(one, numbers[one.invoice]) for one in found)


def taken_back_of(tx: UnitOfWork, invoice: UUID) -> tuple[Dispute, ...]:
    """List what gateways took back of one invoice's payments, first first."""
    return tuple(dispute_repository.of_invoice(tx, invoice))
