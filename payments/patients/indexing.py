"""
Blind indexes: keyed hashes by which sealed values are found again without being opened.

    name      the whole name, unmarked            NGUYEN VAN THU
    tail      its last two words                  VAN THU
    given     the last word and the year          THU 1958
    identity  the personal identity number        never kept itself
    card      the 10 characters of the insurance number: the letters before it change with the job
    phone     the telephone number                never kept itself

Each hash is stored with the id of its key. A search asks under every key of the ring; a patient
who is written gets the current one. Identity and telephone cannot be hashed anew from what is kept:
they stay findable under their old key for as long as it is in the ring, and move on when the person
comes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import and_, delete, insert, or_, select

from payments.kernel.scope import FacilityId
from payments.keys import Keys
from payments.patients.model import plain_name
from payments.patients.rows import PATIENT_INDEX
from payments.storage.unit_of_work import UnitOfWork

PURPOSE: Final = "lookup"
NAMES: Final = ("name", "tail", "given")
_INSURANCE_NUMBER: Final = 10


def name_terms(name: str, birth_year: int) -> dict[str, str]:
    """Give the terms under which a name is found, by kind."""
    words = plain_name(name).split()
    if not words:
        return {}
    terms = {"name": " ".join(words), "given": f"{words[-1]} {birth_year}"}
    if len(words) > 1:
        terms["tail"] = " ".join(words[-2:])
    return terms


def card_term(card: str) -> str:
    return card[-_INSURANCE_NUMBER:]


def write(tx: UnitOfWork, keys: Keys, patient: UUID, terms: Mapping[str, str]) -> None:
    """Store *terms* (kind → text) of *patient* under the current key, for older ones of the kind"""
    if not terms:
        return
    forget(tx, patient, list(terms))
    add(tx, keys, patient, terms)


def add(tx: UnitOfWork, keys: Keys, patient: UUID, terms: Mapping[str, str]) -> None:
    """Store terms of a patient who has none of these kinds yet."""
    current = keys.current(PURPOSE)
    tx.execute(
        insert(PATIENT_INDEX),
        [
            {
                "facility_id": tx.facility,
                "kind": kind,
                "key_id": current,
                "hash": keys.fingerprint(PURPOSE, _salted(tx.facility, kind, term)),
                "patient_id": patient,
            }
            for kind, term in terms.items()
        ],
    )


def forget(tx: UnitOfWork, patient: UUID, kinds: Sequence[str]) -> None:
    tx.execute(
        delete(PATIENT_INDEX).where(
            PATIENT_INDEX.c.facility_id == tx.facility,
            PATIENT_INDEX.c.patient_id == patient,
            PATIENT_INDEX.c.kind.in_(kinds),
        )
    )


def found(
    tx: UnitOfWork, keys: Keys, terms: Sequence[tuple[str, str]], *, limit: int
) -> dict[UUID, set[str]]:
    """Find patients by any of *terms* (kind, text), the newest first: id → kinds that matched."""
    if not terms:
        return {}
    asked = or_(
        *(
            and_(
                PATIENT_INDEX.c.kind == kind,
                PATIENT_INDEX.c.key_id == number,
                PATIENT_INDEX.c.hash == hashed,
            )
            for kind, term in terms
            for number, hashed in keys.fingerprints(
                PURPOSE, _salted(tx.facility, kind, term)
            ).items()
        )
    )
    rows = tx.execute(
        select(PATIENT_INDEX.c.patient_id, PATIENT_INDEX.c.kind)
        .where(PATIENT_INDEX.c.facility_id == tx.facility, asked)
        .order_by(PATIENT_INDEX.c.patient_id.desc())
        # One row a kind and key at most.
        .limit(limit * len(terms))
    )
    matched: dict[UUID, set[str]] = {}
    for row in rows:
        matched.setdefault(row.patient_id, set()).add(row.kind)
    return dict(list(matched.items())[:limit])


def _salted(facility: FacilityId, kind: str, term: str) -> str:
    """Bind a term to its facility and kind, so that equal hashes tell nothing across them."""
    return f"patient:{facility}:{kind}:{term}"
