"""Registers patients in the minimal form: names sealed, numbers hashed, nothing clinical."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, select, update

from payments import audit
from payments.kernel.scope import Scope
from payments.kernel.text import nfc
from payments.keys import Keys
from payments.patients import indexing
from payments.patients.model import (
    Facts,
    FileNumberTaken,
    IdentityTaken,
    NoPatient,
    written,
)
from payments.patients.rows import PATIENT
from payments.runtime import Runtime
from payments.storage.columns import mine, new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

NAME: Final = "patient.name_sealed"
BIRTH: Final = "patient.birth_sealed"
CARD: Final = "patient.card_sealed"
_BY_FILE_NUMBER: Final = select(PATIENT.c.id, PATIENT.c.name_sealed, PATIENT.c.birth_year).where(
    mine(PATIENT), PATIENT.c.file_number == bindparam("file_number")
)


def register(tx: UnitOfWork, keys: Keys, *, file_number: str, name: str, birth_year: int) -> UUID:
    """Find the patient by the hospital's *file_number*, or add them; the latest name counts."""
    made = new_id()
    facts = {
        "name_sealed": keys.seal("personal", nfc(name), context=NAME),
        "birth_year": birth_year,
        "index_key": keys.current(indexing.PURPOSE),
    }
    terms = indexing.name_terms(name, birth_year)
    if insert_new(tx, PATIENT, {"id": made, "file_number": file_number, **facts}):
        indexing.add(tx, keys, made, terms)
        return made
    known = tx.execute(_BY_FILE_NUMBER, {"mine": tx.facility, "file_number": file_number}).one()
    if name_of(keys, known.name_sealed) != nfc(name) or known.birth_year != birth_year:
        _update(tx, known.id, facts)
        indexing.write(tx, keys, known.id, terms)
    found: UUID = known.id
    return found


def admit(runtime: Runtime, scope: Scope, file_number: str, facts: Facts) -> UUID:
    """
    Add a patient with what their card and they themselves told; returns the id.

    Raises:
        FileNumberTaken: the hospital gave this number to somebody; no record is changed.
        IdentityTaken: another record has the identity number or the card.
    """
    assert facts.birth is not None, "a patient has a year of birth at least"
    birth_year = facts.birth.year

    def work(tx: UnitOfWork) -> UUID:
        made = new_id()
        values = {
            "id": made,
            "file_number": file_number,
            "name_sealed": runtime.keys.seal("personal", nfc(facts.name), context=NAME),
            "birth_year": birth_year,
            "index_key": runtime.keys.current(indexing.PURPOSE),
        }
        if not insert_new(tx, PATIENT, values):
            raise FileNumberTaken(f"the file number {file_number} is another patient's")
        indexing.add(tx, runtime.keys, made, indexing.name_terms(facts.name, birth_year))
        _note(tx, runtime.keys, made, facts)
        audit.append(tx, "patient.admitted", f"patient:{made}", told=_told(facts))
        return made

    return runtime.database.run(scope, work)


def identify(runtime: Runtime, scope: Scope, patient: UUID, facts: Facts) -> None:
    """
    Note on a known patient what their card tells: numbers and date of birth, never the name.

    Raises:
        NoPatient: this facility has none of that id.
        IdentityTaken: another record has the identity number or the card.
    """

    def work(tx: UnitOfWork) -> None:
        _one(tx, patient)
        _note(tx, runtime.keys, patient, facts)
        audit.append(tx, "patient.identified", f"patient:{patient}", told=_told(facts))

    runtime.database.run(scope, work)


def _note(tx: UnitOfWork, keys: Keys, patient: UUID, facts: Facts) -> None:
    """Store the numbers of *facts*: hashes, last four digits; card and date of birth sealed."""
    terms: dict[str, str] = {}
    values: dict[str, Any] = {}
    if facts.birth is not None:
        values["birth_sealed"] = keys.seal("personal", written(facts.birth), context=BIRTH)
    if facts.identity:
        terms["identity"] = facts.identity
        values["identity_last4"] = facts.identity[-4:]
    if facts.card:
        terms["card"] = indexing.card_term(facts.card)
        values["card_sealed"] = keys.seal("personal", facts.card, context=CARD)
        values["card_last4"] = facts.card[-4:]
    if facts.phone:
        terms["phone"] = facts.phone
        values["phone_last4"] = facts.phone[-4:]
    # A telephone is a family's; a number on a card is one person's.
    own = [(kind, term) for kind, term in terms.items() if kind != "phone"]
    if set(indexing.found(tx, keys, own, limit=2)) - {patient}:
        raise IdentityTaken("another record has this number")
    if values:
        _update(tx, patient, values)
    indexing.write(tx, keys, patient, terms)


def _told(facts: Facts) -> list[str]:
    """Name what was told, for the audit: kinds, never values."""
    kinds = ("birth", "identity", "card", "phone")
    return [kind for kind in kinds if getattr(facts, kind)]


def _one(tx: UnitOfWork, patient: UUID) -> Row[Any]:
    row = tx.execute(
        select(PATIENT.c.id).where(PATIENT.c.facility_id == tx.facility, PATIENT.c.id == patient)
    ).first()
    if row is None:
        raise NoPatient("no such patient")
    return row


def _update(tx: UnitOfWork, patient: UUID, values: dict[str, Any]) -> None:
    here = (PATIENT.c.facility_id == tx.facility) & (PATIENT.c.id == patient)
    tx.execute(update(PATIENT).where(here).values(**values))


def name_of(keys: Keys, sealed: bytes) -> str:
    return keys.open("personal", sealed, context=NAME)


def masked(name: str) -> str:
    """Show a name to whoever holds a link: ``NGUYỄN VĂN THỬ`` → ``N*** V*** THỬ``."""
    *family, given = name.split() or [""]
    return " ".join([f"{word[0]}***" for word in family] + [given])
