"""
Lets what a gateway told of one of our attempts take effect: one transaction, in any order, once.

A movement of money is booked by channel, transaction number and kind, so that several messages
about one payment, and the answers to our own questions, are one payment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import insert, select

from payments import audit
from payments.gateway import Notification, Outcome, Verdict
from payments.inbox.refunds import refund_told
from payments.intents import attempts
from payments.intents import repository as intents
from payments.intents.answering import FIRST_ASK
from payments.intents.attempts import Flag, GatewayAttempt
from payments.intents.model import Intent
from payments.intents.rows import GATEWAY_BOOKING
from payments.intents.service import due_changed
from payments.intents.status import ACTIVE, Event, allows
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger import post
from payments.ledger.posting_rules.money_in import gateway_captured
from payments.receipts.model import Allocation, allocate
from payments.receipts.model import Flag as PaymentFlag
from payments.receipts.service import Arrived, record
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: What ends or changes an attempt without money. What is not here changes no status.
EVENTS: Final[Mapping[Outcome, Event]] = MappingProxyType(
    {
        Outcome.FAILED: Event.REFUSED,
        Outcome.CANCELLED: Event.CALLED_OFF,
        Outcome.EXPIRED: Event.TIME_RAN_OUT,
        Outcome.UNKNOWN: Event.NO_ANSWER,
    }
)
#: After these the gateway has nothing more to tell that we would have to ask for.
_FINAL: Final = frozenset({Outcome.CAPTURED, Outcome.FAILED, Outcome.CANCELLED, Outcome.EXPIRED})
#: A person must look.
_ALARMING: Final = frozenset(
    {Outcome.REVIEW, Outcome.REVERSED, Outcome.DISPUTED, Outcome.DISPUTE_LOST}
)
_REFUNDS: Final = frozenset({Outcome.REFUND_PENDING, Outcome.REFUNDED, Outcome.REFUND_REFUSED})
_log = structlog.get_logger("gateway")


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a message; *is_kept*: it had no effect, and a repeat is tried again."""

    verdict: Verdict
    reason: str
    is_kept: bool = False


def apply_told(
    tx: UnitOfWork, runtime: Runtime, channel: str, told: Notification, *, may_differ: bool
) -> Told:
    """
    Let *told* take effect on the attempt that it names.

    *may_differ* where payers of the gateway may send another amount than was asked for; else such
    money waits in suspense and pays nothing. Takes its locks in the one order: encounter, invoice,
    intent, refund, period.
    """
    found = attempts.named(tx, told.reference)
    if found is None or found.channel != channel:
        _alert(channel, "unknown-reference", told)
        return Told(Verdict.UNKNOWN_REFERENCE, "unknown-reference", is_kept=True)
    invoice = invoices.lock(tx, found.invoice)
    held = intents.lock_active(tx, found.invoice, and_also=found.id)
    [intent] = [one for one in held if one.id == found.id]
    attempt = attempts.of_intent(tx, intent.id)
    if attempt is None:
        return Told(Verdict.UNKNOWN_REFERENCE, "no-attempt", is_kept=True)
    if told.outcome in _REFUNDS:
        return Told(*refund_told(tx, invoice, intent, told))
    if told.outcome is Outcome.CAPTURED:
        active = tuple(one for one in held if one.status in ACTIVE)
        money = _Money(invoice, intent, active, told, may_differ)
        return _captured(tx, runtime, money, attempt)
    _note(tx, intent, attempt, told)
    event = EVENTS.get(told.outcome)
    if event is not None and allows(intent.status, event):
        intents.happened(tx, intent, event)
        invoices.touch(tx, invoice.id)
    return Told(Verdict.STORED, f"outcome-{told.outcome}")


@dataclass(frozen=True, slots=True)
class _Money:
    """Money that a gateway says it took, and what it names, all held."""

    invoice: Invoice
    intent: Intent
    active: tuple[Intent, ...]
    told: Notification
    may_differ: bool

    @property
    def transaction(self) -> str:
        return self.told.transaction or self.told.event_id

    @property
    def is_as_asked(self) -> bool:
        return self.may_differ or self.told.amount == self.intent.amount


