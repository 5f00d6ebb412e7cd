"""Notes that go back of an advance: one asks, another approves, a drawer pays (P15, P17)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select, update

from payments import audit
from payments.encounters import service as encounters
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.model import Subject
from payments.ledger.posting_rules.refunds import refund_done
from payments.refunds.advances import book_advance
from payments.refunds.model import SamePerson
from payments.refunds.rows import CASH_RETURN
from payments.runtime import Runtime
from payments.shifts.closing import expected_cash
from payments.shifts.service import lock_open
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork
from payments.switches.service import refuse_refunds


class NoCashReturn(NotFound):
    """Nobody asked for such notes back."""

    code = "no-cash-return"


class CashReturnDealtWith(Conflict):
    """It was paid out, turned down or approved already."""

    code = "cash-return-dealt-with"


class TooLittleInDrawer(Rejected):
    """The drawer holds less than is to be paid out."""

    code = "too-little-in-drawer"


class State(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    PAID = "paid"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CashReturn:
    """Notes that go back of one advance: one person asks, another approves, a drawer pays."""

    id: UUID
    payment: UUID
    encounter: UUID
    amount: Money
    state: State
    reason: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    paid_at: datetime | None


def add(tx: UnitOfWork, asked: CashReturn) -> None:
    """Keep a request for notes back; the encounter is held."""
    tx.execute(
        insert(CASH_RETURN),
        {
            "facility_id": tx.facility,
            "id": asked.id,
            "payment_id": asked.payment,
            "encounter_id": asked.encounter,
            "amount": asked.amount.dong,
            "state": asked.state.value,
            "reason": asked.reason,
            "requested_by": asked.requested_by,
            "requested_at": asked.requested_at,
            "approved_by": None,
            "paid_at": None,
            "shift_id": None,
            "txn_id": None,
        },
    )
    audit.append(tx, "cash_return.requested", f"cash_return:{asked.id}", amount=asked.amount.dong)


def approve(runtime: Runtime, scope: Scope, cash_return: UUID) -> CashReturn:
    """
    Approve notes back and book that they are owed (P15).

    Raises:
        NoCashReturn, CashReturnDealtWith: there is no such request any more.
        SamePerson: the one who approves has asked for it.
        NotRefundable: meanwhile less is left.
    """

    def work(tx: UnitOfWork) -> CashReturn:
        refuse_refunds(tx)
        held = _hold(tx, cash_return, State.REQUESTED)
        if held.requested_by == tx.scope.actor:
            raise SamePerson()
        txn = book_advance(tx, held.id, held.payment, held.amount)
        _save(tx, held, state=State.APPROVED.value, approved_by=tx.scope.actor, txn_id=txn)
        audit.append(tx, "cash_return.approved", f"cash_return:{held.id}", amount=held.amount.dong)
        return replace(held, state=State.APPROVED, approved_by=tx.scope.actor)

    return runtime.database.run(scope, work)


def turn_down(runtime: Runtime, scope: Scope, cash_return: UUID) -> None:
    """Turn a request down: its money is free again. Raises NoCashReturn, CashReturnDealtWith."""

    def work(tx: UnitOfWork) -> None:
        held = _hold(tx, cash_return, State.REQUESTED)
        _save(tx, held, state=State.REFUSED.value)
        audit.append(tx, "cash_return.turned_down", f"cash_return:{held.id}")

    runtime.database.run(scope, work)


def pay_out(runtime: Runtime, scope: Scope, cash_return: UUID) -> CashReturn:
    """
    Pay approved notes out of the drawer of this person's open shift (P17); twice is once.

    Raises:
        NoShift: nobody answers for a drawer here.
        NoCashReturn, CashReturnDealtWith: it is not approved, or another drawer has paid it.
        TooLittleInDrawer: the books say that the drawer holds less.
    """

    def work(tx: UnitOfWork) -> CashReturn:
        refuse_refunds(tx)
        shift = lock_open(tx)
        held = _hold(tx, cash_return, State.APPROVED)
        holds = expected_cash(tx, shift)
        if holds < held.amount:
            raise TooLittleInDrawer(most=holds)
        entry = refund_done(
            refund=held.id,
            attempt=1,
            account=f"1000:{shift.cash_point}",
            subject=Subject("shift", shift.id),
            amount=held.amount,
        )
        now = tx.now()
        post(tx, entry, effective_at=now, source="cashier")
        _save(tx, held, state=State.PAID.value, paid_at=now, shift_id=shift.id)
        audit.append(tx, "cash_return.paid", f"cash_return:{held.id}", amount=held.amount.dong)
        return replace(held, state=State.PAID, paid_at=now)

    return runtime.database.run(scope, work)


def of_encounter(tx: UnitOfWork, encounter: UUID) -> tuple[CashReturn, ...]:
    """List the notes that went or go back of an encounter's advance, first first."""
    rows = tx.execute(
        _all(tx).where(CASH_RETURN.c.encounter_id == encounter).order_by(CASH_RETURN.c.id)
    )
    return tuple(_model(row) for row in rows)


def handed_back(tx: UnitOfWork, shift: UUID) -> Money:
    """Sum the notes that the drawer of *shift* has paid out."""
    total = tx.execute(
        select(func.coalesce(func.sum(CASH_RETURN.c.amount), 0)).where(
            CASH_RETURN.c.facility_id == tx.facility, CASH_RETURN.c.shift_id == shift
        )
    ).scalar_one()
    return vnd(int(total))


def _hold(tx: UnitOfWork, cash_return: UUID, state: State) -> CashReturn:
    found = tx.execute(_all(tx).where(CASH_RETURN.c.id == cash_return)).first()
    if found is None:
        raise NoCashReturn()
    encounters.lock(tx, found.encounter_id)
    held = _model(tx.lock(Lock.REFUND, _all(tx).where(CASH_RETURN.c.id == cash_return)).one())
    if held.state is not state:
        raise CashReturnDealtWith()
    return held


def _save(tx: UnitOfWork, held: CashReturn, **values: Any) -> None:
    tx.execute(
        update(CASH_RETURN)
        .where(CASH_RETURN.c.facility_id == tx.facility, CASH_RETURN.c.id == held.id)
        .values(**values)
    )


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(CASH_RETURN).where(CASH_RETURN.c.facility_id == tx.facility)


def _model(row: Row[Any]) -> CashReturn:
    return CashReturn(
        row.id,
        row.payment_id,
        row.encounter_id,
        vnd(row.amount),
        State(row.state),
        row.reason,
        row.requested_by,
        row.requested_at,
        row.approved_by,
        row.paid_at,
    )
