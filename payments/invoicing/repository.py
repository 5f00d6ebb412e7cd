"""Invoices as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, insert, select, update

from payments.encounters.rows import ENCOUNTER
from payments.invoicing.model import Invoice, Line, NoInvoice
from payments.invoicing.rows import INVOICE, INVOICE_LINE
from payments.invoicing.status import Document
from payments.kernel.money import vnd
from payments.storage.columns import mine
from payments.storage.locks import Lock
from payments.storage.prepared import Prepared
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
    INVOICE.c.covered,
)


_BY_ID: Final = (mine(INVOICE), INVOICE.c.id == bindparam("invoice"))
_HELD: Final = Prepared(
    select(*COLUMNS)
    .join(
        ENCOUNTER,
        and_(
            ENCOUNTER.c.facility_id == INVOICE.c.facility_id,
            ENCOUNTER.c.id == INVOICE.c.encounter_id,
        ),
    )
    .where(*_BY_ID),
    locks={Lock.ENCOUNTER: ENCOUNTER, Lock.INVOICE: INVOICE},
)
_TOUCH: Final = update(INVOICE).where(*_BY_ID).values(version=INVOICE.c.version + 1)
_SAVE: Final = (
    update(INVOICE)
    .where(*_BY_ID)
    .values(
        document=bindparam("new_document"),
        version=bindparam("new_version"),
        credited=bindparam("new_credited"),
        paid=bindparam("new_paid"),
        refunded=bindparam("new_refunded"),
        covered=bindparam("new_covered"),
    )
)
_CANCEL: Final = update(INVOICE).where(*_BY_ID).values(cancel_reason=bindparam("new_reason"))


def _key(tx: UnitOfWork, invoice: UUID) -> dict[str, object]:
    return {"mine": tx.facility, "invoice": invoice}


def lock(tx: UnitOfWork, invoice: UUID) -> Invoice:
    """
    Hold the encounter of *invoice*, then the invoice, until the commit.

    Raises:
        NotFound: this facility has no such invoice.
    """
    row = _HELD.first(tx, invoice=invoice)
    if row is None:
        raise NoInvoice()
    return model(row)


def read(tx: UnitOfWork, invoice: UUID) -> Invoice:
    """Read the amounts of an invoice without holding it: what is decided on them may be stale."""
    row = tx.execute(select(*COLUMNS).where(*_BY_ID), _key(tx, invoice)).first()
    if row is None:
        raise NoInvoice()
    return model(row)


def save(tx: UnitOfWork, invoice: Invoice, *, cancel_reason: str | None = None) -> None:
    """Write the amounts and the document back; the version tells waiting pages that it changed."""
    values = {
        "new_document": invoice.document.value,
        "new_version": invoice.version + 1,
        "new_credited": invoice.credited.dong,
        "new_paid": invoice.paid.dong,
        "new_refunded": invoice.refunded.dong,
        "new_covered": invoice.covered.dong,
    }
    tx.write(_SAVE, {**_key(tx, invoice.id), **values})
    if cancel_reason is not None:
        tx.write(_CANCEL, {**_key(tx, invoice.id), "new_reason": cancel_reason})


def touch(tx: UnitOfWork, invoice: UUID) -> None:
    """Tell waiting pages that something they show has changed."""
    tx.write(_TOUCH, _key(tx, invoice))


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
        covered=vnd(row.covered),
    )


def add_lines(tx: UnitOfWork, invoice: UUID, lines: Sequence[Line]) -> None:
    tx.execute(
        insert(INVOICE_LINE),
        [
            {
                "facility_id": tx.facility,
                "invoice_id": invoice,
                "line": number,
                "service_code": line.item.code,
                "description": line.item.name,
                "department_code": line.item.department_code,
                "quantity": line.quantity,
                "unit_price": line.item.price.dong,
                "amount": line.amount.dong,
            }
            for number, line in enumerate(lines, start=1)
        ],
    )
