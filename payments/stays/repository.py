"""Stays as rows, and the advances of an encounter."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, func, insert, select, update

from payments.encounters import service as encounters
from payments.kernel.money import Money, vnd
from payments.ledger.model import Subject
from payments.ledger.posting_rules.money import DEPOSITS
from payments.ledger.queries import subject_balance
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.stays.model import Cost, Deposit, NoStay, Stay
from payments.stays.rows import DEPOSIT, STAY, STAY_ALERT, STAY_COST
from payments.stays.status import State
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_ONE: Final = Prepared(select(STAY).where(mine(STAY), STAY.c.encounter_id == bindparam("stay")))
_COST: Final = Prepared(
    select(STAY_COST)
    .where(mine(STAY_COST), STAY_COST.c.encounter_id == bindparam("stay"))
    .order_by(STAY_COST.c.number.desc())
    .limit(1)
)


def add(tx: UnitOfWork, stay: Stay, key: str) -> None:
    values = {
        "facility_id": tx.facility,
        "encounter_id": stay.encounter,
        "patient_id": stay.patient,
        "number": stay.number,
        "department": stay.department,
        "external_id": stay.external_id,
        "admitted_at": stay.admitted_at,
        "admitted_by": tx.scope.actor,
        "state": stay.state.value,
        "watch_level": stay.watch_level,
        "token": stay.token,
        "closed_at": None,
        "closed_by": None,
        "heir_document": "",
        "idem_key": key,
    }
    tx.execute(insert(STAY), values)


def save(tx: UnitOfWork, stay: Stay) -> None:
    """Write back what of a held stay may change."""
    tx.execute(
        update(STAY)
        .where(STAY.c.facility_id == tx.facility, STAY.c.encounter_id == stay.encounter)
        .values(
            department=stay.department,
            state=stay.state.value,
            watch_level=stay.watch_level,
            closed_at=stay.closed_at,
            closed_by=tx.scope.actor if stay.closed_at is not None else None,
            heir_document=stay.heir_document,
        )
    )


def read(tx: UnitOfWork, encounter: UUID) -> Stay:
    """Read a stay without holding it. Raises NoStay."""
    row = _ONE.first(tx, stay=encounter)
    if row is None:
        raise NoStay()
    return model(row)


def find(tx: UnitOfWork, encounter: UUID) -> Stay | None:
    """Read the stay of an encounter; None where it is a visit."""
    row = _ONE.first(tx, stay=encounter)
    return None if row is None else model(row)


def lock(tx: UnitOfWork, encounter: UUID) -> Stay:
    """Hold a stay by its encounter until the commit. Raises NoStay."""
    encounters.lock(tx, encounter)
    return read(tx, encounter)


def of_key(tx: UnitOfWork, key: str) -> Stay | None:
    return _first(tx, STAY.c.idem_key == key)


def of_token(tx: UnitOfWork, token: str) -> Stay | None:
    return _first(tx, STAY.c.token == token)


def of_name(tx: UnitOfWork, name: str) -> Stay | None:
    """Find a stay by our number, or by what the hospital's system calls it."""
    return _first(tx, STAY.c.number == name) or _first(
        tx, (STAY.c.external_id == name) & (STAY.c.external_id != "")
    )


def open_of(tx: UnitOfWork, patients: tuple[UUID, ...]) -> Stay | None:
    """Find the open stay of a person, under any of the records that are this person."""
    return _first(tx, STAY.c.patient_id.in_(patients) & (STAY.c.state == State.OPEN.value))


def deposit_of(tx: UnitOfWork, encounter: UUID) -> Money:
    """Say what an encounter has as an advance, by the ledger itself (2000)."""
    return -subject_balance(tx, DEPOSITS, Subject("encounter", encounter))


def deposits(tx: UnitOfWork, encounter: UUID) -> tuple[Deposit, ...]:
    """List the advances of an encounter, first first; *returned* is left to who gives back."""
    rows = tx.execute(
        select(
            PAYMENT.c.id,
            PAYMENT.c.method,
            PAYMENT.c.received_at,
            DEPOSIT.c.amount,
            RECEIPT.c.number,
        )
        .join(
            DEPOSIT,
            (DEPOSIT.c.facility_id == PAYMENT.c.facility_id)
            & (DEPOSIT.c.payment_id == PAYMENT.c.id),
        )
        .outerjoin(
            RECEIPT,
            (RECEIPT.c.facility_id == PAYMENT.c.facility_id)
            & (RECEIPT.c.payment_id == PAYMENT.c.id),
        )
        .where(PAYMENT.c.facility_id == tx.facility, DEPOSIT.c.encounter_id == encounter)
        .order_by(PAYMENT.c.received_at, PAYMENT.c.id)
    )
    return tuple(
        Deposit(row.id, row.method, vnd(row.amount), vnd(0), row.received_at, row.number)
        for row in rows
    )


def encounter_of_deposit(tx: UnitOfWork, payment: UUID) -> UUID | None:
    """Name the encounter whose advance a payment is; None where it is none."""
    found: UUID | None = tx.execute(
        select(DEPOSIT.c.encounter_id).where(
            DEPOSIT.c.facility_id == tx.facility, DEPOSIT.c.payment_id == payment
        )
    ).scalar()
    return found


def cost(tx: UnitOfWork, encounter: UUID) -> Cost | None:
    """Give what a stay has cost so far by the newest word of its feed; None before the first."""
    row = _COST.first(tx, stay=encounter)
    return None if row is None else Cost(vnd(row.total), vnd(row.own), row.told_at, row.source)


def next_number(tx: UnitOfWork, table: Any, encounter: UUID) -> int:
    """Number the next row of a held stay in *table*."""
    last = tx.execute(
        select(func.coalesce(func.max(table.c.number), 0)).where(
            table.c.facility_id == tx.facility, table.c.encounter_id == encounter
        )
    ).scalar_one()
    return int(last) + 1


def _first(tx: UnitOfWork, wanted: Any) -> Stay | None:
    row = tx.execute(_all(tx).where(wanted)).first()
    return None if row is None else model(row)


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(STAY).where(STAY.c.facility_id == tx.facility)


def model(row: Row[Any] | Any) -> Stay:
    return Stay(
        row.encounter_id,
        row.patient_id,
        row.number,
        row.department,
        row.external_id,
        row.admitted_at,
        State(row.state),
        row.watch_level,
        row.token,
        row.closed_at,
        row.heir_document,
    )


def end_alerts(tx: UnitOfWork, encounter: UUID) -> None:
    """End what waits to be told of a held stay: nobody calls this family any more."""
    tx.execute(
        update(STAY_ALERT)
        .where(
            STAY_ALERT.c.facility_id == tx.facility,
            STAY_ALERT.c.encounter_id == encounter,
            STAY_ALERT.c.told_at.is_(None),
        )
        .values(told_by=tx.scope.actor, told_at=tx.now())
    )
