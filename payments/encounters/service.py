"""Opens, holds and closes encounters."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import insert, select, update

from payments.encounters.rows import ENCOUNTER
from payments.storage.columns import new_id
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork


def open_visit(tx: UnitOfWork, patient: UUID) -> UUID:
    """Open a self-paying visit of *patient*."""
    return _open(tx, patient, "visit")


def open_stay(tx: UnitOfWork, patient: UUID) -> UUID:
    """Open a stay of *patient* (nội trú)."""
    return _open(tx, patient, "stay")


def lock(tx: UnitOfWork, encounter: UUID) -> UUID | None:
    """Hold an encounter until the commit; gives its patient, None where there is none."""
    row = tx.lock(
        Lock.ENCOUNTER,
        select(ENCOUNTER.c.patient_id).where(
            ENCOUNTER.c.facility_id == tx.facility, ENCOUNTER.c.id == encounter
        ),
    ).first()
    return None if row is None else row.patient_id


def close(tx: UnitOfWork, encounter: UUID) -> None:
    """Close a held encounter: nothing more is ordered for it."""
    tx.execute(
        update(ENCOUNTER)
        .where(ENCOUNTER.c.facility_id == tx.facility, ENCOUNTER.c.id == encounter)
        .values(state="closed")
    )


def _open(tx: UnitOfWork, patient: UUID, kind: str) -> UUID:
    made = new_id()
    tx.execute(
        insert(ENCOUNTER),
        {
            "facility_id": tx.facility,
            "id": made,
            "patient_id": patient,
            "kind": kind,
            "state": "open",
            "opened_at": tx.now(),
        },
    )
    return made
