"""Finds a patient by the hospital's file number, for programs: no name in full."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.patients.service import masked, name_of
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class MaskedPatient:
    """Enough to see that it is the right person for who knows them, not more."""

    id: UUID
    file_number: str
    masked_name: str
    birth_year: int


def of_file_number(tx: UnitOfWork, keys: Keys, file_number: str) -> MaskedPatient | None:
    """Find whom *file_number* means, of a merged record the one that counts; None for nobody."""
    mine = PATIENT.c.facility_id == tx.facility
    row = tx.execute(select(PATIENT).where(mine, PATIENT.c.file_number == file_number)).first()
    if row is not None and row.merged_into is not None:
        # One step leads to the record that counts: payments.patients.merging sees to it.
        row = tx.execute(select(PATIENT).where(mine, PATIENT.c.id == row.merged_into)).first()
    if row is None:
        return None
    return MaskedPatient(
        row.id, row.file_number, masked(name_of(keys, row.name_sealed)), row.birth_year
    )
