"""The payments whose rest may be moved, and what of them is free; two invoices held in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from payments.encounters.rows import ENCOUNTER
from payments.intents.rows import INTENT
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.invoicing.rows import INVOICE
from payments.kernel.money import Money, vnd
from payments.ledger.model import Subject
from payments.ledger.queries import subject_balance
from payments.patients.rows import PATIENT
from payments.receipts.model import NoPayment
from payments.receipts.rows import PAYMENT, SUSPENSE_UNMATCH
from payments.refunds import payback_repository as paybacks
from payments.refunds.disputes import TAKING
from payments.refunds.move_repository import taken, waiting
from payments.refunds.moves import Movable, Part
from payments.refunds.rows import DISPUTE, REFUND
from payments.refunds.status import RESERVING
from payments.refunds.status import State as Refund
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

_RESERVING: Final = tuple(sorted(state.value for state in RESERVING))
_TAKING: Final = tuple(sorted(state.value for state in TAKING))


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment whose rest may be moved: *invoice* is the one that it pays, or named."""

    payment: UUID
    method: str
    credit: UUID | None
    #: None where nobody knows whose it is.
    invoice: UUID | None
    is_applied: bool
    #: It brought money itself; what a person attached lay in suspense as another's.
    is_received: bool
    applied: Money
    received_at: datetime

    @property
    def owner(self) -> Subject:
        """Whose money on 2200 it is: the transfer's, or the payment's where a gateway took it."""
        if self.credit is not None:
            return Subject("bank_credit", self.credit)
        return Subject("payment", self.payment)


def paid(tx: UnitOfWork, payment: UUID) -> Paid:
    """Read a payment. Raises NoPayment."""
    row = tx.execute(
        select(
            PAYMENT,
            INTENT.c.invoice_id.label("named"),
            SUSPENSE_UNMATCH.c.match_id.label("taken_back"),
        )
        .outerjoin(
            INTENT,
            (INTENT.c.facility_id == PAYMENT.c.facility_id) & (INTENT.c.id == PAYMENT.c.intent_id),
        )
        .outerjoin(
            SUSPENSE_UNMATCH,
            (SUSPENSE_UNMATCH.c.facility_id == PAYMENT.c.facility_id)
            & (SUSPENSE_UNMATCH.c.match_id == PAYMENT.c.id),
        )
        .where(PAYMENT.c.facility_id == tx.facility, PAYMENT.c.id == payment)
    ).first()
    if row is None:
        raise NoPayment()
    return Paid(
        row.id,
        row.method,
        row.credit_id,
        row.invoice_id or row.named,
        row.invoice_id is not None,
        row.received > 0,
        # A match that was taken back lies in suspense again, as its movement's.
        vnd(row.applied) if row.taken_back is None else vnd(0),
        row.received_at,
    )


def of_invoice(tx: UnitOfWork, invoice: UUID) -> list[Paid]:
    """List the payments that pay or named *invoice*, first first."""
    rows = tx.execute(
        select(PAYMENT.c.id)
        .outerjoin(
            INTENT,
            (INTENT.c.facility_id == PAYMENT.c.facility_id) & (INTENT.c.id == PAYMENT.c.intent_id),
        )
        .where(
            PAYMENT.c.facility_id == tx.facility,
            (PAYMENT.c.invoice_id == invoice)
            | (PAYMENT.c.invoice_id.is_(None) & (INTENT.c.invoice_id == invoice)),
        )
        .order_by(PAYMENT.c.received_at, PAYMENT.c.id)
    )
    return [paid(tx, one) for one in rows.scalars()]


def hold(tx: UnitOfWork, *wanted: UUID) -> dict[UUID, Invoice]:
    """Hold several invoices: all their encounters by id, then all of them by id."""
    encounters = select(INVOICE.c.encounter_id).where(
        INVOICE.c.facility_id == tx.facility, INVOICE.c.id.in_(wanted)
    )
    ids = sorted(set(tx.execute(encounters).scalars()))
    for one in ids:
        held = select(ENCOUNTER.c.id).where(
            ENCOUNTER.c.facility_id == tx.facility, ENCOUNTER.c.id == one
        )
        tx.lock(Lock.ENCOUNTER, held).one()
    found = {}
    for invoice in sorted(wanted):
        row = select(*invoices.COLUMNS).where(
            INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice
        )
        found[invoice] = invoices.model(tx.lock(Lock.INVOICE, row).one())
    return found


def patient_of(tx: UnitOfWork, invoice: UUID) -> UUID:
    """Name the person of an invoice: the record that counts, where two were merged."""
    row = tx.execute(
        select(PATIENT.c.id, PATIENT.c.merged_into)
        .join(
            ENCOUNTER,
            (ENCOUNTER.c.facility_id == PATIENT.c.facility_id)
            & (ENCOUNTER.c.patient_id == PATIENT.c.id),
        )
        .join(
            INVOICE,
            (INVOICE.c.facility_id == ENCOUNTER.c.facility_id)
            & (INVOICE.c.encounter_id == ENCOUNTER.c.id),
        )
        .where(INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice)
    ).one()
    found: UUID = row.merged_into or row.id
    return found


def movable(
    tx: UnitOfWork, of: Paid, invoice: Invoice | None, *, but: UUID | None = None
) -> Movable:
    """Say what of a payment is free: its *invoice* is held; *but* leaves one request out."""
    mine = (PAYMENT.c.id == of.payment,)
    suspense = -subject_balance(tx, "2200", of.owner) if of.is_received else vnd(0)
    suspense -= _sum(tx, REFUND, REFUND.c.from_suspense, (Refund.REQUESTED.value,), mine)
    suspense -= _sum(tx, DISPUTE, DISPUTE.c.from_suspense, ("open",), mine)
    suspense -= waiting(tx, Part.SUSPENSE, payment=of.payment, but=but)
    suspense -= paybacks.waiting(tx, Part.SUSPENSE, payment=of.payment, but=but)
    if not of.is_applied or invoice is None:
        return Movable(suspense, vnd(0))
    applied = of.applied
    applied -= _sum(tx, REFUND, REFUND.c.from_invoice, _RESERVING, mine)
    applied -= _sum(tx, DISPUTE, DISPUTE.c.from_invoice, _TAKING, mine)
    applied -= taken(tx, Part.INVOICE, of.payment, but=but)
    applied -= paybacks.taken(tx, Part.INVOICE, of.payment, but=but)
    of_invoice = (PAYMENT.c.invoice_id == of.invoice,)
    over = invoice.paid - invoice.refunded - invoice.owed
    over -= _sum(tx, REFUND, REFUND.c.from_invoice, (Refund.REQUESTED.value,), of_invoice)
    over -= waiting(tx, Part.INVOICE, invoice=of.invoice, but=but)
    over -= paybacks.waiting(tx, Part.INVOICE, invoice=of.invoice, but=but)
    return Movable(suspense, min(applied, over))


def _sum(
    tx: UnitOfWork, table: Any, column: Any, states: tuple[str, ...], wanted: tuple[Any, ...]
) -> Money:
    total = tx.execute(
        select(func.coalesce(func.sum(column), 0))
        .join(
            PAYMENT,
            (PAYMENT.c.facility_id == table.c.facility_id) & (PAYMENT.c.id == table.c.payment_id),
        )
        .where(table.c.facility_id == tx.facility, table.c.state.in_(states), *wanted)
    ).scalar_one()
    return vnd(int(total))
