"""A person takes a match of suspense and invoice back: the money waits again, the invoice owes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select

from payments import audit
from payments.bank.model import State
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.intents import repository as intents
from payments.intents.service import due_changed
from payments.invoicing import repository as invoices
from payments.invoicing.service import checked_reason
from payments.kernel.errors import Conflict, NotFound
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger.service import reverse
from payments.receipts.model import Purpose
from payments.receipts.rows import SUSPENSE_MATCH, SUSPENSE_UNMATCH
from payments.refunds import payback_repository as paybacks
from payments.refunds.move_repository import taken
from payments.refunds.moves import Part
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


class NoMatch(NotFound):
    """This facility has no such match of a movement and an invoice."""

    code = "no-match"


class MatchInUse(Conflict):
    """Something of the money is asked to go elsewhere; that comes first."""

    code = "match-in-use"


def unmatch(runtime: Runtime, scope: Scope, match_id: UUID, reason: str) -> Money:
    """
    Take a match back by its exact negation (P44): 2200 holds the money again, 1300 what is owed.

    The match and its receipt stay listed, with who took it back and why; the invoice shows a new
    code for what it owes again. It is booked today, also where the day of the match is closed.
    Twice is once.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoMatch: no such match of a movement and an invoice.
        MatchInUse: a refund or a move of this money is asked for or done.
    """
    cleaned = checked_reason(reason)
    return runtime.database.run(scope, lambda tx: _unmatch(tx, runtime, match_id, cleaned))


def _unmatch(tx: UnitOfWork, runtime: Runtime, match_id: UUID, reason: str) -> Money:
    match = _match(tx, match_id)
    invoice = invoices.lock(tx, match.invoice_id)
    active = intents.lock_active(tx, match.invoice_id)
    lock_credit(tx, match.credit_id)
    amount = vnd(match.amount)
    if is_taken_back(tx, match_id):
        return amount
    asked = taken(tx, Part.INVOICE, match_id) + paybacks.taken(tx, Part.INVOICE, match_id)
    if asked or invoice.paid - amount < invoice.refunded:
        raise MatchInUse()
    posted = reverse(tx, match.txn_id, reason="unmatched", kind="suspense.unmatch")
    tx.execute(
        insert(SUSPENSE_UNMATCH),
        {
            "facility_id": tx.facility,
            "match_id": match_id,
            "txn_id": posted.txn_id,
            "reason": reason,
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
        },
    )
    owing = replace(invoice, paid=invoice.paid - amount)
    invoices.save(tx, owing)
    due_changed(tx, runtime, replace(owing, version=invoice.version + 1), active)
    mark(tx, match.credit_id, State.SUSPENSE, "unmatched_by_person")
    audit.append(
        tx,
        "suspense.unmatched",
        f"bank_credit:{match.credit_id}",
        invoice=str(match.invoice_id),
        amount=amount.dong,
        reason=reason,
    )
    return amount


def is_taken_back(tx: UnitOfWork, match_id: UUID) -> bool:
    """Say whether a match was taken back."""
    found = tx.execute(
        select(SUSPENSE_UNMATCH.c.match_id).where(
            SUSPENSE_UNMATCH.c.facility_id == tx.facility, SUSPENSE_UNMATCH.c.match_id == match_id
        )
    )
    return found.first() is not None


def _match(tx: UnitOfWork, match_id: UUID) -> Row[Any]:
    row = tx.execute(
        select(SUSPENSE_MATCH).where(
            SUSPENSE_MATCH.c.facility_id == tx.facility,
            SUSPENSE_MATCH.c.id == match_id,
            SUSPENSE_MATCH.c.purpose == Purpose.INVOICE.value,
        )
    ).first()
    if row is None:
        raise NoMatch()
    return row
