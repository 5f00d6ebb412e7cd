"""Hands notes over: they stay the giver's until another person has counted them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from payments import audit
from payments.desks.model import is_code
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO
from payments.kernel.scope import Scope
from payments.kernel.text import is_line
from payments.numbering import service as numbering
from payments.runtime import Runtime
from payments.shifts import handovers, queries
from payments.shifts.handover import (
    BAG_MAX,
    Giving,
    Handover,
    HandoverWaits,
    Kind,
    State,
    TooLittleToHandOver,
)
from payments.shifts.model import COUNTED_MAX, NoShift, Shift
from payments.shifts.rows import HANDOVER, SHIFT
from payments.storage.columns import mine, new_id
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

#: Series of the papers: giao quỹ.
SERIES: Final = "GQ"
_SHIFTS: Final = (
    select(SHIFT)
    .where(mine(SHIFT), SHIFT.c.id.in_(bindparam("shifts", expanding=True)))
    .order_by(SHIFT.c.id)
)
_OF_KEY: Final = select(HANDOVER).where(mine(HANDOVER), HANDOVER.c.idem_key == bindparam("key"))


def give(runtime: Runtime, scope: Scope, asked: Giving) -> Handover:
    """
    Say that the notes are on their way; from now on the shift cannot close until they are counted.

    Also after the shift was closed: then its takings go to the safe and its change to the next.

    Raises:
        NoShift: the shift is not this person's.
        InvalidField: no amount, no cash point, the drawer's own one while it is open, or a bag's
            number that nobody can read.
        TooLittleToHandOver: the books say that less lies in the drawer.
        HandoverWaits: an earlier one of this kind, or another for that cash point, still waits.
    """
    if not ZERO < asked.amount <= COUNTED_MAX:
        raise InvalidField("amount", "handover_amount")
    if len(asked.bag) > BAG_MAX or (asked.bag and not is_line(asked.bag)):
        raise InvalidField("bag", "bag", most=BAG_MAX)
    return runtime.database.run(scope, lambda tx: _give(tx, asked))


def lock_shifts(tx: UnitOfWork, *shifts: UUID) -> tuple[Shift, ...]:
    """Hold shifts, open or closed, by their ids."""
    told = {"mine": tx.facility, "shifts": shifts}
    return tuple(queries.model(row) for row in tx.lock(Lock.SHIFT, _SHIFTS, told))


def _give(tx: UnitOfWork, asked: Giving) -> Handover:
    [shift] = lock_shifts(tx, asked.shift) or (None,)
    if shift is None or shift.cashier != tx.scope.actor:
        raise NoShift()
    known = tx.execute(_OF_KEY, {"mine": tx.facility, "key": asked.key}).first()
    if known is not None:
        return handovers.model(known)
    to = _place(shift, asked)
    _refuse_what_waits(tx, shift, asked.kind, to)
    lies = (handovers.float_of if asked.kind is Kind.FLOAT else handovers.takings_of)(tx, shift)
    if asked.amount > lies:
        raise TooLittleToHandOver(most=max(lies, ZERO))
    made = new_id()
    values = {
        "id": made,
        "shift_id": shift.id,
        "kind": asked.kind.value,
        "cash_point": to,
        "slip": numbering.take(tx, SERIES, f"handover:{made}"),
        "bag": asked.bag,
        "amount": asked.amount.dong,
        "made_at": tx.now(),
        "made_by": tx.scope.actor,
        "idem_key": asked.key,
        "state": State.WAITING.value,
        "reason": "",
        "opens": False,
    }
    if not insert_new(tx, HANDOVER, values):
        raise HandoverWaits()
    audit.append(
        tx,
        "handover.given",
        f"handover:{made}",
        shift=str(shift.id),
        to=asked.kind.value,
        cash_point=to,
        slip=values["slip"],
        amount=asked.amount.dong,
    )
    return handovers.handover(tx, made)


def _place(shift: Shift, asked: Giving) -> str:
    if asked.kind is Kind.SAFE:
        return shift.cash_point
    is_own = asked.cash_point == shift.cash_point and not shift.is_closed
    if not is_code(asked.cash_point) or is_own:
        raise InvalidField("cash_point", "handover_point")
    return asked.cash_point


def _refuse_what_waits(tx: UnitOfWork, shift: Shift, kind: Kind, to: str) -> None:
    own = [one for one in handovers.of_shift(tx, shift.id) if one.is_waiting and one.kind is kind]
    other = handovers.float_waiting(tx, to) if kind is Kind.FLOAT else None
    if own or other is not None:
        raise HandoverWaits()
