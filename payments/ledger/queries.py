"""
Balances and lists. Debit is positive and credit negative, whatever the account's normal side.

A live balance is the roll-up of the sealed transactions plus the few that still wait for the
sealer, read in one statement: a seal moves a transaction from one to the other in one commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.ledger.model import LedgerLine, Subject
from payments.ledger.rows import ACCOUNT, BALANCE, BALANCE_DAY, ENTRY, OUTBOX, TXN
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What moved on one account on one day; *count* is the number of posting sides."""

    account: str
    debit: Money
    credit: Money
    count: int


def balance(tx: UnitOfWork, code: str) -> Money:
    """Tell the live balance of an account; a control code sums all its qualifiers."""
    return balances(tx, code).get(code, Money(0)) if ":" in code else _sum(balances(tx, code))


def balances(tx: UnitOfWork, code: str = "") -> dict[str, Money]:
    """List the live balances of the accounts of *code* (all when empty), those of zero too."""
    sealed = select(
        BALANCE.c.account_id, (BALANCE.c.debit - BALANCE.c.credit).label("amount")
    ).where(BALANCE.c.facility_id == tx.facility)
    waiting = (
        select(ENTRY.c.account_id, ENTRY.c.amount)
        .join(
            OUTBOX,
            (OUTBOX.c.facility_id == ENTRY.c.facility_id) & (OUTBOX.c.txn_id == ENTRY.c.txn_id),
        )
        .where(OUTBOX.c.facility_id == tx.facility)
    )
    both = sealed.union_all(waiting).subquery()
    rows = tx.execute(
        select(ACCOUNT.c.code, func.sum(both.c.amount).label("amount"))
        .join(both, both.c.account_id == ACCOUNT.c.id)
        .where(ACCOUNT.c.facility_id == tx.facility, _belongs(code))
        .group_by(ACCOUNT.c.code)
        .order_by(ACCOUNT.c.code)
    )
    return {row.code: Money(int(row.amount)) for row in rows}


def subject_balance(tx: UnitOfWork, control: str, subject: Subject) -> Money:
    """Tell what *subject* has on the accounts of *control*: the sub-ledger."""
    ids = tx.execute(
        select(ACCOUNT.c.id).where(ACCOUNT.c.facility_id == tx.facility, _belongs(control))
    ).scalars()
    return subject_balance_of(tx, tuple(ids), subject)


def open_subjects(tx: UnitOfWork, control: str, kind: str) -> dict[UUID, Money]:
    """Give the balance on *control* of each subject of *kind* that has one, in one look."""
    balance = func.sum(ENTRY.c.amount)
    rows = tx.execute(
        select(ENTRY.c.subject_id, balance.label("amount"))
        .join(ACCOUNT, _is_account_of(ENTRY))
        .where(ENTRY.c.facility_id == tx.facility, ENTRY.c.subject_type == kind, _belongs(control))
        .group_by(ENTRY.c.subject_id)
        .having(balance != 0)
    )
    return {row.subject_id: Money(int(row.amount)) for row in rows}


def subject_balance_of(tx: UnitOfWork, account_ids: Sequence[int], subject: Subject) -> Money:
    total = tx.execute(
        select(func.coalesce(func.sum(ENTRY.c.amount), 0)).where(
            ENTRY.c.facility_id == tx.facility,
            ENTRY.c.subject_type == subject.type,
            ENTRY.c.subject_id == subject.id,
            ENTRY.c.account_id.in_(account_ids),
        )
    ).scalar_one()
    return Money(int(total))


def transactions_of(tx: UnitOfWork, kinds: Sequence[str], subject: Subject) -> tuple[UUID, ...]:
    """Name the transactions of *kinds* with a side of *subject*, the newest first."""
    rows = tx.execute(
        select(TXN.c.id)
        .join(ENTRY, (ENTRY.c.facility_id == TXN.c.facility_id) & (ENTRY.c.txn_id == TXN.c.id))
        .where(
            TXN.c.facility_id == tx.facility,
            TXN.c.kind.in_(kinds),
            ENTRY.c.subject_type == subject.type,
            ENTRY.c.subject_id == subject.id,
        )
        .distinct()
        .order_by(TXN.c.id.desc())
    )
    return tuple(rows.scalars())


def moved(tx: UnitOfWork, kinds: Sequence[str], subject: Subject) -> Money:
    """Sum what transactions of *kinds* put on the sides of *subject*."""
    total = tx.execute(
        select(func.coalesce(func.sum(ENTRY.c.amount), 0))
        .join(TXN, (TXN.c.facility_id == ENTRY.c.facility_id) & (TXN.c.id == ENTRY.c.txn_id))
        .where(
            ENTRY.c.facility_id == tx.facility,
            ENTRY.c.subject_type == subject.type,
            ENTRY.c.subject_id == subject.id,
            TXN.c.kind.in_(kinds),
        )
    ).scalar_one()
    return Money(int(total))


