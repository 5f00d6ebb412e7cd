"""A person says what money is for: suspense finds its invoice, the bank's own lines are booked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from payments import audit
from payments.bank.model import Direction, NoMovement, State
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.intents import repository as intents
from payments.intents.service import due_changed
from payments.invoicing import repository as invoices
from payments.invoicing.model import amount_due
from payments.invoicing.rows import INVOICE
from payments.invoicing.service import checked_reason
from payments.kernel.errors import Conflict
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.ledger.posting_rules.money_in import bank_other
from payments.ledger.posting_rules.suspense import suspense_matched
from payments.ledger.service import post
from payments.receipts import attached
from payments.receipts.model import Purpose
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


class NothingInSuspense(Conflict):
    """The money has found its owner meanwhile."""

    code = "nothing-in-suspense"


class InvoiceOwesNothing(Conflict):
    """The invoice is settled or cancelled; the money stays in suspense."""

    code = "invoice-owes-nothing"


class NotABankLine(Conflict):
    """Only money that left the account and is not booked yet is a line of the bank itself."""

    code = "not-a-bank-line"


@dataclass(frozen=True, slots=True)
class Match:
    """*amount* of a movement in suspense now pays an invoice."""

    id: UUID
    amount: Money
    is_new: bool


def attach(runtime: Runtime, scope: Scope, credit_id: UUID, invoice_id: UUID, reason: str) -> Match:
    """
    Let money in suspense pay an invoice (P11): the smaller of what is due and what is there.

    A second click finds the first match and changes nothing.

    Raises:
        InvalidField: *reason* is empty or too long.
        NotFound: no such movement or invoice.
        NothingInSuspense, InvoiceOwesNothing: there is nothing to match.
    """
    cleaned = checked_reason(reason)
    return runtime.database.run(
        scope, lambda tx: attach_in(tx, runtime, credit_id, invoice_id, cleaned)
    )


def invoice_of_number(tx: UnitOfWork, number: str) -> UUID | None:
    """Find the invoice of a number as it is printed; None where this facility has none."""
    found: UUID | None = tx.execute(
        select(INVOICE.c.id).where(INVOICE.c.facility_id == tx.facility, INVOICE.c.number == number)
    ).scalar()
    return found


def book_bank_line(runtime: Runtime, scope: Scope, credit_id: UUID, reason: str) -> None:
    """
    Book money that left the account as the bank's own fee (P42); twice is once.

    Raises:
        InvalidField: *reason* is empty or too long.
        NotFound: no such movement.
        NotABankLine: it came in, or is explained already.
    """
    cleaned = checked_reason(reason)
    runtime.database.run(scope, lambda tx: book_bank_line_in(tx, credit_id, cleaned))


def book_bank_line_in(tx: UnitOfWork, credit_id: UUID, reason: str) -> Money:
    """Do the same inside a running transaction, for a *reason* that was checked."""
    credit = lock_credit(tx, credit_id)
    if credit is None:
        raise NoMovement()
    if credit.state is State.MATCHED and credit.direction is Direction.OUT:
        return credit.amount
    if credit.direction is not Direction.OUT or credit.state is not State.NEW:
        raise NotABankLine()
    entry = bank_other(
        bank_account=credit.account,
        external_id=credit.external_id,
        amount=-credit.amount,
        credit=credit.id,
    )
    post(tx, entry, effective_at=credit.occurred_at, source="finance")
    mark(tx, credit.id, State.MATCHED, "bank_fee")
    audit.append(tx, "bank.fee_booked", f"bank_credit:{credit.id}", reason=reason)
    return credit.amount


def attach_in(
    tx: UnitOfWork, runtime: Runtime, credit_id: UUID, invoice_id: UUID, reason: str
) -> Match:
    """Do what ``attach`` does inside a running transaction, for a *reason* that was checked."""
    invoice = invoices.lock(tx, invoice_id)
    active = intents.lock_active(tx, invoice_id)
    credit = lock_credit(tx, credit_id)
    if credit is None:
        raise NoMovement()
    turn = attached.taken_back(tx, credit_id, invoice_id)
    match_id = attached.match_id(tx.facility, credit_id, invoice_id, turn=turn)
    before = attached.matched_before(tx, match_id)
    if before is not None:
        return Match(match_id, before, is_new=False)
    waiting = attached.in_suspense(tx, credit_id)
    if not waiting:
        raise NothingInSuspense()
    amount = min(amount_due(invoice), waiting)
    if not amount:
        raise InvoiceOwesNothing()
    entry = suspense_matched(match=match_id, credit=credit_id, invoice=invoice_id, amount=amount)
    posted = post(tx, entry, effective_at=tx.now(), source="finance")
    match = attached.Match(match_id, credit_id, Purpose.INVOICE, amount, reason, posted.txn_id)
    paid = attached.attach(tx, match, invoice, received_at=credit.occurred_at)
    due_changed(tx, runtime, paid, active)
    mark(tx, credit_id, State.SUSPENSE if waiting > amount else State.MATCHED, "matched_by_person")
    return Match(match_id, amount, is_new=True)
