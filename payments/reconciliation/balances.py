"""
Holds our balance of each bank account against the bank's closing balance, day after day.

What the two differ by at the start (money that was there before the ledger began) is carried on.
Lines that differ are findings of their day. What is left is a movement that nobody has told us of:
a day without a statement, or a statement that does not begin where the last one ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, func, select, update

from payments import audit
from payments.invoicing.service import checked_reason
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.ledger import queries as ledger
from payments.reconciliation import maps
from payments.reconciliation.closing_rows import BALANCE_CHECK
from payments.reconciliation.rows import STATEMENT_FILE, STATEMENT_LINE
from payments.reconciliation.sides import inputs
from payments.runtime import Runtime
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: Days that are summed up between two checks; statements come for a month at most.
_DAYS_MAX: Final = 62


class BalanceDiffers(Conflict):
    """The bank's closing balance is not ours, and nobody has said why."""

    code = "balance-differs"


class NothingToExplain(Conflict):
    """The balance of this account and day agrees, or the bank has not told it."""

    code = "balance-agrees"


@dataclass(frozen=True, slots=True)
class BalanceCheck:
    """
    One account at the end of a day; *bank* is None where no statement tells a balance.

    *carried* is what both had differed by before, *found* what the lines of the days since differ
    by. A day agrees when the balances differ by these two and no more.
    """

    account: str
    day: HospitalDay
    bank: Money | None
    ledger: Money
    carried: Money
    found: Money
    reason: str

    @property
    def unexplained(self) -> Money:
        if self.bank is None:
            return ZERO
        return self.bank - self.ledger - self.carried - self.found

    @property
    def is_right(self) -> bool:
        return not self.unexplained or bool(self.reason)


def check(tx: UnitOfWork, account: str, day: HospitalDay) -> BalanceCheck:
    """Hold one account's balances at the end of *day* against each other."""
    ours = ledger.balance_at(tx, f"1100:{account}", day)
    statement = _statement(tx, account, day)
    if statement is None:
        return BalanceCheck(account, day, None, ours, ZERO, ZERO, "")
    first = HospitalDay(statement.first_day)
    bank = vnd(statement.opening) + _lines(tx, account, first, day)
    last = _last(tx, account, day)
    if last is None:
        since = first
        carried = vnd(statement.opening) - ledger.balance_at(tx, f"1100:{account}", first.plus(-1))
    else:
        since = HospitalDay(last.day).plus(1)
        carried = vnd(last.bank_balance - last.ledger_balance)
    told = BalanceCheck(account, day, bank, ours, carried, _found(tx, account, since, day), "")
    return _with_reason(tx, told)


def checks(tx: UnitOfWork, day: HospitalDay) -> tuple[BalanceCheck, ...]:
    return tuple(check(tx, account, day) for account in maps.accounts(tx))


