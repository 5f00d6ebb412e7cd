"""Rows and rules joined. Whoever changes a chain holds the hospital's invoice it is made for."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, update

from payments.einvoicing.model import Chain, EInvoice, NoEInvoice, Receipt
from payments.einvoicing.rows import E_INVOICE, E_INVOICE_SOURCE
from payments.einvoicing.status import State
from payments.external.einvoices import Buyer, Issued, Kind
from payments.invoicing.rows import INVOICE
from payments.invoicing.status import Document
from payments.kernel.money import vnd
from payments.keys import Keys
from payments.receipts.model import Flag
from payments.receipts.rows import PAYMENT, RECEIPT, SUSPENSE_UNMATCH
from payments.refunds.given_back import given_back
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

SEALED: Final = "e_invoice.buyer_sealed"
_TAKEN_BACK: Final = (
    select(SUSPENSE_UNMATCH.c.match_id)
    .where(
        SUSPENSE_UNMATCH.c.facility_id == PAYMENT.c.facility_id,
        SUSPENSE_UNMATCH.c.match_id == PAYMENT.c.id,
    )
    .correlate(PAYMENT)
    .exists()
)


def receipts() -> Select[Any]:
    """Give numbered receipts with what decides on their e-invoice, and its state."""
    return (
        select(
            RECEIPT.c.payment_id,
            RECEIPT.c.number,
            RECEIPT.c.issued_at,
            PAYMENT.c.invoice_id,
            PAYMENT.c.applied,
            PAYMENT.c.flags,
            INVOICE.c.document,
            INVOICE.c.number.label("invoice_number"),
            E_INVOICE.c.state,
            E_INVOICE.c.told,
            given_back().label("given_back"),
            _TAKEN_BACK.label("is_taken_back"),
        )
        .join(
            PAYMENT,
            (PAYMENT.c.facility_id == RECEIPT.c.facility_id)
            & (PAYMENT.c.id == RECEIPT.c.payment_id),
        )
        .outerjoin(
            INVOICE,
            (INVOICE.c.facility_id == PAYMENT.c.facility_id)
            & (INVOICE.c.id == PAYMENT.c.invoice_id),
        )
        .outerjoin(
            E_INVOICE_SOURCE,
            (E_INVOICE_SOURCE.c.facility_id == RECEIPT.c.facility_id)
            & (E_INVOICE_SOURCE.c.payment_id == RECEIPT.c.payment_id),
        )
        .outerjoin(
            E_INVOICE,
            (E_INVOICE.c.facility_id == E_INVOICE_SOURCE.c.facility_id)
            & (E_INVOICE.c.id == E_INVOICE_SOURCE.c.e_invoice_id),
        )
        .order_by(RECEIPT.c.issued_at, RECEIPT.c.number)
    )


def receipt(row: Row[Any]) -> Receipt:
    return Receipt(
        payment=row.payment_id,
        number=row.number,
        invoice=row.invoice_id,
        invoice_number=row.invoice_number or "",
        applied=vnd(row.applied),
        given_back=vnd(int(row.given_back)),
        issued_at=row.issued_at,
        is_advance=Flag.DEPOSIT in row.flags.split(","),
        is_cancelled=row.document == Document.CANCELLED.value,
        is_taken_back=bool(row.is_taken_back),
        state=None if row.state is None else State(row.state),
        told=row.told or "",
    )


def receipts_of(tx: UnitOfWork, payments: Collection[UUID]) -> list[Receipt]:
    """Read receipts by their payments; one that has no number yet is not among them."""
    statement = receipts().where(
        RECEIPT.c.facility_id == tx.facility, RECEIPT.c.payment_id.in_(list(payments))
    )
    return [receipt(row) for row in tx.execute(statement)]


def sources(tx: UnitOfWork, root: UUID) -> list[Receipt]:
    """Read the receipts of a chain."""
    statement = receipts().where(
        RECEIPT.c.facility_id == tx.facility, E_INVOICE_SOURCE.c.e_invoice_id == root
    )
    return [receipt(row) for row in tx.execute(statement)]


def one(tx: UnitOfWork, e_invoice: UUID) -> EInvoice:
    """Read one. Raises NoEInvoice."""
    row = tx.execute(
        select(E_INVOICE).where(E_INVOICE.c.facility_id == tx.facility, E_INVOICE.c.id == e_invoice)
    ).first()
    if row is None:
        raise NoEInvoice()
    return model(row)


def chain(tx: UnitOfWork, root: UUID) -> Chain:
    """Read a whole chain, oldest first. Raises NoEInvoice."""
    rows = tx.execute(
        select(E_INVOICE)
        .where(E_INVOICE.c.facility_id == tx.facility, E_INVOICE.c.root_id == root)
        .order_by(E_INVOICE.c.made_at, E_INVOICE.c.id)
    ).all()
    if not rows:
        raise NoEInvoice()
    return Chain(tuple(model(row) for row in rows))


def buyer(tx: UnitOfWork, keys: Keys, e_invoice: UUID) -> Buyer:
    sealed = tx.execute(
        select(E_INVOICE.c.buyer_sealed).where(
            E_INVOICE.c.facility_id == tx.facility, E_INVOICE.c.id == e_invoice
        )
    ).scalar_one()
    return Buyer(**json.loads(keys.open("personal", sealed, context=SEALED)))


def add(tx: UnitOfWork, keys: Keys, made: EInvoice, buyer: Buyer) -> None:
    tx.execute(
        insert(E_INVOICE).values(
            facility_id=tx.facility,
            id=made.id,
            kind=made.kind.value,
            invoice_id=made.invoice,
            root_id=made.root,
            corrects_id=made.corrects,
            state=made.state.value,
            amount=made.amount.dong,
            buyer_sealed=sealed(keys, buyer),
            reason=made.reason,
            template="",
            lookup_code="",
            authority_code="",
            told="",
            attempts=0,
            next_at=tx.now(),
            is_trial=made.is_trial,
            made_at=tx.now(),
            made_by=tx.scope.actor,
        )
    )


def add_source(tx: UnitOfWork, e_invoice: UUID, payment: UUID) -> bool:
    """Give a receipt to an e-invoice; False where another has it."""
    return insert_new(tx, E_INVOICE_SOURCE, {"payment_id": payment, "e_invoice_id": e_invoice})


def save(
    tx: UnitOfWork,
    held: EInvoice,
    state: State,
    *,
    told: str = "",
    next_at: datetime | None = None,
    issued: Issued | None = None,
    buyer: bytes | None = None,
    dated_at: datetime | None = None,
) -> bool:
    """Write the state of *held* if it is as it was read; False where another was quicker."""
    values: dict[str, Any] = {"state": state.value, "told": told}
    if next_at is not None:
        values["next_at"] = next_at
    if dated_at is not None:
        values["dated_at"] = dated_at
    if buyer is not None:
        values["buyer_sealed"] = buyer
    if issued is not None:
        values |= {
            "number": issued.number,
            "template": issued.template,
            "lookup_code": issued.lookup_code,
            "authority_code": issued.authority_code,
            "issued_at": tx.now(),
        }
    changed = tx.execute(
        update(E_INVOICE)
        .where(
            E_INVOICE.c.facility_id == tx.facility,
            E_INVOICE.c.id == held.id,
            E_INVOICE.c.state == held.state.value,
            E_INVOICE.c.attempts == held.attempts,
        )
        .values(**values)
    )
    return changed.rowcount == 1


def sealed(keys: Keys, buyer: Buyer) -> bytes:
    told = {
        "name": buyer.name,
        "unit": buyer.unit,
        "tax_code": buyer.tax_code,
        "address": buyer.address,
    }
    return keys.seal("personal", json.dumps(told, ensure_ascii=False), context=SEALED)


def model(row: Row[Any]) -> EInvoice:
    return EInvoice(
        id=row.id,
        kind=Kind(row.kind),
        invoice=row.invoice_id,
        root=row.root_id,
        corrects=row.corrects_id,
        state=State(row.state),
        amount=vnd(row.amount),
        number=row.number or "",
        template=row.template,
        lookup_code=row.lookup_code,
        authority_code=row.authority_code,
        reason=row.reason,
        told=row.told,
        attempts=row.attempts,
        made_at=row.made_at,
        dated_at=row.dated_at,
        issued_at=row.issued_at,
        is_trial=bool(row.is_trial),
    )
