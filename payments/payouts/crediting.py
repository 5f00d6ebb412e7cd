"""A batch becomes one line of our bank account: suggested by the sum, said by a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import func, select

from payments import audit
from payments.bank.model import Direction, State
from payments.bank.rows import BANK_CREDIT
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.model import Subject
from payments.ledger.posting_rules.suspense import matched
from payments.payouts import repository
from payments.payouts.model import CreditUnfit
from payments.payouts.repository import Payout
from payments.payouts.rows import PAYOUT_LINE
from payments.receipts import attached
from payments.receipts.attached import Match
from payments.receipts.model import Purpose
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: A gateway pays on its day or a few working days later; a day before is another time zone.
_FROM: Final = timedelta(days=1)
_UNTIL: Final = timedelta(days=10)
_SHOWN_MAX: Final = 10
#: One a batch: whoever confirms it, and however often, it is credited once.
_CREDITED: Final = UUID("8d2f6f57-6f9a-5b0e-9a6e-41a7d6a9b0c3")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A transfer that waits and has the batch's amount."""

    credit: UUID
    reference: str
    amount: Money
    occurred_at: datetime


def net_of(tx: UnitOfWork, payout: UUID) -> Money:
    """Sum what the report says that the batch comes to, booked or not."""
    total: int = tx.execute(
        select(func.coalesce(func.sum(PAYOUT_LINE.c.net), 0)).where(
            PAYOUT_LINE.c.facility_id == tx.facility, PAYOUT_LINE.c.payout_id == payout
        )
    ).scalar_one()
    return vnd(int(total))


def candidates(tx: UnitOfWork, payout: Payout) -> tuple[Candidate, ...]:
    """List transfers that may be *payout*: to its account, of its net, around its day, nobody's."""
    net = net_of(tx, payout.id)
    if payout.credit is not None or net.dong <= 0:
        return ()
    day = BANK_CREDIT.c.bank_day
    rows: Any = tx.execute(
        select(BANK_CREDIT)
        .where(
            BANK_CREDIT.c.facility_id == tx.facility,
            BANK_CREDIT.c.account == payout.account,
            BANK_CREDIT.c.direction == Direction.IN.value,
            BANK_CREDIT.c.state == State.SUSPENSE.value,
            BANK_CREDIT.c.amount == net.dong,
            day >= payout.settle_date - _FROM,
            day <= payout.settle_date + _UNTIL,
        )
        .order_by(day, BANK_CREDIT.c.id)
        .limit(_SHOWN_MAX)
    )
    return tuple(
        Candidate(row.id, row.bank_reference, vnd(row.amount), row.occurred_at)
        for row in rows.all()
        if not attached.is_a_patients(tx, row.id)
    )


def confirm(runtime: Runtime, scope: Scope, payout: UUID, credit_id: UUID) -> None:
    """
    Say that the bank credit *credit_id* is the batch (P20b of parked money, so by P11).

    What of the batch is not booked stays on 1020, against its name. Twice is once.

    Raises:
        NoPayout: no such batch.
        CreditUnfit: the credit is another's, of another amount or account, or a patient's; or the
            batch has another.
    """

    def work(tx: UnitOfWork) -> None:
        credit = lock_credit(tx, credit_id)
        held = repository.lock(tx, payout)
        if held.credit is not None and held.credit == credit_id:
            return
        fits = {one.credit for one in candidates(tx, held)}
        if credit is None or credit_id not in fits:
            raise CreditUnfit()
        if attached.in_suspense(tx, credit_id) != credit.amount:
            raise CreditUnfit()
        match = uuid5(_CREDITED, f"{tx.facility}:{payout}")
        entry = matched(
            match=match,
            owner=Subject("bank_credit", credit_id),
            credit=f"1020:{held.account}",
            subject=Subject("settlement", payout),
            amount=credit.amount,
        )
        posted = post(tx, entry, effective_at=tx.now(), source="finance")
        note = Match(match, credit_id, Purpose.PAYOUT, credit.amount, held.batch, posted.txn_id)
        attached.keep(tx, note, invoice=None)
        mark(tx, credit_id, State.MATCHED, Purpose.PAYOUT.value)
        repository.set_credited(tx, payout, credit_id)
        audit.append(
            tx,
            "payout.credited",
            f"payout:{payout}",
            credit=str(credit_id),
            amount=credit.amount.dong,
        )

    runtime.database.run(scope, work)
