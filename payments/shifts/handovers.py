"""Reads hand-overs, and what of a drawer may still be handed over."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select

from payments.kernel.money import Money, vnd
from payments.ledger import Subject, queries
from payments.shifts.handover import Handover, Kind, NoHandover, State
from payments.shifts.model import Shift
from payments.shifts.rows import HANDOVER
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: As many as the safe's list shows of those that are dealt with.
RECENT: Final = 50
_OF_ID: Final = Prepared(select(HANDOVER).where(mine(HANDOVER), HANDOVER.c.id == bindparam("id")))
_OF_SHIFT: Final = Prepared(
    select(HANDOVER)
    .where(mine(HANDOVER), HANDOVER.c.shift_id == bindparam("shift"))
    .order_by(HANDOVER.c.id)
)
_IS_WAITING: Final = and_(mine(HANDOVER), HANDOVER.c.state == "waiting")
_FOR_POINT: Final = Prepared(
    select(HANDOVER).where(
        _IS_WAITING, HANDOVER.c.kind == "float", HANDOVER.c.cash_point == bindparam("cash_point")
    )
)
_FOR_SAFE: Final = (
    select(HANDOVER).where(mine(HANDOVER), HANDOVER.c.kind == "safe").order_by(HANDOVER.c.id.desc())
)
#: Change that came into a drawer or left it; what opened a shift is its opening float.
_MOVED: Final = select(
    func.coalesce(
        func.sum(HANDOVER.c.amount).filter(
            HANDOVER.c.to_shift == bindparam("shift"), ~HANDOVER.c.opens
        ),
        0,
    ).label("came"),
    func.coalesce(
        func.sum(HANDOVER.c.amount).filter(HANDOVER.c.shift_id == bindparam("shift")), 0
    ).label("went"),
).where(
    mine(HANDOVER),
    HANDOVER.c.kind == "float",
    HANDOVER.c.state == "accepted",
    or_(HANDOVER.c.to_shift == bindparam("shift"), HANDOVER.c.shift_id == bindparam("shift")),
)


def handover(tx: UnitOfWork, handover_id: UUID) -> Handover:
    """Find one. Raises NoHandover."""
    row = _OF_ID.first(tx, id=handover_id)
    if row is None:
        raise NoHandover()
    return model(row)


def of_shift(tx: UnitOfWork, shift: UUID) -> tuple[Handover, ...]:
    """List what the drawer of *shift* has handed over, first first."""
    return tuple(model(row) for row in _OF_SHIFT.all(tx, shift=shift))


def float_waiting(tx: UnitOfWork, cash_point: str) -> Handover | None:
    """Find the change that waits to be counted by whoever works at *cash_point* next."""
    row = _FOR_POINT.first(tx, cash_point=cash_point)
    return None if row is None else model(row)


def for_safe(tx: UnitOfWork, *, limit: int = RECENT) -> tuple[Handover, ...]:
    """List takings for the safe, those that wait first, then the newest."""
    waiting = _FOR_SAFE.where(HANDOVER.c.state == "waiting")
    dealt_with = _FOR_SAFE.where(HANDOVER.c.state != "waiting").limit(limit)
    told = {"mine": tx.facility}
    rows = (*tx.execute(waiting, told), *tx.execute(dealt_with, told))
    return tuple(model(row) for row in rows)


def float_of(tx: UnitOfWork, shift: Shift) -> Money:
    """Sum the change that the drawer holds: what it began with, and what came and went since."""
    moved = tx.execute(_MOVED, {"mine": tx.facility, "shift": shift.id}).one()
    return shift.opening_float + vnd(int(moved.came)) - vnd(int(moved.went))


def takings_of(tx: UnitOfWork, shift: Shift) -> Money:
    """Give what the books have of the notes that patients paid into this drawer (account 1000)."""
    return queries.subject_balance(tx, "1000", Subject("shift", shift.id))


def model(row: Any) -> Handover:
    return Handover(
        row.id,
        row.shift_id,
        Kind(row.kind),
        row.cash_point,
        row.slip,
        row.bag,
        vnd(row.amount),
        State(row.state),
        row.made_at,
        row.made_by,
        None if row.counted is None else vnd(row.counted),
        row.reason,
        row.answered_at,
        row.answered_by,
    )
