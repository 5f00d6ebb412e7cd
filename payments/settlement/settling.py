"""
The insurer's notice settles what it accepts (06/BH): by the advance (P30), then by money (P31).

The advance pays the claims in the order of their ids until it is used up; what is left waits on
1410 for the transfer, which pays in the same order. A later notice settles a won appeal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select

from payments import audit
from payments.invoicing.service import checked_reason
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.ledger.posting_rules.insurance import claims_accepted
from payments.ledger.service import post
from payments.runtime import Runtime
from payments.settlement import periods, repository
from payments.settlement.advancing import available
from payments.settlement.model import Claim, MonthsNotReported, NoticeDiffers
from payments.settlement.money_rows import (
    SETTLEMENT_LINE,
    SETTLEMENT_NOTICE,
)
from payments.settlement.status import Event, State, after
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

_LINES: Final = insert(SETTLEMENT_LINE)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the insurer says it owes for a quarter; *number* names it within the quarter."""

    number: str
    noticed_on: HospitalDay
    total: Money


@dataclass(frozen=True, slots=True)
class Settled:
    notice: UUID
    total: Money
    #: What of it the advance has paid already.
    set_off: Money
    is_new: bool

    @property
    def to_come(self) -> Money:
        return self.total - self.set_off


def settle(runtime: Runtime, scope: Scope, quarter: UUID, notice: Notice) -> Settled:
    """
    Settle every assessed claim of *quarter*; a notice of that number again changes nothing.

    Raises:
        InvalidField: the number is no line of 2 or more characters.
        NoClaimPeriod: there is no such quarter.
        MonthsNotReported: it has not been reported.
        NoticeDiffers: the claims come to another sum; an assessment is missing, or an appeal.
    """
    number = checked_reason(notice.number)

    def work(tx: UnitOfWork) -> Settled:
        period = periods.lock(tx, quarter)
        before = _before(tx, quarter, number)
        if before is not None:
            if before.total != notice.total:
                raise NoticeDiffers(told=notice.total, expected=before.total)
            return before
        if period.state == "open":
            raise MonthsNotReported(period=period.name)
        claims = of_quarter(tx, quarter, State.ASSESSED)
        due = sum((claim.to_settle for claim in claims), ZERO)
        if due != notice.total:
            raise NoticeDiffers(told=notice.total, expected=due)
        parts = shared([claim.to_settle for claim in claims], available(tx, quarter))
        made = new_id()
        set_off = {one.id: part for one, part in zip(claims, parts, strict=True) if part}
        txn = None
        if set_off:
            entry = claims_accepted(
                notice=made,
                agency=period.agency,
                period=period.name,
                claim_period=quarter,
                claims=set_off,
            )
            txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        told = Settled(made, due, sum(parts, ZERO), is_new=True)
        _keep(tx, quarter, replace(notice, number=number), told, txn)
        _settle(tx, made, claims, parts)
        periods.change(tx, quarter, state="noticed")
        return told

    return runtime.database.run(scope, work)


def _settle(tx: UnitOfWork, notice: UUID, claims: Sequence[Claim], parts: Sequence[Money]) -> None:
    mine = {"facility_id": tx.facility, "notice_id": notice}
    lines, changed = [], []
    for claim, part in zip(claims, parts, strict=True):
        amount = claim.to_settle
        lines.append(mine | {"claim_id": claim.id, "amount": amount.dong, "set_off": part.dong})
        now = replace(
            claim,
            state=after(claim.state, Event.SETTLED),
            settled=claim.settled + amount,
            set_off=claim.set_off + part,
        )
        repository.step(tx, claim.id, "settled", amount)
        changed.append(if_paid(now))
    if lines:
        tx.execute(_LINES, lines)
    repository.save(tx, changed)


def if_paid(claim: Claim) -> Claim:
    """Give *claim* as it is when nothing of it is to come."""
    return claim if claim.to_pay else replace(claim, state=after(claim.state, Event.PAID))


def of_quarter(tx: UnitOfWork, quarter: UUID, state: State) -> list[Claim]:
    """Hold the claims of a held quarter that are in *state*."""
    months = [one.id for one in periods.months(tx, quarter)]
    return repository.lock_of_periods(tx, months, (state,))


def shared(wanted: Sequence[Money], there: Money) -> list[Money]:
    """Fill *wanted* in its order until nothing is *there*."""
    parts = []
    for one in wanted:
        part = min(one, there)
        there -= part
        parts.append(part)
    return parts


def _keep(tx: UnitOfWork, quarter: UUID, notice: Notice, told: Settled, txn: UUID | None) -> None:
    values = {
        "id": told.notice,
        "period_id": quarter,
        "number": notice.number,
        "noticed_on": notice.noticed_on.date,
        "total": told.total.dong,
        "set_off": told.set_off.dong,
        "txn_id": txn,
        "made_at": tx.now(),
        "made_by": tx.scope.actor,
    }
    insert_new(tx, SETTLEMENT_NOTICE, values)
    audit.append(tx, "fund.noticed", f"claim_period:{quarter}", total=told.total.dong)


def _before(tx: UnitOfWork, quarter: UUID, number: str) -> Settled | None:
    row = tx.execute(
        select(SETTLEMENT_NOTICE).where(
            SETTLEMENT_NOTICE.c.facility_id == tx.facility,
            SETTLEMENT_NOTICE.c.period_id == quarter,
            SETTLEMENT_NOTICE.c.number == number,
        )
    ).first()
    if row is None:
        return None
    return Settled(row.id, vnd(row.total), vnd(row.set_off), is_new=False)
