"""Writes a new invoice: the row, its lines, and what is told of it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert

from payments import audit
from payments.invoicing import repository
from payments.invoicing.model import Invoice, Line
from payments.invoicing.rows import INVOICE
from payments.invoicing.telling import tell_issued
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Making:
    """What of an invoice is no amount: the click that made it, and the entry that booked it."""

    key: str
    sha256: bytes
    #: None where there was nothing to book.
    txn: UUID | None


def add(tx: UnitOfWork, made: Invoice, lines: Sequence[Line], how: Making) -> None:
    """Write an issued invoice in the running transaction, in which it was booked."""
    tx.execute(
        insert(INVOICE),
        {
            "facility_id": tx.facility,
            "id": made.id,
            "encounter_id": made.encounter,
            "number": made.number,
            "document": made.document.value,
            "version": made.version,
            "total": made.total.dong,
            "credited": made.credited.dong,
            "covered": made.covered.dong,
            "paid": made.paid.dong,
            "refunded": made.refunded.dong,
            "pay_token": secrets.token_urlsafe(16),
            "idem_key": how.key,
            "request_sha256": how.sha256,
            "issued_at": tx.now(),
            "issue_txn_id": how.txn,
            "cancel_reason": "",
            "made_by": tx.scope.actor,
        },
    )
    repository.add_lines(tx, made.id, lines)
    told = {"number": made.number, "total": made.total.dong}
    if made.covered:
        told["covered"] = made.covered.dong
    audit.append(tx, "invoice.issued", f"invoice:{made.id}", **told)
    tell_issued(tx, made)
