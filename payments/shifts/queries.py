"""Reads shifts for the screens."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from payments.kernel.money import vnd
from payments.shifts.model import Shift
from payments.shifts.rows import SHIFT
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

OPEN_OF: Final = select(SHIFT).where(
    mine(SHIFT), SHIFT.c.cashier == bindparam("cashier"), SHIFT.c.closed_at.is_(None)
)
_OPEN_OF: Final = Prepared(OPEN_OF)
_OPEN_AT: Final = Prepared(
    select(SHIFT).where(
        mine(SHIFT), SHIFT.c.cash_point == bindparam("cash_point"), SHIFT.c.closed_at.is_(None)
    )
)
_OF_ID: Final = Prepared(select(SHIFT).where(mine(SHIFT), SHIFT.c.id == bindparam("shift")))


def open_of(tx: UnitOfWork, cashier: str) -> Shift | None:
    """Find the open shift of a person; None where there is none."""
    row = _OPEN_OF.first(tx, cashier=cashier)
    return None if row is None else model(row)


def open_at(tx: UnitOfWork, cash_point: str) -> Shift | None:
    """Find who answers for *cash_point* now."""
    row = _OPEN_AT.first(tx, cash_point=cash_point)
    return None if row is None else model(row)


def shift(tx: UnitOfWork, shift_id: UUID) -> Shift | None:
    """Find a shift, open or closed."""
    row = _OF_ID.first(tx, shift=shift_id)
    return None if row is None else model(row)


def model(row: Any) -> Shift:
    return Shift(
        row.id,
        row.cash_point,
        row.cashier,
        vnd(row.opening_float),
        row.opened_at,
        row.closed_at,
    )