def explain(runtime: Runtime, scope: Scope, account: str, day: HospitalDay, reason: str) -> None:
    """
    Say why the balance of *account* is another than the bank's; counts for this difference alone.

    Raises:
        InvalidField: *reason* is empty or too long.
        NotFound: the account is not ours.
        NothingToExplain: nothing differs.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork) -> None:
        maps.require_ours(tx, account)
        told = check(tx, account, day)
        if not told.unexplained:
            raise NothingToExplain(account=account)
        _keep(tx, told, reason=cleaned, explained_by=tx.scope.actor, is_closed=False)
        about = f"bank_account:{account}"
        audit.append(
            tx, "balance.explained", about, day=day, amount=told.unexplained.dong, reason=cleaned
        )

    runtime.database.run(scope, work)


def close(tx: UnitOfWork, day: HospitalDay) -> tuple[BalanceCheck, ...]:
    """
    Keep the balances that *day* is closed with; the next day is held against them.

    Raises:
        BalanceDiffers: one differs and nobody has said why.
    """
    told = checks(tx, day)
    for one in told:
        if not one.is_right:
            raise BalanceDiffers(account=one.account, amount=one.unexplained)
        if one.bank is not None:
            _keep(tx, one, reason=one.reason, explained_by=None, is_closed=True)
    return told


def _statement(tx: UnitOfWork, account: str, day: HospitalDay) -> Row[Any] | None:
    """Find the statement with balances that covers *day*, of several the one taken in last."""
    return tx.execute(
        select(STATEMENT_FILE)
        .where(
            STATEMENT_FILE.c.facility_id == tx.facility,
            STATEMENT_FILE.c.account == account,
            STATEMENT_FILE.c.first_day <= day.date,
            STATEMENT_FILE.c.last_day >= day.date,
            STATEMENT_FILE.c.state.in_(("importing", "imported")),
            STATEMENT_FILE.c.opening.is_not(None),
        )
        .order_by(STATEMENT_FILE.c.made_at.desc())
        .limit(1)
    ).first()


def _lines(tx: UnitOfWork, account: str, first: HospitalDay, last: HospitalDay) -> Money:
    total = tx.execute(
        select(func.coalesce(func.sum(STATEMENT_LINE.c.amount), 0)).where(
            STATEMENT_LINE.c.facility_id == tx.facility,
            STATEMENT_LINE.c.account == account,
            STATEMENT_LINE.c.bank_day.between(first.date, last.date),
        )
    ).scalar_one()
    return Money(int(total))


def _last(tx: UnitOfWork, account: str, day: HospitalDay) -> Row[Any] | None:
    return tx.execute(
        select(BALANCE_CHECK)
        .where(
            BALANCE_CHECK.c.facility_id == tx.facility,
            BALANCE_CHECK.c.account == account,
            BALANCE_CHECK.c.day < day.date,
            BALANCE_CHECK.c.is_closed,
        )
        .order_by(BALANCE_CHECK.c.day.desc())
        .limit(1)
    ).first()


def _found(tx: UnitOfWork, account: str, since: HospitalDay, day: HospitalDay) -> Money:
    """Sum what the lines of the days differ by; each of these differences is a finding."""
    if (day.date - since.date).days > _DAYS_MAX:
        since = day.plus(-_DAYS_MAX)
    total = ZERO
    while since <= day:
        sides = inputs(tx, account, since)
        total += sum((line.amount for line in sides.bank), ZERO)
        total -= sum((line.amount for line in sides.ledger), ZERO)
        since = since.plus(1)
    return total


def _with_reason(tx: UnitOfWork, told: BalanceCheck) -> BalanceCheck:
    row = tx.execute(
        select(BALANCE_CHECK).where(
            BALANCE_CHECK.c.facility_id == tx.facility,
            BALANCE_CHECK.c.account == told.account,
            BALANCE_CHECK.c.day == told.day.date,
        )
    ).first()
    # What was said was said about another difference.
    if row is None or row.unexplained != told.unexplained.dong or not row.reason:
        return told
    return BalanceCheck(
        told.account, told.day, told.bank, told.ledger, told.carried, told.found, row.reason
    )


def _keep(
    tx: UnitOfWork, told: BalanceCheck, *, reason: str, explained_by: str | None, is_closed: bool
) -> None:
    values: dict[str, Any] = {
        "bank_balance": (told.bank or ZERO).dong,
        "ledger_balance": told.ledger.dong,
        "unexplained": told.unexplained.dong,
        "reason": reason,
        "is_closed": is_closed,
        "made_at": tx.now(),
    }
    if explained_by is not None:
        values["explained_by"] = explained_by
    key = {"account": told.account, "day": told.day.date}
    if not insert_new(tx, BALANCE_CHECK, {**key, "explained_by": "", **values}):
        tx.execute(
            update(BALANCE_CHECK)
            .where(
                BALANCE_CHECK.c.facility_id == tx.facility,
                BALANCE_CHECK.c.account == told.account,
                BALANCE_CHECK.c.day == told.day.date,
            )
            .values(**values)
        )
