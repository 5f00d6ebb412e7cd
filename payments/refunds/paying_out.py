"""The bank's line closes what was to be paid out (P17), or brings it back (P18)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

import structlog
from sqlalchemy import select

from payments import audit
from payments.bank.model import BankCredit, Direction
from payments.bank.model import State as CreditState
from payments.bank.rows import BANK_CREDIT
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.kernel.codes import candidates
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.model import Subject
from payments.ledger.posting_rules.refunds import refund_came_back, refund_done
from payments.receipts import attached
from payments.receipts.model import Purpose
from payments.refunds import payback_repository as repository
from payments.refunds.claiming import emptied
from payments.refunds.paybacks import (
    PAYABLE,
    PREFIX,
    Event,
    NoSuchTransfer,
    NotCooled,
    Payback,
    after,
)
from payments.refunds.paying_back import with_link
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

_log = structlog.get_logger("refunds")


def paid_by(tx: UnitOfWork, credit: BankCredit, memo: str) -> bool:
    """
    Let a transfer that left close what its memo names; False where it names none, or no such sum.

    The transfer is new and held by this transaction.
    """
    codes = candidates(memo, PREFIX)
    named = repository.of_codes(tx, codes) if codes else []
    fits = [one for one in named if one.state in PAYABLE and one.amount == credit.amount]
    if len(fits) != 1 or len(named) != 1:
        if named:
            reason = "paid-out-otherwise"
            tx.after_commit(lambda: _log.error("refund.review", reason=reason))
        return False
    held = repository.lock(tx, fits[0].id)
    if held.state not in PAYABLE:
        return False
    _close(tx, held, credit)
    return True


def close(runtime: Runtime, scope: Scope, payback: UUID, reference: str) -> Payback:
    """
    Let a person say which transfer paid it, by the bank's *reference*.

    Raises:
        NoPayback, IllegalPaybackStep: there is none, or it is not ready.
        NotCooled: its account still waits.
        NoSuchTransfer: no transfer of that reference and amount left and waits.
    """

    def work(tx: UnitOfWork) -> Payback:
        found = repository.get(tx, payback)
        credit = _transfer(tx, reference, found, Direction.OUT, CreditState.NEW)
        held = repository.lock(tx, payback)
        after(held.state, Event.PAID)
        if held.ready_at is None or tx.now() < held.ready_at:
            raise NotCooled()
        return _close(tx, held, credit)

    return runtime.database.run(scope, work)


def came_back(runtime: Runtime, scope: Scope, payback: UUID, reference: str) -> Payback:
    """
    Let a person say which transfer brought it back (P18): it is owed again, by a fresh link.

    Raises:
        NoPayback, IllegalPaybackStep: there is none, or it was not paid.
        NoSuchTransfer: no transfer of that reference and amount came in and waits.
    """

    def work(tx: UnitOfWork) -> Payback:
        found = repository.get(tx, payback)
        credit = _transfer(tx, reference, found, Direction.IN, CreditState.SUSPENSE)
        held = repository.lock(tx, payback)
        after(held.state, Event.RETURNED)
        match = uuid5(held.id, f"came-back:{credit.id}")
        entry = refund_came_back(match=match, credit=credit.id, refund=held.id, amount=held.amount)
        txn = post(tx, entry, effective_at=credit.occurred_at, source="finance").txn_id
        attached.keep(
            tx,
            attached.Match(match, credit.id, Purpose.REFUND, held.amount, held.reason, txn),
            invoice=None,
        )
        mark(tx, credit.id, CreditState.MATCHED, "refund_came_back")
        owed = replace(
            emptied(held, Event.RETURNED),
            attempt=held.attempt + 1,
            credit=None,
            paid_txn=None,
            ended_at=None,
        )
        fresh = with_link(tx, runtime, owed)
        repository.save(tx, fresh)
        audit.append(tx, "payback.came_back", f"payback:{held.id}", amount=held.amount.dong)
        return fresh

    return runtime.database.run(scope, work)


def _close(tx: UnitOfWork, held: Payback, credit: BankCredit) -> Payback:
    entry = refund_done(
        refund=held.id,
        attempt=held.attempt,
        account=f"1100:{credit.account}",
        subject=Subject("bank_credit", credit.id),
        amount=held.amount,
    )
    txn = post(tx, entry, effective_at=credit.occurred_at, source="statement").txn_id
    mark(tx, credit.id, CreditState.MATCHED, "refund_paid")
    paid = replace(
        held,
        state=after(held.state, Event.PAID),
        credit=credit.id,
        paid_txn=txn,
        ended_at=tx.now(),
    )
    repository.save(tx, paid)
    audit.append(tx, "payback.paid", f"payback:{held.id}", amount=held.amount.dong)
    return paid


def _transfer(
    tx: UnitOfWork, reference: str, payback: Payback, direction: Direction, state: CreditState
) -> BankCredit:
    """Hold the one transfer of *reference* that fits. Raises NoSuchTransfer."""
    ids = (
        tx.execute(
            select(BANK_CREDIT.c.id).where(
                BANK_CREDIT.c.facility_id == tx.facility,
                BANK_CREDIT.c.bank_reference == reference.strip(),
                BANK_CREDIT.c.bank_reference != "",
                BANK_CREDIT.c.direction == direction.value,
                BANK_CREDIT.c.amount == payback.amount.dong,
            )
        )
        .scalars()
        .all()
    )
    found = lock_credit(tx, ids[0]) if len(ids) == 1 else None
    if found is None or found.state is not state:
        raise NoSuchTransfer()
    if direction is Direction.IN and attached.in_suspense(tx, found.id) != payback.amount:
        raise NoSuchTransfer()
    return found
