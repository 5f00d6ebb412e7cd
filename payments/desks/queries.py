"""Reads cash points and their screens."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, select

from payments.desks.model import CashPoint, Device, NoCashPoint, Shown
from payments.desks.rows import CASH_POINT, CASH_POINT_DISPLAY, DISPLAY_DEVICE
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_ALL: Final = Prepared(select(CASH_POINT).where(mine(CASH_POINT)).order_by(CASH_POINT.c.code))
_ONE: Final = Prepared(
    select(CASH_POINT).where(mine(CASH_POINT), CASH_POINT.c.code == bindparam("code"))
)
_SHOWN: Final = Prepared(
    select(CASH_POINT_DISPLAY).where(
        mine(CASH_POINT_DISPLAY), CASH_POINT_DISPLAY.c.cash_point == bindparam("cash_point")
    )
)
#: What a screen asks each second: two rows by unique keys.
_SHOWN_TO: Final = Prepared(
    select(CASH_POINT_DISPLAY)
    .join(
        DISPLAY_DEVICE,
        (DISPLAY_DEVICE.c.facility_id == CASH_POINT_DISPLAY.c.facility_id)
        & (DISPLAY_DEVICE.c.cash_point == CASH_POINT_DISPLAY.c.cash_point),
    )
    .where(mine(CASH_POINT_DISPLAY), DISPLAY_DEVICE.c.token_hash == bindparam("token_hash"))
)
_PAIRED: Final = select(DISPLAY_DEVICE).where(
    mine(DISPLAY_DEVICE), DISPLAY_DEVICE.c.cash_point.is_not(None)
)
_DEVICES: Final = Prepared(
    _PAIRED.where(DISPLAY_DEVICE.c.cash_point == bindparam("cash_point")).order_by(
        DISPLAY_DEVICE.c.paired_at, DISPLAY_DEVICE.c.id
    )
)
_ALL_DEVICES: Final = Prepared(
    _PAIRED.order_by(DISPLAY_DEVICE.c.cash_point, DISPLAY_DEVICE.c.paired_at, DISPLAY_DEVICE.c.id)
)


def cash_points(tx: UnitOfWork) -> tuple[CashPoint, ...]:
    """List all, closed ones included."""
    return tuple(_cash_point(row) for row in _ALL.all(tx))


def cash_point(tx: UnitOfWork, code: str) -> CashPoint:
    """Read an open one. Raises NoCashPoint."""
    row = _ONE.first(tx, code=code)
    if row is None or not row.is_active:
        raise NoCashPoint()
    return _cash_point(row)


def shown(tx: UnitOfWork, cash_point: str) -> Shown | None:
    """Read what *cash_point* shows; None where there is no such cash point."""
    row = _SHOWN.first(tx, cash_point=cash_point)
    return None if row is None else Shown(row.cash_point, row.version, row.intent_id)


def shown_to(tx: UnitOfWork, token_hash: bytes) -> Shown | None:
    """Read what the screen with this token is to show; None where it is not paired."""
    row = _SHOWN_TO.first(tx, token_hash=token_hash)
    return None if row is None else Shown(row.cash_point, row.version, row.intent_id)


def devices(tx: UnitOfWork, cash_point: str | None = None) -> tuple[Device, ...]:
    """List the paired screens of *cash_point*; of all where it is None."""
    rows = _ALL_DEVICES.all(tx) if cash_point is None else _DEVICES.all(tx, cash_point=cash_point)
    return tuple(Device(row.id, row.cash_point, row.paired_at, row.seen_at) for row in rows)


def _cash_point(row: Any) -> CashPoint:
    return CashPoint(row.code, row.name, row.department_code, row.is_active)
