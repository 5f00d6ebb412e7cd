"""The two sides of a day: what our ledger booked on an account, and what the bank says moved."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select

from payments.bank.model import Direction
from payments.bank.rows import BANK_CREDIT
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger import queries as ledger
from payments.reconciliation.model import Inputs, SideLine, Source
from payments.reconciliation.rows import STATEMENT_FILE, STATEMENT_LINE
from payments.storage.unit_of_work import UnitOfWork


def inputs(tx: UnitOfWork, account: str, day: HospitalDay) -> Inputs:
    """Collect both sides; the feeds speak for the bank until a statement covers the day."""
    if is_covered(tx, account, day):
        source, bank = Source.STATEMENT, _statement_side(tx, account, day)
    else:
        source, bank = Source.FEED, _feed_side(tx, account, day)
    return Inputs(account, day, source, _ledger_side(tx, account, day), bank)


def is_covered(tx: UnitOfWork, account: str, day: HospitalDay) -> bool:
    """Say whether a statement that was taken in whole covers *day*."""
    found = tx.execute(
        select(STATEMENT_FILE.c.id)
        .where(
            STATEMENT_FILE.c.facility_id == tx.facility,
            STATEMENT_FILE.c.account == account,
            STATEMENT_FILE.c.first_day <= day.date,
            STATEMENT_FILE.c.last_day >= day.date,
            STATEMENT_FILE.c.state.in_(("importing", "imported")),
        )
        .limit(1)
    ).first()
    return found is not None


def _ledger_side(tx: UnitOfWork, account: str, day: HospitalDay) -> tuple[SideLine, ...]:
    """One line per transaction: what was applied and what waits is one transfer."""
    amounts: dict[UUID, Money] = defaultdict(lambda: ZERO)
    refs: dict[UUID, str] = {}
    for line in ledger.lines_of_day(tx, f"1100:{account}", day):
        amounts[line.txn_id] += line.amount
        # A line without a movement of ours is its own.
        refs[line.txn_id] = str(line.subject_id or line.txn_id)
    return tuple(SideLine(str(txn), refs[txn], amount) for txn, amount in amounts.items())


def _statement_side(tx: UnitOfWork, account: str, day: HospitalDay) -> tuple[SideLine, ...]:
    # Lines of a statement that is still coming are not looked at before it is whole.
    coming = select(STATEMENT_FILE.c.id).where(
        STATEMENT_FILE.c.facility_id == tx.facility, STATEMENT_FILE.c.state == "placing"
    )
    rows = tx.execute(
        select(STATEMENT_LINE.c.id, STATEMENT_LINE.c.credit_id, STATEMENT_LINE.c.amount)
        .where(
            STATEMENT_LINE.c.facility_id == tx.facility,
            STATEMENT_LINE.c.account == account,
            STATEMENT_LINE.c.bank_day == day.date,
            STATEMENT_LINE.c.file_id.not_in(coming),
        )
        .order_by(STATEMENT_LINE.c.id)
    )
    return tuple(
        SideLine(str(row.id), str(row.credit_id or row.id), vnd(row.amount)) for row in rows
    )


def _feed_side(tx: UnitOfWork, account: str, day: HospitalDay) -> tuple[SideLine, ...]:
    rows = tx.execute(
        select(BANK_CREDIT.c.id, BANK_CREDIT.c.direction, BANK_CREDIT.c.amount)
        .where(
            BANK_CREDIT.c.facility_id == tx.facility,
            BANK_CREDIT.c.account == account,
            BANK_CREDIT.c.bank_day == day.date,
        )
        .order_by(BANK_CREDIT.c.id)
    )
    return tuple(
        SideLine(
            str(row.id),
            str(row.id),
            vnd(row.amount if row.direction == Direction.IN.value else -row.amount),
        )
        for row in rows
    )
