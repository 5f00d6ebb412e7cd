"""The lines of a day that nobody has explained, with what each may mean."""

from __future__ import annotations

from typing import Final

from sqlalchemy import or_, select

from payments.bank.finding import model as credit_of
from payments.bank.model import BankCredit, Direction, State
from payments.bank.rows import BANK_CREDIT
from payments.bank.service import memo_of
from payments.kernel.calendar import HospitalDay
from payments.matching.model import Line
from payments.receipts.attached import in_suspense, is_a_patients
from payments.reconciliation.suggesting import candidates_of, near_codes
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: More unexplained lines than this on one day are a feed that failed: a person looks at that first.
LINES_MAX: Final = 2_000


def lines_of(tx: UnitOfWork, runtime: Runtime, day: HospitalDay) -> tuple[Line, ...]:
    """
    List the movements of *day* that no rule and no person has explained, in their order.

    What named an invoice and is over belongs to its payer: no rule touches it.
    """
    is_waiting = or_(
        (BANK_CREDIT.c.direction == Direction.IN.value)
        & (BANK_CREDIT.c.state == State.SUSPENSE.value),
        (BANK_CREDIT.c.direction == Direction.OUT.value) & (BANK_CREDIT.c.state == State.NEW.value),
    )
    rows = tx.execute(
        select(BANK_CREDIT)
        .where(
            BANK_CREDIT.c.facility_id == tx.facility,
            BANK_CREDIT.c.bank_day == day.date,
            is_waiting,
        )
        .order_by(BANK_CREDIT.c.occurred_at, BANK_CREDIT.c.id)
        .limit(LINES_MAX)
    ).all()
    found = (
        _line(tx, runtime, credit_of(row), memo_of(runtime.keys, row.memo_sealed)) for row in rows
    )
    return tuple(one for one in found if one is not None)


def _line(tx: UnitOfWork, runtime: Runtime, credit: BankCredit, memo: str) -> Line | None:
    if credit.direction is Direction.OUT:
        return _told(credit, memo)
    left = in_suspense(tx, credit.id)
    if left != credit.amount or is_a_patients(tx, credit.id):
        return None
    near = near_codes(runtime, memo)
    found = candidates_of(tx, credit, left, near)
    return Line(
        credit.id,
        credit.account,
        credit.reference,
        credit.direction,
        left,
        credit.day,
        credit.occurred_at,
        memo,
        near,
        found,
    )


def _told(credit: BankCredit, memo: str) -> Line:
    return Line(
        credit.id,
        credit.account,
        credit.reference,
        credit.direction,
        credit.amount,
        credit.day,
        credit.occurred_at,
        memo,
        frozenset(),
        (),
    )
