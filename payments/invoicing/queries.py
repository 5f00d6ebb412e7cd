"""Reads invoices for the screens: one frozen view each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, select

from payments.catalogue.rows import DEPARTMENT
from payments.encounters.rows import ENCOUNTER
from payments.invoicing import repository
from payments.invoicing.model import Invoice, NoInvoice, amount_due
from payments.invoicing.rows import INVOICE, INVOICE_LINE
from payments.invoicing.status import Document, Payment
from payments.kernel.money import Money, vnd
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.patients.service import name_of
from payments.storage.unit_of_work import UnitOfWork


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
    due: Money
    issued_at: datetime
    pay_token: str
    cancel_reason: str
    lines: tuple[LineView, ...]


def invoice(tx: UnitOfWork, keys: Keys, invoice_id: UUID) -> InvoiceView:
    """Read one invoice. Raises NotFound where this facility has none of that id."""
    return _view(tx, keys, _one(tx).where(INVOICE.c.id == invoice_id))


def invoice_of_token(tx: UnitOfWork, keys: Keys, token: str) -> InvoiceView:
    """Read the invoice that a patient's link names. Raises NotFound for any other token."""
    return _view(tx, keys, _one(tx).where(INVOICE.c.pay_token == token))


def recent(tx: UnitOfWork, keys: Keys, *, limit: int = 50) -> tuple[InvoiceView, ...]:
    """List the latest invoices, newest first, without their lines."""
    rows = tx.execute(
        _one(tx).order_by(INVOICE.c.issued_at.desc(), INVOICE.c.id.desc()).limit(limit)
    )
    return tuple(_with_lines(row, keys, ()) for row in rows)


def of_patients(
    tx: UnitOfWork, keys: Keys, patients: Sequence[UUID], *, limit: int = 50
) -> tuple[InvoiceView, ...]:
    """List the invoices of *patients* (one person may have several records), newest first."""
    rows = tx.execute(
        _one(tx)
        .where(PATIENT.c.id.in_(patients))
        .order_by(INVOICE.c.issued_at.desc(), INVOICE.c.id.desc())
        .limit(limit)
    )
    return tuple(_with_lines(row, keys, ()) for row in rows)


def id_of_number(tx: UnitOfWork, number: str) -> UUID | None:
    """Find the invoice of a printed *number*; None where this facility has none."""
    found: UUID | None = tx.execute(
        select(INVOICE.c.id).where(INVOICE.c.facility_id == tx.facility, INVOICE.c.number == number)
    ).scalar()
    return found


def version(tx: UnitOfWork, invoice_id: UUID) -> int:
    """Read the version alone, by its key: what a waiting page asks each second."""
    found: int | None = tx.execute(
        select(INVOICE.c.version).where(
            INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice_id
        )
    ).scalar()
    if found is None:
        raise NoInvoice()
    return found


def version_of_token(tx: UnitOfWork, token: str) -> int:
    """Read the version alone by a patient's link. Raises NotFound for any other token."""
    found: int | None = tx.execute(
        select(INVOICE.c.version).where(
            INVOICE.c.facility_id == tx.facility, INVOICE.c.pay_token == token
        )
    ).scalar()
    if found is None:
        raise NoInvoice()
    return found


def _one(tx: UnitOfWork) -> Select[tuple[object, ...]]:
    return (
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
        .where(INVOICE.c.facility_id == tx.facility)
    )


def _view(tx: UnitOfWork, keys: Keys, statement: Select[tuple[object, ...]]) -> InvoiceView:
    row = tx.execute(statement).first()
    if row is None:
        raise NoInvoice()
    return _with_lines(row, keys, _lines(tx, row.id))


def _lines(tx: UnitOfWork, invoice_id: UUID) -> tuple[LineView, ...]:
    rows = tx.execute(
        select(INVOICE_LINE, DEPARTMENT.c.name.label("department_name"))
        .join(
            DEPARTMENT,
            (DEPARTMENT.c.facility_id == INVOICE_LINE.c.facility_id)
            & (DEPARTMENT.c.code == INVOICE_LINE.c.department_code),
        )
        .where(INVOICE_LINE.c.facility_id == tx.facility, INVOICE_LINE.c.invoice_id == invoice_id)
        .order_by(INVOICE_LINE.c.line)
    )
    return tuple(
        LineView(
            row.description,
            row.department_name,
            row.department_code,
            row.quantity,
            vnd(row.unit_price),
            vnd(row.amount),
        )
        for row in rows
    )


def _with_lines(
    row: Row[tuple[object, ...]], keys: Keys, lines: tuple[LineView, ...]
) -> InvoiceView:
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
        due=amount_due(amounts),
        issued_at=row.issued_at,
        pay_token=row.pay_token,
        cancel_reason=row.cancel_reason,
        lines=lines,
    )
