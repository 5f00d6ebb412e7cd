"""Holds an encounter and its invoice, in the one lock order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments.covering.model import NoInsuredVisit
from payments.covering.rows import INSURED_VISIT
from payments.encounters.rows import ENCOUNTER
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.invoicing.rows import INVOICE
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

#: Ids of one question to the database.
_ASKED_AT_ONCE: Final = 500


def hold(tx: UnitOfWork, encounter: UUID) -> Invoice | None:
    """
    Hold *encounter* until the commit, and its invoice where it has one.

    An insured encounter has one settlement invoice (decision 13 of the house).

    Raises:
        NoInsuredVisit: this facility has no such encounter.
    """
    row = tx.lock(
        Lock.ENCOUNTER,
        select(ENCOUNTER.c.id).where(
            ENCOUNTER.c.facility_id == tx.facility, ENCOUNTER.c.id == encounter
        ),
    ).first()
    if row is None:
        raise NoInsuredVisit()
    found = invoice_of(tx, encounter)
    return None if found is None else invoices.lock(tx, found)


def invoice_of(tx: UnitOfWork, encounter: UUID) -> UUID | None:
    """Name the invoice of an encounter; None while it has none."""
    found: UUID | None = tx.execute(
        select(INVOICE.c.id)
        .where(
            INVOICE.c.facility_id == tx.facility,
            INVOICE.c.encounter_id == encounter,
        )
        .order_by(INVOICE.c.issued_at, INVOICE.c.id)
        .limit(1)
    ).scalar()
    return found


def encounters_of(tx: UnitOfWork, claims: Sequence[UUID]) -> dict[UUID, UUID]:
    """Name the encounters behind *claims*; visits that are covered elsewhere are left out."""
    found: dict[UUID, UUID] = {}
    for start in range(0, len(claims), _ASKED_AT_ONCE):
        rows = tx.execute(
            select(INSURED_VISIT.c.claim_id, INSURED_VISIT.c.encounter_id).where(
                INSURED_VISIT.c.facility_id == tx.facility,
                INSURED_VISIT.c.claim_id.in_(claims[start : start + _ASKED_AT_ONCE]),
            )
        )
        found |= {row.claim_id: row.encounter_id for row in rows}
    return found
