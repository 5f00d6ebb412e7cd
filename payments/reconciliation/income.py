"""Money that came in and is no patient's: the bank's interest, another income of the hospital."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from payments import audit
from payments.bank.model import NoMovement, State
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.invoicing.service import checked_reason
from payments.kernel.errors import InvalidField, Rejected
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.ledger.model import Subject
from payments.ledger.posting_rules.suspense import suspense_is_income
from payments.ledger.service import post
from payments.receipts import attached
from payments.receipts.attached import Match
from payments.receipts.model import Purpose
from payments.reconciliation.resolving import NothingInSuspense
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: What a person may say: an invoice is attached by its own use case.
KINDS: Final = (Purpose.INTEREST, Purpose.INCOME)
#: One a movement: whatever it is called, it is booked as income once.
_TAKEN: Final = UUID("3d0c63f2-9d0e-5c7b-a1f4-6f0c8a35e7d1")


class PatientsMoney(Rejected):
    """The transfer named an invoice: what is over belongs to its payer, never to the hospital."""

    code = "patients-money"


def purpose_of(text: str) -> Purpose:
    """Read what kind of income a person chose. Raises InvalidField."""
    chosen = next((kind for kind in KINDS if kind.value == text), None)
    if chosen is None:
        raise InvalidField("purpose", "income_kind")
    return chosen


def take_as_income(
    runtime: Runtime, scope: Scope, credit_id: UUID, purpose: Purpose, reason: str
) -> Money:
    """
    Book all that waits of a movement as income (P42 of parked money, so by P11); twice is once.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoMovement: no such movement.
        NothingInSuspense: the money has found its owner meanwhile.
        PatientsMoney: the transfer named an invoice, or something of it was attached to one.
    """
    cleaned = checked_reason(reason)
    return runtime.database.run(scope, lambda tx: take_in(tx, credit_id, purpose, cleaned))


def match_of(facility: int, credit_id: UUID) -> UUID:
    """Name the one match by which a movement is income."""
    return uuid5(_TAKEN, f"{facility}:{credit_id}")


def take_in(tx: UnitOfWork, credit_id: UUID, purpose: Purpose, reason: str) -> Money:
    """Do the same inside a running transaction, for a *reason* that was checked."""
    credit = lock_credit(tx, credit_id)
    if credit is None:
        raise NoMovement()
    match = match_of(tx.facility, credit_id)
    before = attached.matched_before(tx, match)
    if before is not None:
        return before
    waiting = attached.in_suspense(tx, credit_id)
    if not waiting:
        raise NothingInSuspense()
    if attached.is_a_patients(tx, credit_id):
        raise PatientsMoney()
    owner = Subject("bank_credit", credit_id)
    entry = suspense_is_income(match=match, owner=owner, amount=waiting)
    booked = post(tx, entry, effective_at=tx.now(), source="finance")
    kept = Match(match, credit_id, purpose, waiting, reason, booked.txn_id)
    attached.keep(tx, kept, invoice=None)
    mark(tx, credit_id, State.MATCHED, purpose.value)
    audit.append(
        tx,
        "suspense.taken_as_income",
        f"bank_credit:{credit_id}",
        purpose=purpose.value,
        amount=waiting.dong,
        reason=reason,
    )
    return waiting
