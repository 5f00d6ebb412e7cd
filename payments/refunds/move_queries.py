"""What of an invoice's payments may be moved, where to, and the moves that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from payments.encounters.rows import ENCOUNTER
from payments.invoicing import repository as invoices
from payments.invoicing.model import amount_due
from payments.invoicing.rows import INVOICE
from payments.kernel.money import Money
from payments.patients.rows import PATIENT
from payments.receipts.rows import PAYMENT
from payments.refunds import movable, move_repository
from payments.refunds.moves import Move
from payments.storage.unit_of_work import UnitOfWork

#: More open invoices of one person are not offered; the newest are.
_TARGETS_MAX: Final = 30


@dataclass(frozen=True, slots=True)
class MovablePayment:
    payment: UUID
    method: str
    received_at: datetime
    most: Money


@dataclass(frozen=True, slots=True)
class Target:
    """An open invoice of the same person."""

    invoice: UUID
    number: str
    due: Money


@dataclass(frozen=True, slots=True)
class MoveView:
    move: Move
    source: str
    target: str


def payments_of(tx: UnitOfWork, invoice: UUID) -> tuple[MovablePayment, ...]:
    """List what pays or named *invoice*, with what of it is over; first first."""
    amounts = invoices.read(tx, invoice)
    return tuple(
        MovablePayment(
            one.payment, one.method, one.received_at, movable.movable(tx, one, amounts).most
        )
        for one in movable.of_invoice(tx, invoice)
    )


def of_credit(tx: UnitOfWork, credit: UUID) -> MovablePayment | None:
    """Give what a transfer brought, with what of it is free; None where it brought nothing."""
    brought = select(PAYMENT.c.id).where(
        PAYMENT.c.facility_id == tx.facility,
        PAYMENT.c.credit_id == credit,
        PAYMENT.c.received > 0,
    )
    payment = tx.execute(brought).scalar()
    if payment is None:
        return None
    one = movable.paid(tx, payment)
    invoice = None if one.invoice is None else invoices.read(tx, one.invoice)
    free = movable.movable(tx, one, invoice)
    return MovablePayment(payment, one.method, one.received_at, free.suspense)


def targets_of(tx: UnitOfWork, invoice: UUID) -> tuple[Target, ...]:
    """List the other invoices of the same person that owe something, the newest first."""
    patient = movable.patient_of(tx, invoice)
    rows = tx.execute(
        select(*invoices.COLUMNS)
        .join(
            ENCOUNTER,
            (ENCOUNTER.c.facility_id == INVOICE.c.facility_id)
            & (ENCOUNTER.c.id == INVOICE.c.encounter_id),
        )
        .join(
            PATIENT,
            (PATIENT.c.facility_id == ENCOUNTER.c.facility_id)
            & (PATIENT.c.id == ENCOUNTER.c.patient_id),
        )
        .where(
            INVOICE.c.facility_id == tx.facility,
            INVOICE.c.id != invoice,
            INVOICE.c.document == "issued",
            INVOICE.c.total - INVOICE.c.covered - INVOICE.c.credited
            > INVOICE.c.paid - INVOICE.c.refunded,
            or_(PATIENT.c.id == patient, PATIENT.c.merged_into == patient),
        )
        .order_by(INVOICE.c.id.desc())
        .limit(_TARGETS_MAX)
    )
    found = [invoices.model(row) for row in rows]
    return tuple(Target(one.id, one.number, amount_due(one)) for one in found)


def newest(tx: UnitOfWork, *, limit: int) -> tuple[MoveView, ...]:
    """List the moves that were asked for last, the newest first."""
    moves = move_repository.newest(tx, limit=limit)
    wanted = {one.source for one in moves} | {one.target for one in moves}
    numbers = {
        row.id: row.number
        for row in tx.execute(
            select(INVOICE.c.id, INVOICE.c.number).where(
                INVOICE.c.facility_id == tx.facility, INVOICE.c.id.in_(wanted)
            )
        )
    }
    return tuple(MoveView(one, numbers[one.source], numbers[one.target]) for one in moves)
