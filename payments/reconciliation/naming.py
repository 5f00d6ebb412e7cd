"""Finds a difference by its id: its account and day, and the name by which it is explained."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from payments.kernel.calendar import HospitalDay
from payments.reconciliation.rows import FINDING
from payments.reconciliation.service import NoFinding
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Named:
    account: str
    day: HospitalDay
    name: str


def finding_of(tx: UnitOfWork, finding: UUID) -> Named:
    """Read where a difference stands. Raises NoFinding."""
    row = tx.execute(
        select(FINDING.c.account, FINDING.c.day, FINDING.c.name).where(
            FINDING.c.facility_id == tx.facility, FINDING.c.id == finding
        )
    ).first()
    if row is None:
        raise NoFinding()
    return Named(row.account, HospitalDay(row.day), row.name)
