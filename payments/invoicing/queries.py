"""Reads invoices for the screens: one frozen view each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, select

from payments.catalogue.rows import DEPARTMENT
from payments.encounters.rows import ENCOUNTER
from payments.invoicing import repository
from payments.invoicing.model import Invoice, NoInvoice, amount_due, has_link
from payments.invoicing.rows import INVOICE, INVOICE_LINE
from payments.invoicing.status import Document, Payment
from payments.kernel.money import Money, vnd
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.patients.service import name_of
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: An invoice with its patient, without its lines.
WITH_PATIENT: Final = (
    select(
        *repository.COLUMNS,
        INVOICE.c.pay_token,
        INVOICE.c.issued_at,
        INVOICE.c.cancel_reason,
        PATIENT.c.name_sealed,
        PATIENT.c.birth_year,
        PATIENT.c.file_number,
    )
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
    .where(mine(INVOICE))
)
#: In one statement, for a page pays for each. An invoice without lines is one row with empty ones.
_WITH_LINES: Final = Prepared(
    WITH_PATIENT.add_columns(
        INVOICE_LINE.c.description,
        INVOICE_LINE.c.department_code,
        INVOICE_LINE.c.quantity,
        INVOICE_LINE.c.unit_price,
        INVOICE_LINE.c.amount,
        DEPARTMENT.c.name.label("department_name"),
    )
    .outerjoin(
        INVOICE_LINE,
        (INVOICE_LINE.c.facility_id == INVOICE.c.facility_id)
        & (INVOICE_LINE.c.invoice_id == INVOICE.c.id),
    )
    .outerjoin(
        DEPARTMENT,
        (DEPARTMENT.c.facility_id == INVOICE_LINE.c.facility_id)
        & (DEPARTMENT.c.code == INVOICE_LINE.c.department_code),
    )
    .where(INVOICE.c.id == bindparam("invoice"))
    .order_by(INVOICE_LINE.c.line)
)
_OF_TOKEN: Final = Prepared(WITH_PATIENT.where(INVOICE.c.pay_token == bindparam("token")))
_NEWEST: Final = WITH_PATIENT.order_by(INVOICE.c.issued_at.desc(), INVOICE.c.id.desc()).limit(
    bindparam("most")
)
_RECENT: Final = Prepared(_NEWEST)
_OF_PATIENTS: Final = _NEWEST.where(PATIENT.c.id.in_(bindparam("patients", expanding=True)))
_VERSION_OF_TOKEN: Final = Prepared(
    select(INVOICE.c.version, INVOICE.c.issued_at).where(
        mine(INVOICE), INVOICE.c.pay_token == bindparam("token")
    )
)
_VERSION: Final = Prepared(
    select(INVOICE.c.version).where(mine(INVOICE), INVOICE.c.id == bindparam("invoice"))
)


@dataclass(frozen=True, slots=True)
class LineView:
    description: str
    department: str
    department_code: str
    quantity: int
    unit_price: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice with its patient; *version* changes with every change that a screen would show."""

    id: UUID
    number: str
    document: Document
    payment: Payment
    version: int
    patient_name: str
    birth_year: int
    file_number: str
    total: Money
    credited: Money
    paid: Money
    refunded: Money
    covered: Money
    owed: Money
    due: Money
    issued_at: datetime
    pay_token: str
    cancel_reason: str
    lines: tuple[LineView, ...]


def invoice(tx: UnitOfWork, keys: Keys, invoice_id: UUID) -> InvoiceView:
    """Read one invoice. Raises NotFound where this facility has none of that id."""
    rows = _WITH_LINES.all(tx, invoice=invoice_id)
    if not rows:
        raise NoInvoice()
    return view(rows[0], keys, tuple(_line(row) for row in rows if row.description is not None))


def invoice_of_token(tx: UnitOfWork, keys: Keys, token: str) -> InvoiceView:
    """
    Read the invoice that a patient's link names, without its lines: the link shows none.

    Raises:
        NotFound: any other token.
    """
    row = _OF_TOKEN.first(tx, token=token)
    if row is None:
        raise NoInvoice()
    return view(row, keys, ())


def invoice_of_link(tx: UnitOfWork, keys: Keys, token: str) -> InvoiceView:
    """Read the same for the patient. Raises NotFound for any other token, and an ended one."""
    found = invoice_of_token(tx, keys, token)
    if not has_link(found.issued_at, tx.now()):
        raise NoInvoice()
    return found


def recent(tx: UnitOfWork, keys: Keys, *, limit: int = 50) -> tuple[InvoiceView, ...]:
    """List the latest invoices, newest first, without their lines."""
    rows = _RECENT.all(tx, most=limit)
    return tuple(view(row, keys, ()) for row in rows)


def of_patients(
    tx: UnitOfWork, keys: Keys, patients: Sequence[UUID], *, limit: int = 50
) -> tuple[InvoiceView, ...]:
    """List the invoices of *patients* (one person may have several records), newest first."""
    rows = tx.execute(
        _OF_PATIENTS, {"mine": tx.facility, "patients": list(patients), "most": limit}
    )
    return tuple(view(row, keys, ()) for row in rows)


def id_of_number(tx: UnitOfWork, number: str) -> UUID | None:
    """Find the invoice of a printed *number*; None where this facility has none."""
    found: UUID | None = tx.execute(
        select(INVOICE.c.id).where(INVOICE.c.facility_id == tx.facility, INVOICE.c.number == number)
    ).scalar()
    return found


def version(tx: UnitOfWork, invoice_id: UUID) -> int:
    """Read the version alone, by its key: what a waiting page asks each second."""
    row = _VERSION.first(tx, invoice=invoice_id)
    if row is None:
        raise NoInvoice()
    found: int = row.version
    return found


def version_of_link(tx: UnitOfWork, token: str) -> int:
    """Read the version alone by a patient's link. Raises NotFound as ``invoice_of_link``."""
    row = _VERSION_OF_TOKEN.first(tx, token=token)
    if row is None or not has_link(row.issued_at, tx.now()):
        raise NoInvoice()
    found: int = row.version
    return found


def _line(row: Row[Any]) -> LineView:
    return LineView(
        row.description,
        row.department_name,
        row.department_code,
        row.quantity,
        vnd(row.unit_price),
        vnd(row.amount),
    )


def view(row: Row[Any], keys: Keys, lines: tuple[LineView, ...]) -> InvoiceView:
    amounts: Invoice = repository.model(row)
    return InvoiceView(
        id=amounts.id,
        number=amounts.number,
        document=amounts.document,
        payment=amounts.payment,
        version=amounts.version,
        patient_name=name_of(keys, row.name_sealed),
        birth_year=row.birth_year,
        file_number=row.file_number,
        total=amounts.total,
        credited=amounts.credited,
        paid=amounts.paid,
        refunded=amounts.refunded,
        covered=amounts.covered,
        owed=amounts.owed,
        due=amount_due(amounts),
        issued_at=row.issued_at,
        pay_token=row.pay_token,
        cancel_reason=row.cancel_reason,
        lines=lines,
    )
