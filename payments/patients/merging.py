"""
Two records of one person: a person says so, and which one counts from now on.

Both records stay with their numbers; the one leads to the other. No invoice, payment or posting is
touched: what was written on a paper stays what the books say.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from payments import audit
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.patients.model import CannotMerge, NoPatient
from payments.patients.rows import PATIENT
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


class Reason(StrEnum):
    """Why two records are one person; a free text would bring names into the audit."""

    SAME_IDENTITY = "same_identity"
    PERSON_SAYS_SO = "person_says_so"
    TYPED_TWICE = "typed_twice"


def reason_of(text: str) -> Reason:
    """Read the chosen reason. Raises InvalidField."""
    try:
        return Reason(text)
    except ValueError:
        raise InvalidField("reason", "merge_reason") from None


def merge(runtime: Runtime, scope: Scope, duplicate: UUID, into: UUID, reason: Reason) -> None:
    """
    Let *duplicate*, and all that was merged into it before, lead to *into*.

    Raises:
        NoPatient: one of the two is not there.
        CannotMerge: they are one already, or one of them leads elsewhere.
    """

    def work(tx: UnitOfWork) -> None:
        _hold(tx, {duplicate, into})
        first, second = _one(tx, duplicate), _one(tx, into)
        if duplicate == into or first.merged_into or second.merged_into:
            raise CannotMerge("merge a record that counts into another that counts")
        # One step leads to the record that counts, however often a person was merged.
        leads_here = (PATIENT.c.id == duplicate) | (PATIENT.c.merged_into == duplicate)
        tx.execute(
            update(PATIENT)
            .where(PATIENT.c.facility_id == tx.facility, leads_here)
            .values(merged_into=into)
        )
        audit.append(
            tx, "patient.merged", f"patient:{duplicate}", into=str(into), reason=reason.value
        )

    runtime.database.run(scope, work)


def _hold(tx: UnitOfWork, patients: set[UUID]) -> None:
    """Hold both rows by id: of two that merge them crosswise, one comes second and sees it."""
    for patient in sorted(patients):
        tx.execute(
            update(PATIENT)
            .where(PATIENT.c.facility_id == tx.facility, PATIENT.c.id == patient)
            .values(merged_into=PATIENT.c.merged_into)
        )


def _one(tx: UnitOfWork, patient: UUID) -> Row[Any]:
    row = tx.execute(
        select(PATIENT.c.id, PATIENT.c.merged_into).where(
            PATIENT.c.facility_id == tx.facility, PATIENT.c.id == patient
        )
    ).first()
    if row is None:
        raise NoPatient("no such patient")
    return row
