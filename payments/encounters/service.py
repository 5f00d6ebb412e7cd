"""Opens encounters and locks them, before anything they own."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from payments.encounters.rows import ENCOUNTER
from payments.storage.columns import mine, new_id
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

_ONE: Final = select(ENCOUNTER.c.id).where(
    mine(ENCOUNTER), ENCOUNTER.c.id == bindparam("encounter")
)


def open_visit(tx: UnitOfWork, patient: UUID) -> UUID:
    """Open a self-paying visit of *patient*."""
    made = new_id()
    tx.execute(
        insert(ENCOUNTER),
        {
            "facility_id": tx.facility,
            "id": made,
            "patient_id": patient,
            "kind": "visit",
            "state": "open",
            "opened_at": tx.now(),
        },
    )
    return made


def lock(tx: UnitOfWork, encounter: UUID) -> None:
    """Hold the encounter: everything about what it owes waits here."""
    tx.lock(Lock.ENCOUNTER, _ONE, {"mine": tx.facility, "encounter": encounter}).one()