def _captured(tx: UnitOfWork, runtime: Runtime, money: _Money, attempt: GatewayAttempt) -> Told:
    told, intent = money.told, money.intent
    if told.currency != "VND":
        _note(tx, intent, attempt, told, Flag.CURRENCY_DIFFERS)
        return Told(Verdict.AMOUNT_DIFFERS, "currency-differs")
    booked = _booked(tx, intent.channel, money.transaction)
    if booked is not None:
        if booked != told.amount:
            _note(tx, intent, attempt, told, Flag.AMOUNT_DIFFERS)
            return Told(Verdict.AMOUNT_DIFFERS, "booked-with-another-amount")
        _note(tx, intent, attempt, told)
        return Told(Verdict.DUPLICATE, "known")
    if not money.is_as_asked:
        _note(tx, intent, attempt, told, Flag.AMOUNT_DIFFERS)
        _book(tx, money, None, Allocation(ZERO, told.amount, frozenset({PaymentFlag.UNMATCHED})))
        return Told(Verdict.AMOUNT_DIFFERS, "amount-differs")
    _note(tx, intent, attempt, told)
    is_late = intent.is_late_at_gateway(told.occurred_at)
    allocation = allocate(money.invoice, told.amount, is_late=is_late)
    _book(tx, money, money.invoice, allocation)
    intents.happened(tx, intent, Event.FUNDS_ARRIVED)
    if allocation.applied:
        paid = replace(
            money.invoice,
            paid=money.invoice.paid + allocation.applied,
            version=money.invoice.version + 1,
        )
        due_changed(tx, runtime, paid, money.active, paid=intent)
    return Told(Verdict.STORED, "suspense" if allocation.suspense else "posted")


def _book(tx: UnitOfWork, money: _Money, invoice: Invoice | None, allocation: Allocation) -> None:
    told, intent = money.told, money.intent
    payment = new_id()
    entry = gateway_captured(
        adapter=intent.channel,
        transaction=money.transaction,
        payment=payment,
        received=told.amount,
        applied=allocation.applied,
        invoice=None if invoice is None else invoice.id,
    )
    posted = post(tx, entry, effective_at=told.occurred_at, source="webhook")
    arrived = Arrived(
        method="gateway",
        received=told.amount,
        received_at=told.occurred_at,
        txn=posted.txn_id,
        intent=intent.id,
        id=payment,
    )
    record(tx, arrived, allocation, invoice)
    # After record(), which keeps its row back until something is executed: the key points at it.
    tx.execute(
        insert(GATEWAY_BOOKING),
        {
            "facility_id": tx.facility,
            "channel": intent.channel,
            "transaction": money.transaction,
            "kind": "capture",
            "intent_id": intent.id,
            "payment_id": payment,
            "amount": told.amount.dong,
            "made_at": tx.now(),
        },
    )


def _booked(tx: UnitOfWork, channel: str, transaction: str) -> Money | None:
    amount = tx.execute(
        select(GATEWAY_BOOKING.c.amount).where(
            GATEWAY_BOOKING.c.facility_id == tx.facility,
            GATEWAY_BOOKING.c.channel == channel,
            GATEWAY_BOOKING.c.transaction == transaction,
            GATEWAY_BOOKING.c.kind == "capture",
        )
    ).scalar()
    return None if amount is None else vnd(amount)


def _note(
    tx: UnitOfWork, intent: Intent, attempt: GatewayAttempt, told: Notification, *more: Flag
) -> None:
    """Add what was told to the row; a set of facts, so that their order makes no difference."""
    outcomes = attempt.told | {told.outcome}
    flags = attempt.flags | attempts.flags_of(outcomes) | frozenset(more)
    next_ask_at = attempt.next_ask_at
    if told.outcome in _FINAL:
        next_ask_at = None
    elif told.outcome is Outcome.UNKNOWN and next_ask_at is None and intent.status in ACTIVE:
        next_ask_at = tx.now() + FIRST_ASK
    noted = replace(
        attempt,
        told=outcomes,
        flags=flags,
        next_ask_at=next_ask_at,
        gateway_id=attempt.gateway_id or told.transaction,
        trouble=told.trouble or attempt.trouble,
    )
    if noted != attempt:
        attempts.save(tx, noted)
    if flags - attempt.flags or (told.outcome in _ALARMING and told.outcome not in attempt.told):
        _alert(intent.channel, ",".join(sorted(flags)), told, intent.id)
        audit.append(tx, "attempt.flagged", f"intent:{intent.id}", flags=sorted(flags))
        invoices.touch(tx, intent.invoice)


def _alert(channel: str, reason: str, told: Notification, intent: UUID | None = None) -> None:
    """Tell whoever watches the log; never an amount or a name, which a message may hold."""
    _log.error(
        "gateway.review",
        channel=channel,
        reason=reason,
        outcome=told.outcome.value,
        intent="" if intent is None else str(intent),
    )
