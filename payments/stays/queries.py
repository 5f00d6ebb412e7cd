"""Reads the open stays for the list at the desk: whoever needs a word with the family first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from payments.kernel.money import Money
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.patients.service import name_of
from payments.stays import repository
from payments.stays.model import Cost, Stay
from payments.stays.rows import STAY, STAY_ALERT
from payments.stays.status import State
from payments.storage.unit_of_work import UnitOfWork

#: More than a ward round reads; those that need a word come first.
LIST_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class StayRow:
    stay: Stay
    patient_name: str
    file_number: str
    cost: Cost | None
    advance: Money
    #: An alert that nobody has passed on to the family.
    is_untold: bool


def open_stays(tx: UnitOfWork, keys: Keys) -> tuple[StayRow, ...]:
    """List the open stays: used-up advances first, then the longest in hospital."""
    rows = tx.execute(
        select(STAY, PATIENT.c.name_sealed, PATIENT.c.file_number)
        .join(
            PATIENT,
            (PATIENT.c.facility_id == STAY.c.facility_id) & (PATIENT.c.id == STAY.c.patient_id),
        )
        .where(STAY.c.facility_id == tx.facility, STAY.c.state == State.OPEN.value)
        .order_by(STAY.c.watch_level.desc(), STAY.c.encounter_id)
        .limit(LIST_MAX)
    ).all()
    untold = untold_of(tx)
    return tuple(
        StayRow(
            repository.model(row),
            name_of(keys, row.name_sealed),
            row.file_number,
            repository.cost(tx, row.encounter_id),
            repository.deposit_of(tx, row.encounter_id),
            row.encounter_id in untold,
        )
        for row in rows
    )


def untold_of(tx: UnitOfWork) -> frozenset[UUID]:
    """Name the stays with an alert that nobody has passed on."""
    rows = tx.execute(
        select(STAY_ALERT.c.encounter_id)
        .where(STAY_ALERT.c.facility_id == tx.facility, STAY_ALERT.c.told_at.is_(None))
        .group_by(STAY_ALERT.c.encounter_id)
        .having(func.count() > 0)
    )
    return frozenset(rows.scalars())
