"""Counts notes that another person hands over: accepted as a whole, or refused with the count."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, update

from payments import audit
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules.cash import till_to_safe
from payments.runtime import Runtime
from payments.shifts import handovers, queries
from payments.shifts.closing import REASON_MAX, REASON_MIN
from payments.shifts.giving import lock_shifts
from payments.shifts.handover import Handover, HandoverDealtWith, Kind, OwnHandover, State
from payments.shifts.model import COUNTED_MAX, ShiftOpen
from payments.shifts.rows import HANDOVER
from payments.shifts.service import begin
from payments.storage.columns import mine
from payments.storage.unit_of_work import UnitOfWork

_ANSWER: Final = (
    update(HANDOVER)
    .where(mine(HANDOVER), HANDOVER.c.id == bindparam("this"), HANDOVER.c.state == "waiting")
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "state",
                "counted",
                "reason",
                "answered_at",
                "answered_by",
                "to_shift",
                "opens",
                "txn_id",
            )
        }
    )
)


def accept(runtime: Runtime, scope: Scope, handover: UUID, counted: Money) -> Handover:
    """
    Take notes over that were counted and found right; a second click changes nothing.

    Takings lie in the safe from now on (P40). Change belongs to the drawer of this person, whose
    shift opens with it at that cash point where none is open.

    Raises:
        NoHandover, HandoverDealtWith, OwnHandover: see there.
        InvalidField: another sum was counted: refuse it, or let the giver count again.
        ShiftOpen: this person works at another cash point.
        CashPointTaken: somebody else works at that one.
    """

    def work(tx: UnitOfWork) -> Handover:
        held, is_again = _hold(tx, handover, State.ACCEPTED)
        if is_again:
            return held
        if counted != held.amount:
            raise InvalidField("counted", "handover_counted", amount=held.amount)
        answer = _into_safe(tx, held) if held.kind is Kind.SAFE else _into_drawer(tx, held)
        return _answer(tx, held, State.ACCEPTED, counted=counted, **answer)

    return runtime.database.run(scope, work)


def refuse(runtime: Runtime, scope: Scope, handover: UUID, counted: Money, why: str) -> Handover:
    """
    Send notes back to their giver, who answers for them as before; the count and *why* are kept.

    Raises:
        NoHandover, HandoverDealtWith, OwnHandover: see there.
        InvalidField: no reason, or a sum that no drawer holds.
    """
    if not ZERO <= counted <= COUNTED_MAX:
        raise InvalidField("counted", "counted", most=COUNTED_MAX)
    if not REASON_MIN <= len(why) <= REASON_MAX:
        raise InvalidField("reason", "reason", least=REASON_MIN, most=REASON_MAX)

    def work(tx: UnitOfWork) -> Handover:
        held, is_again = _hold(tx, handover, State.REFUSED)
        if is_again:
            return held
        return _answer(tx, held, State.REFUSED, counted=counted, reason=why)

    return runtime.database.run(scope, work)


def withdraw(runtime: Runtime, scope: Scope, handover: UUID) -> Handover:
    """
    Take back what nobody has counted yet; only its giver may.

    Raises:
        NoHandover, HandoverDealtWith: see there.
        OwnHandover: it is another person's.
    """

    def work(tx: UnitOfWork) -> Handover:
        found = handovers.handover(tx, handover)
        lock_shifts(tx, found.shift)
        held = handovers.handover(tx, handover)
        if held.made_by != tx.scope.actor:
            raise OwnHandover()
        if held.state is State.WITHDRAWN:
            return held
        if not held.is_waiting:
            raise HandoverDealtWith()
        return _answer(tx, held, State.WITHDRAWN)

    return runtime.database.run(scope, work)


def _hold(tx: UnitOfWork, handover: UUID, wanted: State) -> tuple[Handover, bool]:
    """Hold the drawers of both; True beside it where this person has answered so before."""
    found = handovers.handover(tx, handover)
    own = queries.open_of(tx, tx.scope.actor)
    lock_shifts(tx, *{found.shift, *(() if own is None else (own.id,))})
    held = handovers.handover(tx, handover)
    if held.made_by == tx.scope.actor:
        raise OwnHandover()
    if held.is_waiting:
        return held, False
    if held.state is wanted and held.answered_by == tx.scope.actor:
        return held, True
    raise HandoverDealtWith()


def _into_safe(tx: UnitOfWork, held: Handover) -> dict[str, Any]:
    entry = till_to_safe(slip=held.slip, till=held.cash_point, shift=held.shift, amount=held.amount)
    return {"txn_id": post(tx, entry, effective_at=tx.now(), source="cashier").txn_id}


def _into_drawer(tx: UnitOfWork, held: Handover) -> dict[str, Any]:
    own = queries.open_of(tx, tx.scope.actor)
    if own is None:
        made = begin(tx, held.cash_point, held.amount)
        return {"to_shift": made.id, "opens": True}
    if own.cash_point != held.cash_point:
        raise ShiftOpen(cash_point=own.cash_point)
    return {"to_shift": own.id}


def _answer(tx: UnitOfWork, held: Handover, state: State, **values: Any) -> Handover:
    told = {
        "state": state.value,
        "counted": None,
        "reason": "",
        "answered_at": tx.now(),
        "answered_by": tx.scope.actor,
        "to_shift": None,
        "opens": False,
        "txn_id": None,
    } | values
    counted: Money | None = told["counted"]
    told["counted"] = None if counted is None else counted.dong
    changed = tx.execute(
        _ANSWER,
        {"mine": tx.facility, "this": held.id}
        | {f"new_{name}": value for name, value in told.items()},
    )
    if changed.rowcount != 1:
        raise HandoverDealtWith()
    audit.append(
        tx,
        f"handover.{state.value}",
        f"handover:{held.id}",
        amount=held.amount.dong,
        counted=told["counted"],
        reason=told["reason"],
    )
    return handovers.handover(tx, held.id)
