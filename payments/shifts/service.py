"""Opens shifts, and holds the open one of whoever takes cash."""

from __future__ import annotations

from payments import audit
from payments.desks.model import is_code
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.shifts import queries
from payments.shifts.handover import HandoverWaits
from payments.shifts.handovers import float_waiting
from payments.shifts.model import (
    FLOAT_MAX,
    CashPointTaken,
    NoShift,
    Shift,
    ShiftOpen,
)
from payments.shifts.rows import SHIFT
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork


def open_shift(runtime: Runtime, scope: Scope, *, cash_point: str, opening_float: Money) -> Shift:
    """
    Let the person of *scope* answer for the notes of *cash_point*; a second click changes nothing.

    Unique keys see to one open shift per person and per cash point, whoever else clicks meanwhile.

    Raises:
        InvalidField: no code of a cash point, or a float that no desk has.
        ShiftOpen: the person has an open shift at another cash point.
        CashPointTaken: somebody else has one here.
        HandoverWaits: change for this cash point was handed over and is not counted yet.
    """
    if not is_code(cash_point):
        raise InvalidField("cash_point", "cash_point")
    if not ZERO <= opening_float <= FLOAT_MAX:
        raise InvalidField("opening_float", "opening_float", most=FLOAT_MAX)

    def work(tx: UnitOfWork) -> Shift:
        if float_waiting(tx, cash_point) is not None:
            raise HandoverWaits()
        return begin(tx, cash_point, opening_float)

    return runtime.database.run(scope, work)


def lock_open(tx: UnitOfWork) -> Shift:
    """
    Hold the open shift of this person until the commit; before the invoice, in the one order.

    Raises:
        NoShift: the person has none.
    """
    shift = lock_if_open(tx)
    if shift is None:
        raise NoShift()
    return shift


def lock_if_open(tx: UnitOfWork) -> Shift | None:
    """Hold the open shift of this person, where there is one."""
    told = {"mine": tx.facility, "cashier": tx.scope.actor}
    row = tx.lock(Lock.SHIFT, queries.OPEN_OF, told).first()
    return None if row is None else queries.model(row)


def begin(tx: UnitOfWork, cash_point: str, opening_float: Money) -> Shift:
    """Open it inside a running transaction. Raises ShiftOpen, CashPointTaken."""
    made = Shift(new_id(), cash_point, tx.scope.actor, opening_float, tx.now())
    values = {
        "id": made.id,
        "cash_point": made.cash_point,
        "cashier": made.cashier,
        "opening_float": made.opening_float.dong,
        "opened_at": made.opened_at,
        "closed_at": None,
    }
    if insert_new(tx, SHIFT, values):
        audit.append(
            tx,
            "shift.opened",
            f"shift:{made.id}",
            cash_point=cash_point,
            opening_float=opening_float.dong,
        )
        return made
    own = queries.open_of(tx, tx.scope.actor)
    if own is None:
        raise CashPointTaken(cash_point=cash_point)
    if own.cash_point != cash_point:
        raise ShiftOpen(cash_point=own.cash_point)
    return own
