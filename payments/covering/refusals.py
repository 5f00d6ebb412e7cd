"""What the fund refused, and who bears it, as rows and as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, insert, select

from payments.covering.rows import FUND_REFUSAL, REFUSAL_DECISION
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.money import Money, vnd
from payments.storage.unit_of_work import UnitOfWork


class NotClaimed(Conflict):
    """The claim was not sent, or more is refused than was claimed."""

    code = "not-claimed"


class NoRefusal(NotFound):
    code = "no-refused-part"


class NotThePatients(Rejected):
    """The law does not let the patient be charged for this reason."""

    code = "not-the-patients"


class Bearer(StrEnum):
    HOSPITAL = "hospital"
    PATIENT = "patient"


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    A refused amount of one visit; *open* is what nobody has decided about.

    *noted_by* is the person who noted it: another one decides against a patient.
    """

    id: UUID
    encounter: UUID
    amount: Money
    reason_code: str
    notice: str
    noted_by: str
    open: Money


@dataclass(frozen=True, slots=True)
class Decision:
    """Who bears *amount* of a refusal; *reason* is the paper or person behind it."""

    bearer: Bearer
    amount: Money
    reason: str
    key: str


def get(tx: UnitOfWork, refusal: UUID) -> Refusal:
    """Raises NoRefusal."""
    row = tx.execute(
        select(FUND_REFUSAL).where(
            FUND_REFUSAL.c.facility_id == tx.facility, FUND_REFUSAL.c.id == refusal
        )
    ).first()
    if row is None:
        raise NoRefusal()
    return Refusal(
        row.id,
        row.encounter_id,
        vnd(row.amount),
        row.reason_code,
        row.notice,
        row.noted_by,
        vnd(row.amount) - _decided(tx, refusal),
    )


def of_visit(tx: UnitOfWork, encounter: UUID) -> tuple[Refusal, ...]:
    """List what the fund refused of a visit, first first."""
    rows = tx.execute(
        select(FUND_REFUSAL.c.id)
        .where(FUND_REFUSAL.c.facility_id == tx.facility, FUND_REFUSAL.c.encounter_id == encounter)
        .order_by(FUND_REFUSAL.c.id)
    )
    return tuple(get(tx, one) for one in rows.scalars())


def of_key(tx: UnitOfWork, key: str) -> UUID | None:
    found: UUID | None = tx.execute(
        select(FUND_REFUSAL.c.id).where(
            FUND_REFUSAL.c.facility_id == tx.facility, FUND_REFUSAL.c.idem_key == key
        )
    ).scalar()
    return found


def is_decided(tx: UnitOfWork, key: str) -> bool:
    """Say whether the decision of *key* was made before."""
    found = select(REFUSAL_DECISION.c.id).where(
        REFUSAL_DECISION.c.facility_id == tx.facility, REFUSAL_DECISION.c.idem_key == key
    )
    return tx.execute(found).first() is not None


def add(tx: UnitOfWork, refusal: Refusal, txn: UUID, key: str) -> None:
    tx.execute(
        insert(FUND_REFUSAL),
        {
            "facility_id": tx.facility,
            "id": refusal.id,
            "encounter_id": refusal.encounter,
            "amount": refusal.amount.dong,
            "reason_code": refusal.reason_code,
            "notice": refusal.notice,
            "noted_at": tx.now(),
            "noted_by": refusal.noted_by,
            "txn_id": txn,
            "idem_key": key,
        },
    )


def add_decision(
    tx: UnitOfWork, made: UUID, refusal: UUID, decision: Decision, basis: str, txn: UUID
) -> None:
    tx.execute(
        insert(REFUSAL_DECISION),
        {
            "facility_id": tx.facility,
            "id": made,
            "refusal_id": refusal,
            "bearer": decision.bearer.value,
            "amount": decision.amount.dong,
            "reason": decision.reason,
            "legal_basis": basis,
            "decided_at": tx.now(),
            "decided_by": tx.scope.actor,
            "txn_id": txn,
            "idem_key": decision.key,
        },
    )


def _decided(tx: UnitOfWork, refusal: UUID) -> Money:
    total = tx.execute(
        select(func.coalesce(func.sum(REFUSAL_DECISION.c.amount), 0)).where(
            REFUSAL_DECISION.c.facility_id == tx.facility,
            REFUSAL_DECISION.c.refusal_id == refusal,
        )
    ).scalar_one()
    return vnd(int(total))
