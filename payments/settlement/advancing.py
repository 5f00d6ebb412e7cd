"""
The insurer's advance on a quarter (P29), and what is left of it after the notice (P36).

Its transfer lies in suspense like all that names no invoice; a person says what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import func, select

from payments import audit
from payments.bank.model import Direction, NoMovement, State
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.kernel.errors import Rejected
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger.posting_rules.insurance import advance_carried, advance_paid_back
from payments.ledger.posting_rules.money import bank
from payments.ledger.posting_rules.settlement import parked_advance
from payments.ledger.service import post
from payments.receipts import attached
from payments.receipts.attached import Match
from payments.receipts.model import Purpose
from payments.runtime import Runtime
from payments.settlement import periods
from payments.settlement.model import NoNotice, NothingLeftOfAdvance
from payments.settlement.money_rows import ADVANCE_MOVE, FUND_ADVANCE, SETTLEMENT_NOTICE
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: Why a movement that left is explained.
PAID_BACK: Final = "bhyt_paid_back"
_ADVANCES: Final = UUID("2f1b8c0a-7d3e-5a69-b0c4-9e6d5f1a3b27")


class NotTheInsurers(Rejected):
    """The transfer named an invoice, or nothing of it waits: it is no money of the insurer."""

    code = "not-the-insurers-money"


@dataclass(frozen=True, slots=True)
class Moved:
    """What was left of an advance; False where this had been done before."""

    amount: Money
    is_new: bool


def advance(runtime: Runtime, scope: Scope, quarter: UUID, credit_id: UUID, reason: str) -> Money:
    """
    Take all that waits of a transfer as the advance on *quarter*; twice is once.

    Raises:
        NoMovement, NoClaimPeriod: there is none.
        NotTheInsurers: the transfer named an invoice, or nothing of it waits.
    """

    def work(tx: UnitOfWork) -> Money:
        credit = lock_credit(tx, credit_id)
        if credit is None:
            raise NoMovement()
        period = periods.lock(tx, quarter)
        match = uuid5(_ADVANCES, f"{tx.facility}:{credit_id}")
        before = attached.matched_before(tx, match)
        if before is not None:
            return before
        amount = waiting(tx, credit_id)
        entry = parked_advance(
            match=match,
            credit=credit_id,
            agency=period.agency,
            period=period.name,
            claim_period=quarter,
            amount=amount,
        )
        txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        attached.keep(tx, Match(match, credit_id, Purpose.BHYT_ADVANCE, amount, reason, txn), None)
        mark(tx, credit_id, State.MATCHED, Purpose.BHYT_ADVANCE.value)
        values = {"id": match, "period_id": quarter, "credit_id": credit_id, "txn_id": txn}
        insert_new(tx, FUND_ADVANCE, values | _made(tx) | {"amount": amount.dong})
        audit.append(tx, "fund.advance", f"claim_period:{quarter}", amount=amount.dong)
        return amount

    return runtime.database.run(scope, work)


def carry(runtime: Runtime, scope: Scope, notice: UUID, to_quarter: str) -> Moved:
    """
    Let what a notice left of the advance serve another quarter; twice is once.

    Raises:
        NoNotice: there is none.
        NothingLeftOfAdvance: the advance is used up.
    """

    def work(tx: UnitOfWork) -> Moved:
        old = _quarter_of(tx, notice)
        to = periods.ensure_quarter(tx, old.agency, to_quarter)
        for period in sorted({old.id, to}):
            periods.lock(tx, period)
        before = _moved(tx, notice, "carry")
        if before is not None:
            return Moved(before, is_new=False)
        left = available(tx, old.id)
        if not left or to == old.id:
            raise NothingLeftOfAdvance(period=old.name)
        entry = advance_carried(
            notice=notice,
            agency=old.agency,
            old=old.name,
            old_period=old.id,
            new=to_quarter,
            new_period=to,
            amount=left,
        )
        txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        ends = {"from_period_id": old.id, "to_period_id": to, "credit_id": None}
        _keep_move(tx, notice, "carry", left, txn, ends)
        return Moved(left, is_new=True)

    return runtime.database.run(scope, work)


def pay_back(runtime: Runtime, scope: Scope, notice: UUID, credit_id: UUID) -> Moved:
    """
    Book money that left our account as the rest of the advance going back; twice is once.

    Raises:
        NoNotice, NoMovement: there is none.
        NotTheInsurers: the money came in, or is explained already.
        NothingLeftOfAdvance: more left than there was.
    """

    def work(tx: UnitOfWork) -> Moved:
        credit = lock_credit(tx, credit_id)
        if credit is None:
            raise NoMovement()
        old = _quarter_of(tx, notice)
        periods.lock(tx, old.id)
        before = _moved(tx, notice, "payback")
        if before is not None:
            return Moved(before, is_new=False)
        if credit.direction is not Direction.OUT or credit.state is not State.NEW:
            raise NotTheInsurers()
        if credit.amount > available(tx, old.id):
            raise NothingLeftOfAdvance(period=old.name)
        entry = advance_paid_back(
            notice=notice,
            movement=bank(credit.account, credit.external_id, credit.id),
            agency=old.agency,
            period=old.name,
            claim_period=old.id,
            amount=credit.amount,
        )
        txn = post(tx, entry, effective_at=credit.occurred_at, source="finance").txn_id
        mark(tx, credit_id, State.MATCHED, PAID_BACK)
        ends = {"from_period_id": old.id, "to_period_id": None, "credit_id": credit_id}
        _keep_move(tx, notice, "payback", credit.amount, txn, ends)
        return Moved(credit.amount, is_new=True)

    return runtime.database.run(scope, work)


def available(tx: UnitOfWork, quarter: UUID) -> Money:
    """Tell what is left of the advance on *quarter*, from our rows: it belongs on 2300."""
    came = _sum(tx, FUND_ADVANCE, FUND_ADVANCE.c.period_id == quarter)
    carried = _sum(tx, ADVANCE_MOVE, ADVANCE_MOVE.c.to_period_id == quarter)
    gone = _sum(tx, ADVANCE_MOVE, ADVANCE_MOVE.c.from_period_id == quarter)
    used = _sum(tx, SETTLEMENT_NOTICE, SETTLEMENT_NOTICE.c.period_id == quarter, "set_off")
    return came + carried - gone - used


def waiting(tx: UnitOfWork, credit: UUID) -> Money:
    """
    Tell what waits of a held transfer that may be the insurer's.

    Raises:
        NotTheInsurers: it named an invoice, or nothing of it waits.
    """
    amount = attached.in_suspense(tx, credit)
    if not amount or attached.is_a_patients(tx, credit):
        raise NotTheInsurers()
    return amount


def _sum(tx: UnitOfWork, table: Any, where: Any, column: str = "amount") -> Money:
    total = tx.execute(
        select(func.coalesce(func.sum(table.c[column]), 0)).where(
            table.c.facility_id == tx.facility, where
        )
    ).scalar_one()
    return vnd(int(total))


def _quarter_of(tx: UnitOfWork, notice: UUID) -> Any:
    period = tx.execute(
        select(SETTLEMENT_NOTICE.c.period_id).where(
            SETTLEMENT_NOTICE.c.facility_id == tx.facility, SETTLEMENT_NOTICE.c.id == notice
        )
    ).scalar()
    if period is None:
        raise NoNotice()
    return periods.read(tx, period)


def _moved(tx: UnitOfWork, notice: UUID, kind: str) -> Money | None:
    amount = tx.execute(
        select(ADVANCE_MOVE.c.amount).where(
            ADVANCE_MOVE.c.facility_id == tx.facility,
            ADVANCE_MOVE.c.notice_id == notice,
            ADVANCE_MOVE.c.kind == kind,
        )
    ).scalar()
    return None if amount is None else vnd(amount)


def _keep_move(
    tx: UnitOfWork, notice: UUID, kind: str, amount: Money, txn: UUID, ends: dict[str, Any]
) -> None:
    values = {"id": new_id(), "kind": kind, "notice_id": notice, "amount": amount.dong}
    insert_new(tx, ADVANCE_MOVE, values | ends | {"txn_id": txn} | _made(tx))
    audit.append(tx, f"fund.advance_{kind}", f"settlement_notice:{notice}", amount=amount.dong)


def _made(tx: UnitOfWork) -> dict[str, Any]:
    return {"made_at": tx.now(), "made_by": tx.scope.actor}
