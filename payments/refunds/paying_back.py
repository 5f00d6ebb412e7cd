"""Asks for and approves money back to a bank account (P12, P16); its payee then gets a link."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from uuid import UUID

from payments import audit
from payments.bank.model import State as CreditState
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.invoicing.service import checked_reason
from payments.kernel.codes import new_code
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules.refunds import refund_approved
from payments.ledger.posting_rules.suspense import suspense_refunded
from payments.receipts import attached
from payments.receipts.model import Purpose
from payments.refunds import movable
from payments.refunds import payback_repository as repository
from payments.refunds.advances import book_advance, hold_advance
from payments.refunds.model import SamePerson
from payments.refunds.movable import Paid
from payments.refunds.moves import Part
from payments.refunds.paybacks import (
    LINK_LIFE,
    PERSON_MAX,
    PERSON_SPAN,
    PREFIX,
    AbovePersonLimit,
    Event,
    IllegalPaybackStep,
    Payback,
    State,
    after,
)
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork
from payments.switches.service import refuse_refunds

_SEALED = "payback.token_sealed"


@dataclass(frozen=True, slots=True)
class PaybackRequest:
    payment: UUID
    amount: Money
    reason: str
    key: str


def request(runtime: Runtime, scope: Scope, asked: PaybackRequest) -> Payback:
    """
    Ask that what is over of a payment goes to an account that its payee will name.

    Raises:
        NoPayment: no such payment.
        NotRefundable: less is over that nobody else waits for.
        AbovePersonLimit: more than one person gets in this way in thirty days.
        InvalidField: the reason is empty or too long.
    """
    reason = checked_reason(asked.reason)

    def work(tx: UnitOfWork) -> Payback:
        of = movable.paid(tx, asked.payment)
        invoice = _hold(tx, of)
        repeated = repository.of_idem_key(tx, asked.key)
        if repeated is not None:
            return repeated
        part = movable.movable(tx, of, invoice).part_for(asked.amount)
        if of.invoice is not None:
            patient = movable.patient_of(tx, of.invoice)
            before = repository.for_patient(tx, patient, tx.now() - PERSON_SPAN)
            if before + asked.amount > PERSON_MAX:
                raise AbovePersonLimit(most=PERSON_MAX)
        elif asked.amount > PERSON_MAX:
            # Nobody's patient: its account would be refused later, after two people agreed.
            raise AbovePersonLimit(most=PERSON_MAX)
        made = new(tx, of, asked, reason, part)
        repository.add(tx, made)
        audit.append(
            tx, "payback.requested", f"payback:{made.id}", amount=made.amount.dong, reason=reason
        )
        return made

    return runtime.database.run(scope, work)


def approve(runtime: Runtime, scope: Scope, payback: UUID) -> Payback:
    """
    Approve one, book it (P12 or P16) and make the link by which its payee names an account.

    Raises:
        NoPayback: nobody asked for it.
        SamePerson: the one who approves has asked for it.
        IllegalPaybackStep: it is no longer a request.
        NotRefundable: meanwhile less is over.
    """

    def work(tx: UnitOfWork) -> Payback:
        refuse_refunds(tx)
        found = repository.get(tx, payback)
        of = movable.paid(tx, found.payment)
        if found.part is Part.DEPOSIT:
            hold_advance(tx, found.payment)
        invoice = _hold(tx, of)
        asked = repository.lock(tx, payback)
        state = after(asked.state, Event.APPROVED)
        if asked.requested_by == tx.scope.actor:
            raise SamePerson()
        free = movable.movable(tx, of, invoice, but=asked.id)
        if asked.part is not Part.DEPOSIT and free.part_for(asked.amount) is not asked.part:
            raise IllegalPaybackStep("what is over has changed since it was asked for")
        approved = replace(
            asked,
            state=state,
            approved_by=tx.scope.actor,
            approved_at=tx.now(),
            book_txn=book_advance(tx, asked.id, asked.payment, asked.amount)
            if asked.part is Part.DEPOSIT
            else _book(tx, of, asked, invoice),
        )
        linked = with_link(tx, runtime, approved)
        repository.save(tx, linked)
        audit.append(tx, "payback.approved", f"payback:{payback}", amount=asked.amount.dong)
        return linked

    return runtime.database.run(scope, work)


def turn_down(runtime: Runtime, scope: Scope, payback: UUID) -> Payback:
    """Turn a request down: its money is free again. Raises NoPayback, IllegalPaybackStep."""

    def work(tx: UnitOfWork) -> Payback:
        _hold(tx, movable.paid(tx, repository.get(tx, payback).payment))
        held = repository.lock(tx, payback)
        ended = replace(held, state=after(held.state, Event.TURNED_DOWN), ended_at=tx.now())
        repository.save(tx, ended)
        audit.append(tx, "payback.turned_down", f"payback:{payback}", amount=held.amount.dong)
        return ended

    return runtime.database.run(scope, work)


def with_link(tx: UnitOfWork, runtime: Runtime, payback: Payback) -> Payback:
    """Give a held one a fresh link: 128 random bits; the former one opens nothing any more."""
    token = secrets.token_urlsafe(16)
    return replace(
        payback,
        token_hash=runtime.keys.fingerprint("lookup", token),
        token_sealed=runtime.keys.seal("personal", token, context=_SEALED),
        expires_at=tx.now() + LINK_LIFE,
        named_times=0,
    )


def token_of(runtime: Runtime, payback: Payback) -> str:
    """Give the link's secret, for the person who hands it to the payee; "" while there is none."""
    if payback.token_sealed is None:
        return ""
    return runtime.keys.open("personal", payback.token_sealed, context=_SEALED)


