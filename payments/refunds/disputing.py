"""What a gateway took back takes effect: P23 to P25, in any order, once; the caller holds rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from payments import audit
from payments.events.model import Kind as EventKind
from payments.gateway import Notification, Verdict
from payments.intents.model import Intent
from payments.intents.service import due_changed
from payments.intents.status import ACTIVE
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.invoicing.telling import tell
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules.disputes import dispute_lost, dispute_opened, dispute_won
from payments.refunds import dispute_repository as repository
from payments.refunds.dispute_repository import Capture
from payments.refunds.disputes import (
    TOLD,
    Dispute,
    NotBookedYet,
    State,
    contradicts,
    name_of,
    parts,
)
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

_log = structlog.get_logger("refunds")


@dataclass(frozen=True, slots=True)
class Held:
    """The invoice and its attempts, held: *intent* is the one that is told of."""

    invoice: Invoice
    intent: Intent
    attempts: Sequence[Intent]


def taken_back(
    tx: UnitOfWork, runtime: Runtime, held: Held, told: Notification
) -> tuple[Verdict, str]:
    """
    Book what a gateway says it took back of a payment, and tell finance; a repeat changes nothing.

    More than is left of the payment, or another currency, is not booked: a person looks at it.

    Raises:
        NotBookedYet: the payment itself has not been told of yet; the message is tried again.
    """
    if told.currency != "VND":
        _alert(tx, held.intent, "taken-back-in-another-currency")
        return Verdict.AMOUNT_DIFFERS, "currency-differs"
    captures = _likely(repository.captures(tx, held.intent.id), told)
    if not captures:
        raise NotBookedYet()
    for capture in captures:
        name = name_of(told, capture.transaction)
        known = repository.named(tx, held.intent.channel, name)
        if known is not None:
            return _again(tx, runtime, held, known, told)
    for capture in captures:
        suspense, applied = repository.left(tx, capture)
        split = parts(told.amount, suspense=suspense, applied=applied)
        if split is not None:
            return _new(tx, runtime, held, capture, told, split)
    if TOLD[told.outcome][1] is State.WON:
        return _new(tx, runtime, held, captures[0], told, (ZERO, ZERO))
    _alert(tx, held.intent, "taken-back-more-than-paid")
    audit.append(tx, "dispute.flagged", f"intent:{held.intent.id}", reason="more-than-paid")
    return Verdict.AMOUNT_DIFFERS, "taken-back-more-than-paid"


def acknowledge(runtime: Runtime, scope: Scope, dispute: UUID) -> Dispute:
    """Note that a person of finance has seen it; who was first stays. Raises NoDispute."""

    def work(tx: UnitOfWork) -> Dispute:
        invoices.lock(tx, repository.get(tx, dispute).invoice)
        found = repository.get(tx, dispute)
        if found.seen_at is not None:
            return found
        seen = replace(found, seen_by=tx.scope.actor, seen_at=tx.now())
        repository.save(tx, seen)
        audit.append(tx, "dispute.seen", f"dispute:{dispute}")
        return seen

    return runtime.database.run(scope, work)


def _likely(captures: list[Capture], told: Notification) -> list[Capture]:
    """Put first the payment that the message names; without a name any may be meant."""
    named = [one for one in captures if one.transaction in (told.payment, told.transaction)]
    return named or captures


def _new(
    tx: UnitOfWork,
    runtime: Runtime,
    held: Held,
    capture: Capture,
    told: Notification,
    split: tuple[Money, Money],
) -> tuple[Verdict, str]:
    kind, state = TOLD[told.outcome]
    made = Dispute(
        id=new_id(),
        channel=held.intent.channel,
        name=name_of(told, capture.transaction),
        kind=kind,
        payment=capture.payment,
        intent=held.intent.id,
        invoice=held.invoice.id,
        amount=told.amount,
        from_suspense=ZERO if state is State.WON else split[0],
        from_invoice=ZERO if state is State.WON else split[1],
        state=State.OPEN,
        told_at=told.occurred_at,
        ended_at=None,
        open_txn=None,
        end_txn=None,
        seen_by=None,
        seen_at=None,
    )
    if state is not State.WON:
        entry = dispute_opened(
            dispute=made.id, adapter=made.channel, payment=made.payment, amount=made.amount
        )
        posted = post(tx, entry, effective_at=told.occurred_at, source="webhook")
        made = replace(made, open_txn=posted.txn_id)
    ended = _ended(tx, made, state, told)
    repository.add(tx, ended)
    _happened(tx, runtime, held, ended)
    return Verdict.STORED, f"{kind}-{state}"


def _again(
    tx: UnitOfWork, runtime: Runtime, held: Held, known: Dispute, told: Notification
) -> tuple[Verdict, str]:
    _, state = TOLD[told.outcome]
    if contradicts(known.state, state):
        _alert(tx, held.intent, f"told-{state}-after-{known.state}")
        audit.append(tx, "dispute.flagged", f"dispute:{known.id}", reason=f"told-{state}")
        return Verdict.STORED, f"told-{state}-after-{known.state}"
    if state is known.state or state is State.OPEN:
        return Verdict.DUPLICATE, "known"
    if told.amount != known.amount:
        _alert(tx, held.intent, "dispute-ends-with-another-amount")
        audit.append(tx, "dispute.flagged", f"dispute:{known.id}", reason="amount-differs")
        return Verdict.AMOUNT_DIFFERS, "dispute-amount-differs"
    ended = _ended(tx, replace(known, seen_by=None, seen_at=None), state, told)
    repository.save(tx, ended)
    _happened(tx, runtime, held, ended)
    return Verdict.STORED, f"{known.kind}-{state}"


def _ended(tx: UnitOfWork, dispute: Dispute, state: State, told: Notification) -> Dispute:
    """Book the end of one that is held back (P24, P25); nothing where it goes on."""
    if state is State.OPEN:
        return dispute
    ended = replace(dispute, state=state, ended_at=tx.now())
    if dispute.open_txn is None:
        return ended
    if state is State.WON:
        entry = dispute_won(
            dispute=dispute.id,
            adapter=dispute.channel,
            payment=dispute.payment,
            amount=dispute.amount,
        )
    else:
        entry = dispute_lost(
            dispute=dispute.id,
            adapter=dispute.channel,
            invoice=dispute.invoice,
            amount=dispute.from_invoice,
            payment=dispute.payment,
            from_suspense=dispute.from_suspense,
        )
    posted = post(tx, entry, effective_at=told.occurred_at, source="webhook")
    return replace(ended, end_txn=posted.txn_id)


def _happened(tx: UnitOfWork, runtime: Runtime, held: Held, dispute: Dispute) -> None:
    """Let the invoice be owed again where it was lost, and tell finance and waiting pages."""
    if dispute.state is State.LOST and dispute.from_invoice:
        # It pays no more, so that it is owed, and may be paid, like any other.
        lost = replace(held.invoice, paid=held.invoice.paid - dispute.from_invoice)
        invoices.save(tx, lost)
        now = replace(lost, version=held.invoice.version + 1)
        tell(tx, EventKind.REFUNDED, now)
        due_changed(tx, runtime, now, [one for one in held.attempts if one.status in ACTIVE])
    else:
        invoices.touch(tx, held.invoice.id)
    audit.append(
        tx,
        f"dispute.{dispute.state}",
        f"dispute:{dispute.id}",
        what=dispute.kind.value,
        channel=dispute.channel,
        amount=dispute.amount.dong,
    )
    _alert(tx, held.intent, f"{dispute.kind}-{dispute.state}")


def _alert(tx: UnitOfWork, intent: Intent, reason: str) -> None:
    facts = {"channel": intent.channel, "intent": str(intent.id), "reason": reason}
    tx.after_commit(lambda: _log.error("refund.review", **facts))
