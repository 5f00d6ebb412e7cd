"""Opens encounters."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import insert

from payments.encounters.rows import ENCOUNTER
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


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
