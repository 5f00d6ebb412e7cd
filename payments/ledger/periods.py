"""
Periods: one per hospital day; a closed day takes no more postings (I13).

    open ──start_closing──▶ closing ──close_day──▶ closed
      └──────────────────close_day───────────────────┘

A posting makes the period of its day when it is missing. What comes late for a day that is not
open any more is booked on the first open day after it; ``effective_at`` still tells when it was.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from payments.kernel.calendar import HospitalDay
from payments.ledger.rows import PERIOD
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

OPEN: Final = "open"
CLOSING: Final = "closing"
CLOSED: Final = "closed"


def state(tx: UnitOfWork, day: HospitalDay) -> str:
    """Tell ``open``, ``closing`` or ``closed``; a day without a period is open."""
    found = tx.execute(select(PERIOD.c.state).where(*_is(tx, day))).scalar()
    return OPEN if found is None else str(found)


def start_closing(tx: UnitOfWork, day: HospitalDay) -> None:
    """Let *day* take no more postings while people look it through; waits for those that run."""
    if _locked(tx, day) == OPEN:
        _set(tx, day, CLOSING)


def close_day(tx: UnitOfWork, day: HospitalDay) -> None:
    """
    Close *day* for good. Waits for the postings that run; each is in the day or in a later one.

    The row is locked first: a plain UPDATE of the state does not wait for the key share that a
    posting holds.
    """
    if _locked(tx, day) != CLOSED:
        _set(tx, day, CLOSED)


def first_open(tx: UnitOfWork, day: HospitalDay) -> HospitalDay:
    """Find the first open day on or after *day*, and make its period when it is missing."""
    taken = set(
        tx.execute(
            select(PERIOD.c.id).where(
                PERIOD.c.facility_id == tx.facility,
                PERIOD.c.id >= day.period_id,
                PERIOD.c.state != OPEN,
            )
        ).scalars()
    )
    while day.period_id in taken:
        day = day.plus(1)
    _ensure(tx, day)
    return day


def hold_share(tx: UnitOfWork) -> None:
    """
    Note in the lock order that the period row is held.

    The posting statement takes it FOR KEY SHARE by itself, in the same round trip.

    Raises:
        LockOrderBroken: a kind that comes later in the one order is already held.
    """
    tx.holding(Lock.PERIOD)


def _locked(tx: UnitOfWork, day: HospitalDay) -> str:
    _ensure(tx, day)
    return str(tx.lock(Lock.PERIOD_CLOSE, select(PERIOD.c.state).where(*_is(tx, day))).scalar_one())


def _set(tx: UnitOfWork, day: HospitalDay, new: str) -> None:
    tx.execute(update(PERIOD).where(*_is(tx, day)).values(state=new))


def _ensure(tx: UnitOfWork, day: HospitalDay) -> None:
    insert = postgresql.insert if tx.is_postgres else sqlite.insert
    tx.execute(
        insert(PERIOD)
        .values(
            facility_id=tx.facility,
            id=day.period_id,
            starts_on=day.date,
            ends_on=day.date,
            state=OPEN,
        )
        .on_conflict_do_nothing()
    )


def _is(tx: UnitOfWork, day: HospitalDay) -> tuple[Any, Any]:
    return PERIOD.c.facility_id == tx.facility, PERIOD.c.id == day.period_id
