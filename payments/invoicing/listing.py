"""Invoices in pages, newest first, by state, day and patient; and the credit notes of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, tuple_

from payments.invoicing.queries import WITH_PATIENT, InvoiceView, view
from payments.invoicing.rows import CREDIT_NOTE, CREDIT_NOTE_LINE, INVOICE
from payments.invoicing.status import Document, Payment
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money, vnd
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.storage.unit_of_work import UnitOfWork

_OWED = INVOICE.c.total - INVOICE.c.covered - INVOICE.c.credited
#: The same words as ``status.payment_state``, as conditions; a test holds one against the other.
_PAYMENT: dict[Payment, tuple[ColumnElement[bool], ...]] = {
    Payment.UNPAID: (INVOICE.c.refunded == 0, INVOICE.c.paid == 0, _OWED > 0),
    Payment.PARTIALLY_PAID: (
        INVOICE.c.refunded == 0,
        INVOICE.c.paid > 0,
        INVOICE.c.paid < _OWED,
    ),
    Payment.PAID: (INVOICE.c.refunded == 0, INVOICE.c.paid == _OWED),
    Payment.OVER: (INVOICE.c.refunded == 0, INVOICE.c.paid > _OWED),
    Payment.PARTIALLY_REFUNDED: (INVOICE.c.refunded != 0, INVOICE.c.refunded != INVOICE.c.paid),
    Payment.REFUNDED: (INVOICE.c.refunded != 0, INVOICE.c.refunded == INVOICE.c.paid),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which invoices; None asks for any."""

    document: Document | None = None
    payment: Payment | None = None
    day: HospitalDay | None = None
    file_number: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where the last page ended."""

    issued_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class CreditNoteView:
    id: UUID
    number: str
    amount: Money
    reason: str
    made_at: datetime
    #: Department code and what was taken off there.
    parts: tuple[tuple[str, Money], ...]


def page(
    tx: UnitOfWork, keys: Keys, wanted: Wanted, *, after: Position | None, limit: int
) -> tuple[InvoiceView, ...]:
    """
    List *limit* invoices without their lines, from the one that follows *after*.

    The order never changes, for neither the moment of issue nor the id does: who walks all pages
    sees each invoice that was there at the start exactly once.
    """
    # The test of NULL is for drafts, which have no moment of issue and no place in the order.
    statement = WITH_PATIENT.where(INVOICE.c.issued_at.is_not(None), *_conditions(wanted))
    if after is not None:
        here = tuple_(INVOICE.c.issued_at, INVOICE.c.id)
        # With the columns' own types: on SQLite both are text, written in one certain way.
        there = (
            literal(after.issued_at, INVOICE.c.issued_at.type),
            literal(after.id, INVOICE.c.id.type),
        )
        statement = statement.where(here < tuple_(*there))
    statement = statement.order_by(INVOICE.c.issued_at.desc(), INVOICE.c.id.desc()).limit(limit)
    return tuple(view(row, keys, ()) for row in tx.execute(statement, {"mine": tx.facility}))


def credit_notes(tx: UnitOfWork, invoice: UUID) -> tuple[CreditNoteView, ...]:
    """List the credit notes of an invoice, first first."""
    parts: dict[UUID, list[tuple[str, Money]]] = defaultdict(list)
    of_invoice = (CREDIT_NOTE.c.facility_id == tx.facility, CREDIT_NOTE.c.invoice_id == invoice)
    lines = tx.execute(
        select(CREDIT_NOTE_LINE)
        .join(
            CREDIT_NOTE,
            (CREDIT_NOTE.c.facility_id == CREDIT_NOTE_LINE.c.facility_id)
            & (CREDIT_NOTE.c.id == CREDIT_NOTE_LINE.c.credit_note_id),
        )
        .where(*of_invoice)
        .order_by(CREDIT_NOTE_LINE.c.credit_note_id, CREDIT_NOTE_LINE.c.line)
    )
    for line in lines:
        parts[line.credit_note_id].append((line.department_code, vnd(line.amount)))
    notes = tx.execute(select(CREDIT_NOTE).where(*of_invoice).order_by(CREDIT_NOTE.c.id))
    return tuple(
        CreditNoteView(
            note.id, note.number, vnd(note.amount), note.reason, note.made_at, tuple(parts[note.id])
        )
        for note in notes
    )


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.document is not None:
        yield INVOICE.c.document == wanted.document.value
    if wanted.payment is not None:
        yield from _PAYMENT[wanted.payment]
    if wanted.day is not None:
        yield INVOICE.c.issued_at >= wanted.day.starts_at
        yield INVOICE.c.issued_at < wanted.day.ends_at
    if wanted.file_number is not None:
        yield PATIENT.c.file_number == wanted.file_number
