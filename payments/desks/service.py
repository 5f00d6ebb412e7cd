"""Makes and closes cash points, and says what their screens show."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, update

from payments import audit
from payments.catalogue.rows import DEPARTMENT
from payments.desks.model import CashPoint, CashPointKnown, NoCashPoint, checked_code, checked_name
from payments.desks.rows import CASH_POINT, CASH_POINT_DISPLAY, DISPLAY_DEVICE
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import mine
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

_SHOW: Final = (
    update(CASH_POINT_DISPLAY)
    .where(mine(CASH_POINT_DISPLAY), CASH_POINT_DISPLAY.c.cash_point == bindparam("point"))
    .values(version=CASH_POINT_DISPLAY.c.version + 1, intent_id=bindparam("intent"))
)
#: Only what was seen: a code that somebody shows meanwhile stays.
_CLEAR: Final = (
    update(CASH_POINT_DISPLAY)
    .where(
        mine(CASH_POINT_DISPLAY),
        CASH_POINT_DISPLAY.c.cash_point == bindparam("point"),
        CASH_POINT_DISPLAY.c.version == bindparam("seen"),
    )
    .values(version=CASH_POINT_DISPLAY.c.version + 1, intent_id=None)
)


def add(tx: UnitOfWork, code: str, name: str, *, department: str | None = None) -> CashPoint:
    """
    Add a cash point, which shows nothing yet.

    Raises:
        InvalidField: the code or the name is not acceptable, or the department is unknown.
        CashPointKnown: the code is taken.
    """
    made = CashPoint(checked_code(code), checked_name(name), department, is_active=True)
    if department is not None and not _has_department(tx, department):
        raise InvalidField("department", "cash_point_department")
    values = {
        "code": made.code,
        "name": made.name,
        "department_code": department,
        "is_active": True,
    }
    if not insert_new(tx, CASH_POINT, values):
        raise CashPointKnown(cash_point=made.code)
    insert_new(tx, CASH_POINT_DISPLAY, {"cash_point": made.code, "version": 0, "intent_id": None})
    audit.append(tx, "cash_point.added", f"cash_point:{made.code}")
    return made


def set_active(runtime: Runtime, scope: Scope, code: str, *, is_active: bool) -> None:
    """Open or close a cash point; closing unpairs its screens. Raises NoCashPoint."""
    with runtime.database.transaction(scope) as tx:
        changed = tx.execute(
            update(CASH_POINT)
            .where(CASH_POINT.c.facility_id == tx.facility, CASH_POINT.c.code == code)
            .values(is_active=is_active)
        )
        if not changed.rowcount:
            raise NoCashPoint()
        if not is_active:
            tx.execute(
                delete(DISPLAY_DEVICE).where(
                    DISPLAY_DEVICE.c.facility_id == tx.facility,
                    DISPLAY_DEVICE.c.cash_point == code,
                )
            )
            tx.execute(_SHOW, {"mine": tx.facility, "point": code, "intent": None})
        kind = "cash_point.opened" if is_active else "cash_point.closed"
        audit.append(tx, kind, f"cash_point:{code}")


def show(runtime: Runtime, scope: Scope, cash_point: str, intent: UUID) -> None:
    """
    Let the screens of *cash_point* show *intent*, whatever they showed before.

    They follow its invoice: a code that takes its place is shown without being told.
    """
    told = {"point": cash_point, "intent": intent}
    with runtime.database.transaction(scope) as tx:
        tx.count(_SHOW, {"mine": tx.facility, **told})


def clear(runtime: Runtime, scope: Scope, cash_point: str, *, seen: int) -> None:
    """Take the code away that was shown with version *seen*."""
    with runtime.database.transaction(scope) as tx:
        tx.count(_CLEAR, {"mine": tx.facility, "point": cash_point, "seen": seen})


def _has_department(tx: UnitOfWork, code: str) -> bool:
    found = tx.execute(
        DEPARTMENT.select().where(
            DEPARTMENT.c.facility_id == tx.facility, DEPARTMENT.c.code == code
        )
    )
    return found.first() is not None
