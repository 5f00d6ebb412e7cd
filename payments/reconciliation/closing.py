"""Closes a day of the ledger once the bank agrees, or a person has said why it does not."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select

from payments import audit
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, Rejected
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.ledger import periods
from payments.ledger import queries as ledger
from payments.reconciliation import balances, exceptions, maps
from payments.reconciliation.balances import BalanceCheck
from payments.reconciliation.checklist import Checklist, DayFacts, of_day
from payments.reconciliation.closing_rows import BOOK_CLOSE
from payments.reconciliation.comparing import compare
from payments.reconciliation.model import Source
from payments.reconciliation.service import Run, findings, run_in
from payments.reconciliation.sides import inputs
from payments.runtime import Runtime
from payments.shifts.rows import SHIFT
from payments.storage.inserting import insert_or_leave
from payments.storage.unit_of_work import UnitOfWork

#: Suspense is to be explained within three working days (ledger, section 4); a weekend between.
_OLD: Final = timedelta(days=5)


class OpenFindings(Conflict):
    """The day has differences that nobody has explained."""

    code = "open-findings"


class NoStatement(Rejected):
    """The bank's statement of the day has not been taken in."""

    code = "no-statement"


class DayNotOver(Rejected):
    """A day is closed when it is over; until then money may still come."""

    code = "day-not-over"


def close_day(runtime: Runtime, scope: Scope, day: HospitalDay) -> None:
    """
    Close the ledger's day, if every account matches its statement or every difference is explained.

    The period is held first: what is compared afterwards is what is closed.

    Raises:
        DayNotOver: the day is today or later.
        NoStatement: an account has lines and no statement.
        OpenFindings: a difference is not explained.
        BalanceDiffers: a balance is not the bank's, and nobody has said why.
    """
    if day >= HospitalDay.of(runtime.clock.now()):
        raise DayNotOver(day=day)

    def work(tx: UnitOfWork) -> None:
        periods.start_closing(tx, day)
        for account in maps.accounts(tx):
            _refuse_unexplained(run_in(tx, account, day))
        told = balances.close(tx, day)
        periods.close_day(tx, day)
        keep(tx, "day", day, day, {"balances": [_balance(one) for one in told]})
        audit.append(tx, "day.closed", f"day:{day}")

    runtime.database.run(scope, work)


def keep(
    tx: UnitOfWork, kind: str, first: HospitalDay, last: HospitalDay, more: dict[str, Any]
) -> None:
    """Keep what a day or month came to, by account; a day that is closed again stays as it was."""
    told = {
        "accounts": {
            code: {"debit": debit.dong, "credit": credit.dong}
            for code, (debit, credit) in moved(tx, first, last).items()
        },
        "suspense": -ledger.balance_at(tx, "2200", last).dong,
        **more,
    }
    facts = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    insert_or_leave(
        tx,
        BOOK_CLOSE,
        {
            "kind": kind,
            "first_day": first.date,
            "last_day": last.date,
            "facts": facts,
            "sha256": hashlib.sha256(facts.encode()).digest(),
            "closed_by": tx.scope.actor,
            "closed_at": tx.now(),
        },
    )


def closed(tx: UnitOfWork, kind: str, first: HospitalDay) -> Any:
    """Find what a day or month was closed with; None where it is open, or was closed before."""
    return tx.execute(
        select(BOOK_CLOSE).where(
            BOOK_CLOSE.c.facility_id == tx.facility,
            BOOK_CLOSE.c.kind == kind,
            BOOK_CLOSE.c.first_day == first.date,
        )
    ).first()


def checklist(tx: UnitOfWork, day: HospitalDay, told: Sequence[BalanceCheck]) -> Checklist:
    """Say what keeps *day* open, without changing anything."""
    unstated = unexplained = 0
    for account in maps.accounts(tx):
        compared = compare(tx, inputs(tx, account, day))
        sides = compared.inputs
        unstated += sides.source is Source.FEED and bool(sides.ledger or sides.bank)
        said = {one.name for one in findings(tx, account, day) if one.state == "explained"}
        unexplained += sum(pair.name not in said for pair in compared.findings)
    open_shifts: int = tx.execute(
        select(func.count())
        .select_from(SHIFT)
        .where(
            SHIFT.c.facility_id == tx.facility,
            SHIFT.c.opened_at < day.ends_at,
            SHIFT.c.closed_at.is_(None),
        )
    ).scalar_one()
    old = [one for one in exceptions.suspense(tx) if one.occurred_at < day.ends_at - _OLD]
    return of_day(
        DayFacts(
            is_over=day < HospitalDay.of(tx.now()),
            unstated=unstated,
            open_findings=unexplained,
            wrong_balances=sum(not one.is_right for one in told),
            open_shifts=open_shifts,
            kept=len(exceptions.kept(tx)),
            old_suspense=len(old),
        )
    )


def moved(tx: UnitOfWork, first: HospitalDay, last: HospitalDay) -> dict[str, tuple[Money, Money]]:
    """Sum debit and credit of each account over the days."""
    sums: dict[str, tuple[Money, Money]] = defaultdict(lambda: (ZERO, ZERO))
    day = first
    while day <= last:
        for one in ledger.day_totals(tx, day):
            debit, credit = sums[one.account]
            sums[one.account] = (debit + one.debit, credit + one.credit)
        day = day.plus(1)
    return dict(sums)


def _balance(one: BalanceCheck) -> dict[str, Any]:
    return {
        "account": one.account,
        "bank": None if one.bank is None else one.bank.dong,
        "ledger": one.ledger.dong,
        "unexplained": one.unexplained.dong,
        "reason": one.reason,
    }


def _refuse_unexplained(told: Run) -> None:
    sides = told.comparison.inputs
    if sides.source is Source.FEED and (sides.ledger or sides.bank):
        raise NoStatement(account=sides.account, day=sides.day)
    if told.open_findings:
        raise OpenFindings(account=sides.account, findings=len(told.open_findings))
