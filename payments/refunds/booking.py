"""Books what a second person approved: P12 of suspense, P16 of what an invoice has too much."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from payments import audit
from payments.intents import repository as intents
from payments.intents.answering import FIRST_ASK
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.ledger import post
from payments.ledger.model import Subject
from payments.ledger.posting_rules.refunds import refund_approved
from payments.ledger.posting_rules.suspense import suspense_refunded
from payments.refunds import repository
from payments.refunds.model import NotRefundable, Refund, SamePerson
from payments.refunds.sources import Source
from payments.refunds.status import Event, after
from payments.storage.unit_of_work import UnitOfWork


def book(tx: UnitOfWork, of: Source, refund: UUID, login: str) -> Refund:
    """
    Approve and book a request, in the running transaction.

    Raises:
        SamePerson, NotRefundable, IllegalRefundStep: as ``service.approve`` says.
    """
    invoice = hold(tx, of)
    held = repository.lock(tx, refund)
    state = after(held.state, Event.APPROVED)
    if held.requested_by == tx.scope.actor:
        raise SamePerson()
    free = repository.left(tx, of, invoice, but=held.id)
    if held.from_suspense > free.suspense or held.from_invoice > free.over:
        raise NotRefundable(most=free.total)
    now = tx.now()
    approved = replace(
        held,
        state=state,
        approved_by=tx.scope.actor,
        approved_at=now,
        approved_login=login,
        refunded_before=repository.given_back(tx, of.payment),
        next_ask_at=now + FIRST_ASK,
        suspense_txn=_post_suspense(tx, held),
        invoice_txn=_post_invoice(tx, held, invoice),
    )
    repository.save(tx, approved)
    if held.from_invoice:
        invoices.save(tx, replace(invoice, refunded=invoice.refunded + held.from_invoice))
    audit.append(tx, "refund.approved", f"refund:{refund}", amount=held.amount.dong)
    return approved


def _post_suspense(tx: UnitOfWork, refund: Refund) -> UUID | None:
    if not refund.from_suspense:
        return None
    owner = Subject("payment", refund.payment)
    entry = suspense_refunded(refund=refund.id, owner=owner, amount=refund.from_suspense)
    return post(tx, entry, effective_at=tx.now(), source="finance").txn_id


def _post_invoice(tx: UnitOfWork, refund: Refund, invoice: Invoice) -> UUID | None:
    if not refund.from_invoice:
        return None
    entry = refund_approved(refund=refund.id, invoice=invoice.id, amount=refund.from_invoice)
    return post(tx, entry, effective_at=tx.now(), source="finance").txn_id


def hold(tx: UnitOfWork, of: Source) -> Invoice:
    """Hold the invoice of the attempt: whoever takes from its payments waits here."""
    return invoices.lock(tx, intents.get(tx, of.intent).invoice)
