"""
Deadlines of a quarter that run: what is to be done, by whom, until when; the next day first.

    months open ─▶ 01/BH ─▶ quarter open ─▶ 02/BH ─▶ notice of the insurer ─▶ its payment
    refused amounts ─▶ proof or form 09/BH; returned claims ─▶ corrected files
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.settlement import listing, periods, queries
from payments.settlement.board import Board
from payments.settlement.deadlines import NoDeadline, NoHolidayTable, deadline
from payments.settlement.model import months_of
from payments.settlement.queries import RefusalItem, Which
from payments.settlement.rows import CLAIM, CLAIM_STEP
from payments.settlement.status import Refused, State
from payments.storage.unit_of_work import UnitOfWork


class Step(StrEnum):
    """What is to be done; the values name its words."""

    MONTH = "month"
    QUARTER = "quarter"
    CORRECT = "correct"
    EXPLAIN = "explain"
    NOTICE = "notice"
    PAY = "pay"


#: What the hospital waits for; the other steps are its own.
OF_INSURER: Final = frozenset({Step.NOTICE, Step.PAY})


@dataclass(frozen=True, slots=True)
class Alarm:
    """
    One deadline; *due* None where the holidays of its year are not known.

    *owner* is who noted it, "" where it is the office's; *count* claims or amounts are under it.
    """

    step: Step
    period: str
    due: HospitalDay | None
    count: int
    amount: Money
    owner: str = ""

    def is_late(self, today: HospitalDay) -> bool:
        return self.due is not None and self.due < today


def alarms(tx: UnitOfWork, told: Board) -> tuple[Alarm, ...]:
    """List the deadlines of a quarter that run, the nearest first."""
    found = [*_months(tx, told), *_returned(tx, told), *_refusals(tx, told), *_quarter(tx, told)]
    return tuple(sorted(found, key=lambda one: (one.due is None, one.due and one.due.date)))


def _months(tx: UnitOfWork, told: Board) -> Iterator[Alarm]:
    """Law on Health Insurance, article 32(2)(a): the request of last month."""
    for row in periods.months(tx, told.period):
        if row.state != "open":
            continue
        sums = tx.execute(
            select(func.count().label("claims"), func.sum(CLAIM.c.fund).label("fund")).where(
                CLAIM.c.facility_id == tx.facility,
                CLAIM.c.period_id == row.id,
                CLAIM.c.state != State.WITHDRAWN.value,
            )
        ).one()
        due = _due("month", _last_day(row.name))
        yield Alarm(Step.MONTH, row.name, due, sums.claims, vnd(int(sums.fund or 0)))


def _returned(tx: UnitOfWork, told: Board) -> Iterator[Alarm]:
    """A claim that came back twice counts from the last time."""
    months = [one.id for one in periods.months(tx, told.period)]
    rows = tx.execute(
        select(CLAIM.c.requested, func.max(CLAIM_STEP.c.made_at).label("at"))
        .join(
            CLAIM,
            (CLAIM.c.facility_id == CLAIM_STEP.c.facility_id)
            & (CLAIM.c.id == CLAIM_STEP.c.claim_id),
        )
        .where(
            CLAIM.c.facility_id == tx.facility,
            CLAIM.c.period_id.in_(months),
            CLAIM.c.state == State.RETURNED.value,
            CLAIM_STEP.c.event == "returned",
        )
        .group_by(CLAIM.c.id, CLAIM.c.requested)
    ).all()
    if rows:
        due = _due("correct", HospitalDay.of(min(row.at for row in rows)))
        asked = sum((vnd(row.requested) for row in rows), ZERO)
        yield Alarm(Step.CORRECT, told.name, due, len(rows), asked)


def _refusals(tx: UnitOfWork, told: Board) -> Iterator[Alarm]:
    """One alarm for each person who owns refused amounts that nobody has explained."""
    by_owner: dict[str, list[RefusalItem]] = {}
    for item in queries.refusals(tx, told.period, Which.OPEN):
        if item.state is Refused.OPEN:
            by_owner.setdefault(item.owner, []).append(item)
    for owner, items in by_owner.items():
        due = min(one.deadline for one in items)
        left = sum((one.left for one in items), ZERO)
        yield Alarm(Step.EXPLAIN, told.name, due, len(items), left, owner)


def _quarter(tx: UnitOfWork, told: Board) -> Iterator[Alarm]:
    """Law on Health Insurance, article 32(2)(b) to (d): report, notice, payment."""
    claims = sum(told.claims.values())
    row = periods.read(tx, told.period)
    if told.state == "open":
        due = _due("quarter", _last_day(months_of(told.name)[-1]))
        yield Alarm(Step.QUARTER, told.name, due, claims, told.requested)
        return
    notices = listing.notices(tx, told.period)
    if not notices and row.reported_on is not None:
        step = "notice_q4" if told.name.endswith("Q4") else "notice"
        due = _due(step, HospitalDay(row.reported_on))
        yield Alarm(Step.NOTICE, told.name, due, claims, told.accepted)
    if notices and told.to_come > ZERO:
        due = _due("pay", max(one.noticed_on for one in notices))
        yield Alarm(Step.PAY, told.name, due, len(notices), told.to_come)


def _due(step: str, day: HospitalDay) -> HospitalDay | None:
    try:
        return deadline(step, day)
    except (NoDeadline, NoHolidayTable):
        return None


def _last_day(month: str) -> HospitalDay:
    year, number = int(month[:4]), int(month[4:])
    return HospitalDay(date(year, number, monthrange(year, number)[1]))
