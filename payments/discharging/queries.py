"""Reads what a discharge settles: the stay's own invoices, and the patient's others that owe."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from payments.discharging.model import Bill, Ladder, ladder
from payments.encounters.rows import ENCOUNTER
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice, amount_due
from payments.invoicing.rows import INVOICE
from payments.invoicing.status import Document
from payments.ledger.model import Subject
from payments.ledger.queries import moved
from payments.patients.queries import records_of
from payments.refunds.returnable import Free
from payments.refunds.returnable import free as free_of
from payments.stays import repository as stays
from payments.storage.unit_of_work import UnitOfWork

_ADVANCE = ("deposit.apply", "deposit.release")


@dataclass(frozen=True, slots=True)
class Settling:
    """What a stay comes to now: every figure of the screen is of this one reading."""

    bills: tuple[tuple[Invoice, Bill], ...]
    ladder: Ladder
    free: Free


def invoices_of(tx: UnitOfWork, encounter: UUID) -> tuple[UUID, ...]:
    """
    Name the invoices that a discharge settles, the oldest first.

    Those of the stay itself, and those of the patient's other visits that still owe something: an
    order of the day of the admission is often billed on a visit of its own.
    """
    patient = stays.read(tx, encounter).patient
    rows = tx.execute(
        select(*invoices.COLUMNS)
        .join(
            ENCOUNTER,
            (ENCOUNTER.c.facility_id == INVOICE.c.facility_id)
            & (ENCOUNTER.c.id == INVOICE.c.encounter_id),
        )
        .where(
            INVOICE.c.facility_id == tx.facility,
            INVOICE.c.document == Document.ISSUED.value,
            ENCOUNTER.c.patient_id.in_(records_of(tx, patient)),
        )
        .order_by(INVOICE.c.id)
    )
    found = [invoices.model(row) for row in rows]
    return tuple(one.id for one in found if one.encounter == encounter or amount_due(one))


def settling(tx: UnitOfWork, encounter: UUID) -> Settling:
    """Work out the ladder of a stay. Raises NoStay."""
    found = [invoices.read(tx, one) for one in invoices_of(tx, encounter)]
    bills = tuple((one, bill_of(tx, one)) for one in found)
    free = free_of(tx, encounter)
    return Settling(bills, ladder([bill for _, bill in bills], free.amount), free)


def bill_of(tx: UnitOfWork, invoice: Invoice) -> Bill:
    advance = -moved(tx, _ADVANCE, Subject("invoice", invoice.id))
    return Bill(
        invoice.total,
        invoice.covered,
        invoice.credited,
        invoice.paid - invoice.refunded - advance,
        advance,
    )
