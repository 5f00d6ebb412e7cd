"""The BHYT card that is noted on a patient, opened for those who may see it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from payments.keys import Keys
from payments.patients.queries import person
from payments.patients.rows import PATIENT
from payments.patients.service import CARD
from payments.storage.unit_of_work import UnitOfWork


def card_of(tx: UnitOfWork, keys: Keys, patient: UUID) -> str:
    """
    Open the card that a scan told of a patient, whole or its ten digits; "" where none did.

    Of a merged record it is that of the one that counts.

    Raises:
        NoPatient: this facility has none of that id.
    """
    counts = person(tx, keys, patient).id
    sealed = tx.execute(
        select(PATIENT.c.card_sealed).where(
            PATIENT.c.facility_id == tx.facility, PATIENT.c.id == counts
        )
    ).scalar()
    return "" if sealed is None else keys.open("personal", sealed, context=CARD)