def _hold(tx: UnitOfWork, of: Paid) -> Invoice | None:
    """Hold what the money belongs to: its invoice, and the transfer that brought it."""
    invoice = None if of.invoice is None else invoices.lock(tx, of.invoice)
    if of.credit is not None:
        lock_credit(tx, of.credit)
    return invoice


def _book(tx: UnitOfWork, of: Paid, payback: Payback, invoice: Invoice | None) -> UUID:
    if payback.part is Part.INVOICE:
        assert invoice is not None, "what is over belongs to an invoice"
        entry = refund_approved(refund=payback.id, invoice=invoice.id, amount=payback.amount)
        txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        invoices.save(tx, replace(invoice, refunded=invoice.refunded + payback.amount))
        return txn
    entry = suspense_refunded(refund=payback.id, owner=of.owner, amount=payback.amount)
    txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
    if invoice is not None:
        invoices.touch(tx, invoice.id)
    if of.credit is not None:
        match = attached.Match(
            payback.id, of.credit, Purpose.REFUND, payback.amount, payback.reason, txn
        )
        attached.keep(tx, match, invoice=None)
        is_left = bool(attached.in_suspense(tx, of.credit))
        mark(tx, of.credit, CreditState.SUSPENSE if is_left else CreditState.MATCHED, "paid_back")
    return txn


def new(tx: UnitOfWork, of: Paid, asked: PaybackRequest, reason: str, part: Part) -> Payback:
    """Make a request of *part*: nothing is booked and no link is made before it is approved."""
    return Payback(
        id=new_id(),
        payment=of.payment,
        invoice=of.invoice,
        part=part,
        amount=asked.amount,
        state=State.REQUESTED,
        reason=reason,
        requested_by=tx.scope.actor,
        requested_at=tx.now(),
        approved_by=None,
        approved_at=None,
        book_txn=None,
        code=new_code(secrets.token_bytes, PREFIX),
        token_hash=None,
        token_sealed=None,
        expires_at=None,
        named_times=0,
        named_at=None,
        bank="",
        account_sealed=None,
        account_hash=None,
        account_last4="",
        holder_sealed=None,
        checked_by=None,
        ready_at=None,
        attempt=1,
        credit=None,
        paid_txn=None,
        ended_at=None,
        idem_key=asked.key,
    )
