"""
Erases what has served its purpose; the ledger and what it points at stay as they are.

Erased is a sealed value of no bytes, which opens as no words. Ids, amounts, days, keyed hashes and
last four digits stay, so that books, numbers and reconciliation add up as before.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

from payments import audit
from payments.bank.rows import BANK_CREDIT
from payments.encounters.rows import ENCOUNTER
from payments.inbox import repository
from payments.inbox.rows import NOTIFICATION
from payments.kernel.calendar import HospitalDay
from payments.kernel.scope import Scope
from payments.keys import Keys
from payments.ledger.periods import CLOSED
from payments.ledger.rows import PERIOD
from payments.patients.rows import PATIENT, PATIENT_INDEX
from payments.reconciliation.rows import STATEMENT_LINE
from payments.refunds.rows import PAYBACK
from payments.retention.model import rules
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: One commit's worth: nobody at a desk waits for it.
AT_ONCE: Final = 500
_ERASED: Final = b""
#: Who owns a transfer of these states is settled.
_EXPLAINED: Final = ("matched", "ignored")


def tidy(runtime: Runtime, scope: Scope) -> int:
    """Erase what is due now in the facility, a batch a commit; returns how many rows."""
    total = 0
    for work in (partial(bank_words, keys=runtime.keys), patients):
        while done := runtime.database.run(scope, work):
            total += done
    return total


def bank_words(tx: UnitOfWork, *, keys: Keys) -> int:
    """
    Erase memos, raw messages and payers' accounts whose money is explained and whose day is closed.

    What no person explains is erased at the end as well (rule ``bank90``: at most 18 months).
    """
    # Messages first: they are locked before anything else is (storage/locks.py).
    done = _messages(tx, keys) + _credits(tx) + _lines(tx) + _paybacks(tx)
    if done:
        audit.append(tx, "retention.erased", "rule:bank90", rows=done)
    return done


def patients(tx: UnitOfWork) -> int:
    """Erase who somebody was whose last visit is longer ago than any voucher is kept."""
    mine = PATIENT.c.facility_id == tx.facility
    before = tx.now() - timedelta(days=_days("patient10"))
    other = PATIENT.alias("other")
    root = func.coalesce(PATIENT.c.merged_into, PATIENT.c.id)
    same_person = func.coalesce(other.c.merged_into, other.c.id) == root
    visits = select(ENCOUNTER.c.id).join(
        other,
        and_(other.c.facility_id == ENCOUNTER.c.facility_id, other.c.id == ENCOUNTER.c.patient_id),
    )
    ours = and_(other.c.facility_id == PATIENT.c.facility_id, same_person)
    due = select(PATIENT.c.id).where(
        mine,
        func.length(PATIENT.c.name_sealed) > 0,
        exists(visits.where(ours)),
        ~exists(visits.where(ours, ENCOUNTER.c.opened_at >= before)),
    )
    ids = list(tx.execute(due.limit(AT_ONCE)).scalars())
    if not ids:
        return 0
    tx.execute(
        delete(PATIENT_INDEX).where(
            PATIENT_INDEX.c.facility_id == tx.facility, PATIENT_INDEX.c.patient_id.in_(ids)
        )
    )
    nothing = dict.fromkeys(
        ("birth_sealed", "identity_last4", "card_sealed", "card_last4", "phone_last4"), None
    )
    tx.execute(
        update(PATIENT).where(mine, PATIENT.c.id.in_(ids)).values(name_sealed=_ERASED, **nothing)
    )
    for one in ids:
        audit.append(tx, "patient.erased", f"patient:{one}", rule="patient10")
    return len(ids)


def _credits(tx: UnitOfWork) -> int:
    soon, late = _cuts(tx)
    is_closed = exists().where(
        PERIOD.c.facility_id == BANK_CREDIT.c.facility_id,
        PERIOD.c.starts_on == BANK_CREDIT.c.bank_day,
        PERIOD.c.state == CLOSED,
    )
    is_explained = and_(
        BANK_CREDIT.c.bank_day < soon.date, BANK_CREDIT.c.state.in_(_EXPLAINED), is_closed
    )
    return _erase(
        tx,
        BANK_CREDIT,
        (BANK_CREDIT.c.memo_sealed,),
        or_(is_explained, BANK_CREDIT.c.bank_day < late.date),
    )


def _lines(tx: UnitOfWork) -> int:
    """The line of a statement goes with its credit; one that had no effect goes at the end."""
    _, late = _cuts(tx)
    credit_erased = exists().where(
        BANK_CREDIT.c.facility_id == STATEMENT_LINE.c.facility_id,
        BANK_CREDIT.c.id == STATEMENT_LINE.c.credit_id,
        func.length(BANK_CREDIT.c.memo_sealed) == 0,
    )
    is_due = or_(credit_erased, STATEMENT_LINE.c.bank_day < late.date)
    is_done = STATEMENT_LINE.c.state != "waiting"
    return _erase(tx, STATEMENT_LINE, (STATEMENT_LINE.c.memo_sealed,), and_(is_done, is_due))


def _messages(tx: UnitOfWork, keys: Keys) -> int:
    """The raw message and its payer go; other facts stay, for a repeat is held against them."""
    soon, late = _cuts(tx)
    received = NOTIFICATION.c.received_at
    is_open = exists().where(
        BANK_CREDIT.c.facility_id == NOTIFICATION.c.facility_id,
        BANK_CREDIT.c.id == NOTIFICATION.c.credit_id,
        BANK_CREDIT.c.state.not_in(_EXPLAINED),
    )
    is_due = or_(
        and_(NOTIFICATION.c.state == "applied", received < soon.starts_at, ~is_open),
        and_(NOTIFICATION.c.state != "stored", received < late.starts_at),
    )
    mine = NOTIFICATION.c.facility_id == tx.facility
    is_there = func.length(NOTIFICATION.c.raw_sealed) > 0
    due = select(NOTIFICATION.c.id).where(mine, is_there, is_due).order_by(NOTIFICATION.c.id)
    ids = list(tx.execute(due.limit(AT_ONCE)).scalars())
    for one in ids:
        repository.forget_payer(tx, keys, one)
    return len(ids)


def _paybacks(tx: UnitOfWork) -> int:
    soon, _ = _cuts(tx)
    is_due = and_(PAYBACK.c.state.in_(("paid", "refused")), PAYBACK.c.ended_at < soon.starts_at)
    return _erase(tx, PAYBACK, (PAYBACK.c.account_sealed, PAYBACK.c.holder_sealed), is_due)


def _erase(tx: UnitOfWork, table: Any, columns: tuple[Any, ...], due: ColumnElement[bool]) -> int:
    mine = table.c.facility_id == tx.facility
    is_there = or_(*(func.length(column) > 0 for column in columns))
    ids = list(tx.execute(select(table.c.id).where(mine, is_there, due).limit(AT_ONCE)).scalars())
    for column in columns:
        # One that was never filled stays empty in its own way: NULL.
        here = (mine, table.c.id.in_(ids), column.is_not(None))
        tx.execute(update(table).where(*here).values({column.name: _ERASED}))
    return len(ids)


def _cuts(tx: UnitOfWork) -> tuple[HospitalDay, HospitalDay]:
    """Give the first days that are kept: of what is explained, and of everything."""
    today = HospitalDay.of(tx.now())
    rule = rules()["bank90"]
    assert rule.at_most is not None, "data/retention.csv gives bank90 an end"
    return today.plus(-_days("bank90")), today.plus(-rule.at_most)


def _days(name: str) -> int:
    days = rules()[name].days
    assert days is not None, f"data/retention.csv gives {name} its days"
    return days
