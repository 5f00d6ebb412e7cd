"""Money that left our account and waits for somebody to say what it paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments.bank.model import BankCredit, Direction, State
from payments.bank.rows import BANK_CREDIT
from payments.bank.service import lock as lock_credit
from payments.kernel.errors import Conflict
from payments.kernel.money import Money, vnd
from payments.storage.unit_of_work import UnitOfWork

_SHOWN_MAX: Final = 200


class DebitUnfit(Conflict):
    """The movement is not (any longer) a debit of this amount that waits."""

    code = "debit-unfit"


@dataclass(frozen=True, slots=True)
class Debit:
    credit: UUID
    account: str
    reference: str
    amount: Money
    occurred_at: datetime


def waiting(tx: UnitOfWork) -> tuple[Debit, ...]:
    """List debits that nothing explains, the newest first."""
    rows = tx.execute(
        select(BANK_CREDIT)
        .where(
            BANK_CREDIT.c.facility_id == tx.facility,
            BANK_CREDIT.c.direction == Direction.OUT.value,
            BANK_CREDIT.c.state == State.NEW.value,
        )
        .order_by(BANK_CREDIT.c.occurred_at.desc(), BANK_CREDIT.c.id)
        .limit(_SHOWN_MAX)
    )
    return tuple(
        Debit(row.id, row.account, row.bank_reference, vnd(row.amount), row.occurred_at)
        for row in rows
    )


def hold(tx: UnitOfWork, debit: UUID) -> BankCredit:
    """Hold a debit that waits. Raises DebitUnfit."""
    found = lock_credit(tx, debit)
    if found is None or found.direction is not Direction.OUT or found.state is not State.NEW:
        raise DebitUnfit()
    return found
