"""
Closes a month: every day of it is closed, so nothing is booked in it any more.

Days on which nothing moved are closed with it; the trial balance is kept as it stood.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from payments import audit
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, NotFound
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.ledger import periods
from payments.ledger import queries as ledger
from payments.ledger.rows import OUTBOX, PERIOD, TXN
from payments.reconciliation import closing
from payments.reconciliation.checklist import Checklist, MonthFacts, of_month
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


class NoMonth(NotFound):
    """The address names no month between 2000 and 2100."""

    code = "no-month"


class MonthNotReady(Conflict):
    """Something keeps the month open; its checklist says what."""

    code = "month-not-ready"


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the hospital."""

    first: HospitalDay

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``2026-11``. Raises NoMonth."""
        try:
            first = HospitalDay.parse(f"{text}-01")
        except ValueError as error:
            raise NoMonth() from error
        if f"{first.date:%Y-%m}" != text or not 2000 <= first.date.year <= 2100:
            raise NoMonth()
        return cls(first)

    @property
    def last(self) -> HospitalDay:
        following = HospitalDay(self.first.plus(31).date.replace(day=1))
        return following.plus(-1)

    def __str__(self) -> str:
        return f"{self.first.date:%Y-%m}"


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month as it stands: what moved on each account, and what keeps it open."""

    month: Month
    accounts: dict[str, tuple[Money, Money]]
    checklist: Checklist
    #: Days that moved and are not closed.
    open_days: tuple[HospitalDay, ...]
    suspense: Money
    clearing: dict[str, Money]


def view(tx: UnitOfWork, month: Month) -> MonthView:
    """Read a month in one snapshot."""
    accounts = closing.moved(tx, month.first, month.last)
    off = sum((debit - credit for debit, credit in accounts.values()), ZERO)
    waits = open_days(tx, month)
    suspense = -ledger.balance_at(tx, "2200", month.last)
    clearing = {code: amount for code, amount in ledger.balances(tx, "1200").items() if amount}
    facts = MonthFacts(
        is_over=month.last < HospitalDay.of(tx.now()),
        open_days=len(waits),
        off=abs(off.dong),
        unsealed=_unsealed(tx, month),
        suspense=suspense.dong,
        clearing=len(clearing),
    )
    return MonthView(month, accounts, of_month(facts), waits, suspense, clearing)


def close(runtime: Runtime, scope: Scope, month: Month) -> None:
    """
    Close *month* for good.

    Raises:
        MonthNotReady: something of its checklist stops it.
    """

    def work(tx: UnitOfWork) -> None:
        seen = _days_that_moved(tx, month)
        if not view(tx, month).checklist.may_close:
            raise MonthNotReady(month=month)
        day = month.first
        while day <= month.last:
            periods.close_day(tx, day)
            day = day.plus(1)
        # No day takes postings by now: one that moved meanwhile was not looked through.
        told = view(tx, month)
        if not told.checklist.may_close or _days_that_moved(tx, month) != seen:
            raise MonthNotReady(month=month)
        more = {"clearing": {code: amount.dong for code, amount in told.clearing.items()}}
        closing.keep(tx, "month", month.first, month.last, more)
        audit.append(tx, "month.closed", f"month:{month}")

    runtime.database.run(scope, work)


def open_days(tx: UnitOfWork, month: Month) -> tuple[HospitalDay, ...]:
    """List the days on which something is booked and that are not closed."""
    rows = tx.execute(
        select(TXN.c.booked_on)
        .join(
            PERIOD, (PERIOD.c.facility_id == TXN.c.facility_id) & (PERIOD.c.id == TXN.c.period_id)
        )
        .where(
            TXN.c.facility_id == tx.facility,
            TXN.c.booked_on.between(month.first.date, month.last.date),
            PERIOD.c.state != periods.CLOSED,
        )
        .distinct()
        .order_by(TXN.c.booked_on)
    )
    return tuple(HospitalDay(row.booked_on) for row in rows)


def _days_that_moved(tx: UnitOfWork, month: Month) -> tuple[HospitalDay, ...]:
    rows = tx.execute(
        select(TXN.c.booked_on)
        .where(
            TXN.c.facility_id == tx.facility,
            TXN.c.booked_on.between(month.first.date, month.last.date),
        )
        .distinct()
        .order_by(TXN.c.booked_on)
    )
    return tuple(HospitalDay(row.booked_on) for row in rows)


def _unsealed(tx: UnitOfWork, month: Month) -> int:
    found: int = tx.execute(
        select(func.count())
        .select_from(OUTBOX)
        .join(TXN, (TXN.c.facility_id == OUTBOX.c.facility_id) & (TXN.c.id == OUTBOX.c.txn_id))
        .where(
            OUTBOX.c.facility_id == tx.facility,
            TXN.c.booked_on.between(month.first.date, month.last.date),
        )
    ).scalar_one()
    return found
