"""
The insurer's transfer pays what its notices left open (P31), claim by claim in one order.

Its transfer lies in suspense like all that names no invoice; a person says what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import insert, select

from payments import audit
from payments.bank.model import NoMovement
from payments.bank.model import State as Credit
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.invoicing.service import checked_reason
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.ledger.posting_rules.settlement import parked_payment
from payments.ledger.service import post
from payments.receipts import attached
from payments.receipts.attached import Match
from payments.receipts.model import Purpose
from payments.runtime import Runtime
from payments.settlement import periods, repository
from payments.settlement.advancing import waiting
from payments.settlement.model import Claim, NothingToPay
from payments.settlement.money_rows import FUND_RECEIPT, FUND_RECEIPT_LINE
from payments.settlement.settling import if_paid, of_quarter, shared
from payments.settlement.status import State
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: Claims of one ledger transaction: each names its own row of what left suspense.
_PIECE: Final = 200
_RECEIPTS: Final = UUID("8e2d7a41-0c5b-5f93-a6d8-1b4f3e9c7052")
_PAID: Final = insert(FUND_RECEIPT_LINE)


def receive(runtime: Runtime, scope: Scope, quarter: UUID, credit_id: UUID, reason: str) -> Money:
    """
    Let a transfer in suspense pay what notices of *quarter* left open; twice is once.

    What is more than that stays in suspense. Returns what was paid, in đồng.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoMovement, NoClaimPeriod: there is none.
        NotTheInsurers: the transfer named an invoice, or nothing of it waits.
        NothingToPay: no settled claim of the quarter waits for money.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork) -> Money:
        credit = lock_credit(tx, credit_id)
        if credit is None:
            raise NoMovement()
        periods.lock(tx, quarter)
        receipt = uuid5(_RECEIPTS, f"{tx.facility}:{credit_id}:{quarter}")
        before = tx.execute(
            select(FUND_RECEIPT.c.amount).where(
                FUND_RECEIPT.c.facility_id == tx.facility, FUND_RECEIPT.c.id == receipt
            )
        ).scalar()
        if before is not None:
            return vnd(before)
        there = waiting(tx, credit_id)
        claims = [one for one in of_quarter(tx, quarter, State.SETTLED) if one.to_pay]
        parts = shared([claim.to_pay for claim in claims], there)
        amount = sum(parts, ZERO)
        if not amount:
            raise NothingToPay()
        values = {"id": receipt, "period_id": quarter, "credit_id": credit_id}
        made = {"amount": amount.dong, "made_at": tx.now(), "made_by": tx.scope.actor}
        insert_new(tx, FUND_RECEIPT, values | made)
        paid = [(one, part) for one, part in zip(claims, parts, strict=True) if part]
        for start in range(0, len(paid), _PIECE):
            _pay(tx, receipt, credit_id, paid[start : start + _PIECE], cleaned)
        mark(tx, credit_id, Credit.SUSPENSE if there > amount else Credit.MATCHED, "bhyt_paid")
        audit.append(tx, "fund.paid", f"claim_period:{quarter}", amount=amount.dong)
        return amount

    return runtime.database.run(scope, work)


def _pay(
    tx: UnitOfWork, receipt: UUID, credit: UUID, paid: Sequence[tuple[Claim, Money]], reason: str
) -> None:
    match = uuid5(receipt, str(paid[0][0].id))
    entry = parked_payment(
        match=match,
        credit=credit,
        agency=paid[0][0].agency,
        claims={claim.id: amount for claim, amount in paid},
    )
    txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
    amount = sum((part for _, part in paid), ZERO)
    attached.keep(tx, Match(match, credit, Purpose.BHYT_PAID, amount, reason, txn), None)
    mine = {"facility_id": tx.facility, "receipt_id": receipt, "txn_id": txn}
    tx.execute(_PAID, [mine | {"claim_id": one.id, "amount": part.dong} for one, part in paid])
    changed = [replace(claim, paid=claim.paid + part) for claim, part in paid]
    repository.save(tx, [if_paid(claim) for claim in changed])
    for claim, part in paid:
        repository.step(tx, claim.id, "paid", part, txn=txn)