def lines_of_day(tx: UnitOfWork, control: str, day: HospitalDay) -> tuple[LedgerLine, ...]:
    """List the posting sides booked on *day* on the accounts of *control*, in order of making."""
    rows = tx.execute(
        select(
            TXN.c.id,
            TXN.c.kind,
            TXN.c.idem_key,
            TXN.c.effective_at,
            ACCOUNT.c.code,
            ENTRY.c.amount,
            ENTRY.c.subject_type,
            ENTRY.c.subject_id,
        )
        .join(ENTRY, (ENTRY.c.facility_id == TXN.c.facility_id) & (ENTRY.c.txn_id == TXN.c.id))
        .join(ACCOUNT, _is_account_of(ENTRY))
        .where(TXN.c.facility_id == tx.facility, TXN.c.booked_on == day.date, _belongs(control))
        .order_by(TXN.c.id, ENTRY.c.line, ENTRY.c.amount.desc())
    )
    return tuple(
        LedgerLine(
            txn_id=row.id,
            kind=row.kind,
            key=row.idem_key,
            account=row.code,
            amount=Money(row.amount),
            effective_at=row.effective_at,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
        )
        for row in rows
    )


def day_totals(tx: UnitOfWork, day: HospitalDay) -> tuple[DayTotal, ...]:
    """Sum every account over *day*: the sealed roll-up and what still waits for the sealer."""
    sealed = select(
        BALANCE_DAY.c.account_id,
        BALANCE_DAY.c.debit.label("debit"),
        BALANCE_DAY.c.credit.label("credit"),
        BALANCE_DAY.c.count.label("sides"),
    ).where(BALANCE_DAY.c.facility_id == tx.facility, BALANCE_DAY.c.booked_on == day.date)
    amount = ENTRY.c.amount
    waiting = (
        select(
            ENTRY.c.account_id,
            func.sum(_positive(amount)).label("debit"),
            func.sum(_positive(-amount)).label("credit"),
            func.count().label("sides"),
        )
        .join(TXN, (TXN.c.facility_id == ENTRY.c.facility_id) & (TXN.c.id == ENTRY.c.txn_id))
        .join(OUTBOX, (OUTBOX.c.facility_id == TXN.c.facility_id) & (OUTBOX.c.txn_id == TXN.c.id))
        .where(OUTBOX.c.facility_id == tx.facility, TXN.c.booked_on == day.date)
        .group_by(ENTRY.c.account_id)
    )
    both = sealed.union_all(waiting).subquery()
    rows = tx.execute(
        select(
            ACCOUNT.c.code,
            func.sum(both.c.debit).label("debit"),
            func.sum(both.c.credit).label("credit"),
            func.sum(both.c.sides).label("sides"),
        )
        .join(both, both.c.account_id == ACCOUNT.c.id)
        .where(ACCOUNT.c.facility_id == tx.facility)
        .group_by(ACCOUNT.c.code)
        .order_by(ACCOUNT.c.code)
    )
    return tuple(
        DayTotal(row.code, Money(int(row.debit)), Money(int(row.credit)), int(row.sides))
        for row in rows
    )


def _positive(amount: ColumnElement[Any]) -> ColumnElement[Any]:
    # abs: neither engine has the other's name for the greater of two values.
    return (amount + func.abs(amount)) // 2


def _belongs(code: str) -> ColumnElement[bool]:
    """Match an account, or every account of a control code; everything for an empty one."""
    return or_(ACCOUNT.c.code == code, ACCOUNT.c.code.startswith(f"{code}:" if code else ""))


def _is_account_of(entries: Any) -> ColumnElement[bool]:
    matches: ColumnElement[bool] = (ACCOUNT.c.facility_id == entries.c.facility_id) & (
        ACCOUNT.c.id == entries.c.account_id
    )
    return matches


def _sum(amounts: dict[str, Money]) -> Money:
    return sum(amounts.values(), Money(0))


def balance_at(tx: UnitOfWork, code: str, day: HospitalDay) -> Money:
    """Tell what an account held at the end of *day*, by the day on which all was booked."""
    sealed = (
        select((BALANCE_DAY.c.debit - BALANCE_DAY.c.credit).label("amount"))
        .join(ACCOUNT, _is_account_of(BALANCE_DAY))
        .where(
            BALANCE_DAY.c.facility_id == tx.facility,
            BALANCE_DAY.c.booked_on <= day.date,
            _belongs(code),
        )
    )
    waiting = (
        select(ENTRY.c.amount)
        .join(TXN, (TXN.c.facility_id == ENTRY.c.facility_id) & (TXN.c.id == ENTRY.c.txn_id))
        .join(OUTBOX, (OUTBOX.c.facility_id == TXN.c.facility_id) & (OUTBOX.c.txn_id == TXN.c.id))
        .join(ACCOUNT, _is_account_of(ENTRY))
        .where(OUTBOX.c.facility_id == tx.facility, TXN.c.booked_on <= day.date, _belongs(code))
    )
    both = sealed.union_all(waiting).subquery()
    total = tx.execute(select(func.coalesce(func.sum(both.c.amount), 0))).scalar_one()
    return Money(int(total))
