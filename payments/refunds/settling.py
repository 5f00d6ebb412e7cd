"""What a gateway says of a refund takes effect, in any order, once; the caller holds the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import structlog

from payments import audit
from payments.gateway import CallOutcome, Notification, Outcome, Trouble, outcome_of
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.ledger import post, reverse
from payments.ledger.model import Subject
from payments.ledger.posting_rules.refunds import refund_done
from payments.refunds import bouncing, repository
from payments.refunds.model import Refund
from payments.refunds.status import Event, State, after, allows
from payments.storage.unit_of_work import UnitOfWork

EVENTS: Final[Mapping[Outcome, Event]] = MappingProxyType(
    {
        Outcome.REFUND_PENDING: Event.ACCEPTED,
        Outcome.REFUNDED: Event.COMPLETED,
        Outcome.REFUND_REFUSED: Event.DECLINED,
    }
)
_log = structlog.get_logger("refunds")


def told(tx: UnitOfWork, invoice: Invoice, refund: Refund, notification: Notification) -> Refund:
    """Let what the gateway says of a held refund take effect; what contradicts an end is noted."""
    event = EVENTS.get(notification.outcome, Event.NO_ANSWER)
    if event is Event.DECLINED and refund.state is State.DONE:
        # The payee's bank sent it back after the gateway had paid it.
        return _came_back(tx, invoice, refund, notification)
    named = replace(
        refund,
        gateway_id=refund.gateway_id or notification.transaction,
        trouble=notification.trouble or refund.trouble,
    )
    if not allows(refund.state, event):
        if event in (Event.COMPLETED, Event.DECLINED) and after_end(refund.state) is not event:
            _alert(tx, refund, f"told-{event}-after-{refund.state}")
        return refund
    return _happened(tx, invoice, named, event)


def failed(tx: UnitOfWork, invoice: Invoice, refund: Refund, failure: Exception) -> Refund:
    """Note that asking for a held refund failed; only what was refused for sure ends it."""
    trouble: Trouble | None = getattr(failure, "trouble", None)
    noted = replace(refund, trouble=trouble or refund.trouble)
    match outcome_of(failure):
        case CallOutcome.DECLINED:
            return _happened(tx, invoice, noted, Event.DECLINED)
        case CallOutcome.NOT_SENT | CallOutcome.MISCONFIGURED:
            saved = replace(noted, must_send=True)
            repository.save(tx, saved)
            return saved
        case _:
            return _happened(tx, invoice, noted, Event.NO_ANSWER)


def _came_back(tx: UnitOfWork, invoice: Invoice, refund: Refund, told: Notification) -> Refund:
    bounced = bouncing.returned(tx, replace(refund, trouble=told.trouble or refund.trouble), told)
    repository.save(tx, bounced)
    audit.append(tx, "refund.bounced", f"refund:{refund.id}", amount=refund.amount.dong)
    invoices.touch(tx, invoice.id)
    _alert(tx, refund, "bounced")
    return bounced


def after_end(state: State) -> Event | None:
    """Name the event that led to an end."""
    return {State.DONE: Event.COMPLETED, State.REFUSED: Event.DECLINED}.get(state)


def _happened(tx: UnitOfWork, invoice: Invoice, refund: Refund, event: Event) -> Refund:
    state = after(refund.state, event)
    is_over = state in (State.DONE, State.REFUSED)
    saved = replace(
        refund,
        state=state,
        must_send=False,
        next_ask_at=None if is_over else refund.next_ask_at,
        ended_at=tx.now() if is_over else None,
    )
    if state is State.DONE:
        _book_done(tx, saved)
    if state is State.REFUSED:
        _take_back(tx, invoice, saved)
    repository.save(tx, saved)
    if state is not refund.state:
        audit.append(tx, f"refund.{state}", f"refund:{refund.id}", amount=refund.amount.dong)
        invoices.touch(tx, invoice.id)
    return saved


def _book_done(tx: UnitOfWork, refund: Refund) -> None:
    """P17: it left the gateway's account."""
    entry = refund_done(
        refund=refund.id,
        attempt=bouncing.attempt_of(tx, refund.id),
        account=f"1200:{refund.channel}",
        subject=Subject("payment", refund.payment),
        amount=refund.amount,
    )
    post(tx, entry, effective_at=tx.now(), source="webhook")


def _take_back(tx: UnitOfWork, invoice: Invoice, refund: Refund) -> None:
    """P19: what was approved goes back to where it lay."""
    for txn in (refund.suspense_txn, refund.invoice_txn):
        if txn is not None:
            reverse(tx, txn, reason="refund.refused", kind="refund.cancel")
    if refund.invoice_txn is not None:
        invoices.save(tx, replace(invoice, refunded=invoice.refunded - refund.from_invoice))


def _alert(tx: UnitOfWork, refund: Refund, reason: str) -> None:
    facts = {"refund": str(refund.id), "channel": refund.channel, "reason": reason}
    tx.after_commit(lambda: _log.error("refund.review", **facts))
