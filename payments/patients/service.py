"""Registers the patient of an encounter. The name is sealed; nothing clinical is kept."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from payments.kernel.text import nfc
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

_CONTEXT: Final = "patient.name_sealed"


def register(tx: UnitOfWork, keys: Keys, *, file_number: str, name: str, birth_year: int) -> UUID:
    """Find the patient by the hospital's *file_number*, or add them; the latest name counts."""
    sealed = keys.seal("personal", nfc(name), context=_CONTEXT)
    made = new_id()
    facts = {"name_sealed": sealed, "birth_year": birth_year}
    if insert_new(tx, PATIENT, {"id": made, "file_number": file_number, **facts}):
        return made
    known = (PATIENT.c.facility_id == tx.facility) & (PATIENT.c.file_number == file_number)
    tx.execute(update(PATIENT).where(known).values(**facts))
    found: UUID = tx.execute(select(PATIENT.c.id).where(known)).scalar_one()
    return found


def name_of(keys: Keys, sealed: bytes) -> str:
    return keys.open("personal", sealed, context=_CONTEXT)


def masked(name: str) -> str:
    """Show a name to whoever holds a link: ``NGUYỄN VĂN THỬ`` → ``N*** V*** THỬ``."""
    *family, given = name.split() or [""]
    return " ".join([f"{word[0]}***" for word in family] + [given])
