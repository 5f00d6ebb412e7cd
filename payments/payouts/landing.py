"""
A transfer that a gateway collected and that landed on our own account at once: in no report.

SePay's payment page does so with transfers. Its message names neither account nor reference of the
bank, so the money is booked on the clearing account (1200), and the bank's own line waits in
suspense. A person says that both are one; then neither counts it twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from payments import audit
from payments.bank.model import Direction, State
from payments.bank.rows import BANK_CREDIT
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.intents.rows import GATEWAY_BOOKING
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.model import Subject
from payments.ledger.posting_rules.suspense import matched
from payments.ledger.queries import subject_balance
from payments.payouts.crediting import Candidate
from payments.payouts.model import CreditUnfit
from payments.payouts.queries import Lying
from payments.receipts import attached
from payments.receipts.attached import Match
from payments.receipts.model import Purpose
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: A bank books a transfer on its day, and one of the late evening on the next.
_AROUND: Final = timedelta(days=1)
_SHOWN_MAX: Final = 5
#: One a payment: whoever says it, and however often, it landed once.
_LANDED: Final = UUID("c0a1f1b2-53c7-5b4e-9f0d-0d6a3d9f8e21")


@dataclass(frozen=True, slots=True)
class Landing:
    """A payment that lies at a gateway by our books, and transfers that may be its money."""

    lying: Lying
    candidates: tuple[Candidate, ...]


def landings(tx: UnitOfWork, lying: tuple[Lying, ...]) -> tuple[Landing, ...]:
    """List which of *lying* may be on our account already."""
    open_ones = [one for one in lying if not one.was_paid_out]
    waiting = _in_suspense_since(tx, open_ones[0].paid_at - _AROUND) if open_ones else ()
    found = (Landing(one, _of(one, waiting)) for one in open_ones)
    return tuple(one for one in found if one.candidates)


def confirm(runtime: Runtime, scope: Scope, payment: UUID, credit_id: UUID) -> None:
    """
    Say that the bank credit is the money of a gateway's *payment* (P11: 2200 against 1200).

    Twice is once.

    Raises:
        CreditUnfit: the amounts differ, or one of the two has found its counterpart.
    """

    def work(tx: UnitOfWork) -> None:
        credit = lock_credit(tx, credit_id)
        match = uuid5(_LANDED, f"{tx.facility}:{payment}:{credit_id}")
        if credit is None:
            raise CreditUnfit()
        if attached.matched_before(tx, match) is not None:
            return
        channel = _channel_of(tx, payment)
        owner = Subject("payment", payment)
        lies = subject_balance(tx, f"1200:{channel}", owner)
        waits = attached.in_suspense(tx, credit_id)
        is_one = lies == waits == credit.amount and not attached.is_a_patients(tx, credit_id)
        if not is_one:
            raise CreditUnfit()
        entry = matched(
            match=match,
            owner=Subject("bank_credit", credit_id),
            credit=f"1200:{channel}",
            subject=owner,
            amount=waits,
        )
        posted = post(tx, entry, effective_at=tx.now(), source="finance")
        kept = Match(match, credit_id, Purpose.PAYOUT, waits, channel, posted.txn_id)
        attached.keep(tx, kept, invoice=None)
        mark(tx, credit_id, State.MATCHED, Purpose.PAYOUT.value)
        audit.append(
            tx, "payout.landed", f"payment:{payment}", credit=str(credit_id), amount=waits.dong
        )

    runtime.database.run(scope, work)


def _in_suspense_since(tx: UnitOfWork, since: datetime) -> tuple[Candidate, ...]:
    """List the transfers that wait and are no patient's, the oldest first."""
    rows: Any = tx.execute(
        select(BANK_CREDIT)
        .where(
            BANK_CREDIT.c.facility_id == tx.facility,
            BANK_CREDIT.c.direction == Direction.IN.value,
            BANK_CREDIT.c.state == State.SUSPENSE.value,
            BANK_CREDIT.c.occurred_at >= since,
        )
        .order_by(BANK_CREDIT.c.occurred_at, BANK_CREDIT.c.id)
    ).all()
    return tuple(
        Candidate(row.id, row.bank_reference, Money(row.amount), row.occurred_at)
        for row in rows
        if not attached.is_a_patients(tx, row.id)
    )


def _of(lying: Lying, waiting: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    fits = (
        one
        for one in waiting
        if one.amount == lying.amount and abs(one.occurred_at - lying.paid_at) <= _AROUND
    )
    return tuple(islice(fits, _SHOWN_MAX))


def _channel_of(tx: UnitOfWork, payment: UUID) -> str:
    """Name the channel that took *payment*. Raises CreditUnfit where no gateway did."""
    found: str | None = tx.execute(
        select(GATEWAY_BOOKING.c.channel).where(
            GATEWAY_BOOKING.c.facility_id == tx.facility,
            GATEWAY_BOOKING.c.payment_id == payment,
            GATEWAY_BOOKING.c.kind == "capture",
        )
    ).scalar()
    if found is None:
        raise CreditUnfit()
    return found
