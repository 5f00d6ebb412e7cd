"""Invoices as rows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Row, select, update

from payments.invoicing.model import Invoice
from payments.invoicing.rows import INVOICE
from payments.invoicing.status import Document
from payments.kernel.errors import NotFound
from payments.kernel.money import vnd
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

COLUMNS = (
    INVOICE.c.id,
    INVOICE.c.encounter_id,
    INVOICE.c.number,
    INVOICE.c.document,
    INVOICE.c.version,
    INVOICE.c.total,
    INVOICE.c.credited,
    INVOICE.c.paid,
    INVOICE.c.refunded,
)


def lock(tx: UnitOfWork, invoice: UUID) -> Invoice:
    """
    Hold the invoice until the commit. The encounter must be held before.

    Raises:
        NotFound: this facility has no such invoice.
    """
    statement = select(*COLUMNS).where(
        INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice
    )
    row = tx.lock(Lock.INVOICE, statement).first()
    if row is None:
        raise NotFound("Không tìm thấy phiếu.")
    return model(row)


def encounter_of(tx: UnitOfWork, invoice: UUID) -> UUID:
    found: UUID | None = tx.execute(
        select(INVOICE.c.encounter_id).where(
            INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice
        )
    ).scalar()
    if found is None:
        raise NotFound("Không tìm thấy phiếu.")
    return found


def save(tx: UnitOfWork, invoice: Invoice, *, cancel_reason: str | None = None) -> None:
    """Write the amounts and the document back; the version tells waiting pages that it changed."""
    values: dict[str, object] = {
        "document": invoice.document.value,
        "version": invoice.version + 1,
        "credited": invoice.credited.dong,
        "paid": invoice.paid.dong,
        "refunded": invoice.refunded.dong,
    }
    if cancel_reason is not None:
        values["cancel_reason"] = cancel_reason
    tx.execute(
        update(INVOICE)
        .where(INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice.id)
        .values(**values)
    )


def model(row: Row[tuple[object, ...]]) -> Invoice:
    return Invoice(
        id=row.id,
        encounter=row.encounter_id,
        number=row.number,
        document=Document(row.document),
        version=row.version,
        total=vnd(row.total),
        credited=vnd(row.credited),
        paid=vnd(row.paid),
        refunded=vnd(row.refunded),
    )


def touch(tx: UnitOfWork, invoice: UUID) -> None:
    """Tell waiting pages that something they show has changed."""
    tx.execute(
        update(INVOICE)
        .where(INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice)
        .values(version=INVOICE.c.version + 1)
    )
