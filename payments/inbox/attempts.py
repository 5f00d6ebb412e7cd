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

from sqlalchemy import insert, select

from payments.gateway import Notification, Outcome, Verdict
from payments.inbox import direct, waiting
from payments.inbox.noting import Taken, Told, alert, note
from payments.intents import attempts, errands, planning
from payments.intents import repository as intents
from payments.intents.attempts import Flag, GatewayAttempt
from payments.intents.errands import Kind
from payments.intents.model import Intent
from payments.intents.rows import GATEWAY_BOOKING
from payments.intents.service import due_changed
from payments.intents.status import ACTIVE, Event, Status, allows
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger import post
from payments.ledger.posting_rules.money_in import gateway_captured
from payments.receipts.model import Allocation, allocate
from payments.receipts.model import Flag as PaymentFlag
from payments.receipts.service import Arrived, record
from payments.refunds import dispute_repository
from payments.refunds.disputes import TOLD as TAKEN_BACK
from payments.refunds.disputes import NotBookedYet
from payments.refunds.disputing import Held, taken_back
from payments.refunds.hearing import refund_told
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
        Outcome.AUTHORISED: Event.SET_ASIDE,
    }
)
#: Ended by ourselves: what a gateway then sets aside is to be let go.
LET_GO: Final = frozenset({Status.EXPIRED, Status.SUPERSEDED, Status.CANCELLED})
_REFUNDS: Final = frozenset({Outcome.REFUND_PENDING, Outcome.REFUNDED, Outcome.REFUND_REFUSED})


def apply_told(
    tx: UnitOfWork,
    runtime: Runtime,
    channel: str,
    told: Notification,
    *,
    may_differ: bool,
    is_direct: bool,
) -> Told:
    """
    Let *told* take effect on the attempt that it names.

    *may_differ* where payers of the gateway may send another amount than was asked for; else such
    money waits in suspense and pays nothing. *is_direct* where the money lands on our own account:
    the message is then one witness of a bank credit among others. Takes its locks in the one
    order: encounter, invoice, intent, bank credit, refund, period.
    """
    found = attempts.named(tx, told.reference) or _of_payment(tx, channel, told)
    if found is None or found.channel != channel:
        alert(tx, channel, "unknown-reference", told)
        came = direct.stray(tx, runtime, channel, told) if is_direct else None
        if came is not None:
            return came
        waits_for = waiting.of_payment(told.payment) if _may_wait(told) else ""
        return Told(Verdict.UNKNOWN_REFERENCE, "unknown-reference", True, waits_for=waits_for)
    invoice = invoices.lock(tx, found.invoice)
    held = intents.lock_active(tx, found.invoice, and_also=found.id)
    [intent] = [one for one in held if one.id == found.id]
    attempt = attempts.of_intent(tx, intent.id)
    if attempt is None:
        return Told(Verdict.UNKNOWN_REFERENCE, "no-attempt", is_kept=True)
    if told.outcome in _REFUNDS or told.outcome in TAKEN_BACK:
        if is_direct and told.outcome in TAKEN_BACK:
            # The bank's own line says what left our account; a booking here would double it.
            alert(tx, channel, "taken-back-from-our-account", told, intent.id)
            return Told(Verdict.STORED, "taken-back-from-our-account", is_kept=True)
        return _goes_back(tx, runtime, Held(invoice, intent, held), attempt, told)
    if told.outcome is Outcome.CAPTURED:
        active = tuple(one for one in held if one.status in ACTIVE)
        money = Taken(invoice, intent, active, told, may_differ)
        return _captured(tx, runtime, money, attempt, is_direct=is_direct)
    if told.outcome is Outcome.AUTHORISED and not _fits(intent, told):
        # Never taken: it stands aside for something else than was asked for.
        note(tx, intent, attempt, told, Flag.AMOUNT_DIFFERS)
        return Told(Verdict.AMOUNT_DIFFERS, "other-amount-set-aside")
    note(tx, intent, attempt, told)
    event = EVENTS.get(told.outcome)
    if event is not None and allows(intent.status, event):
        intents.happened(tx, intent, event, is_told=True)
        invoices.touch(tx, invoice.id)
    elif told.outcome is Outcome.AUTHORISED and intent.status in LET_GO:
        # Set aside for what is wanted no more.
        errands.want(tx, intent.id, Kind.CANCEL)
    return Told(Verdict.STORED, f"outcome-{told.outcome}")


def _goes_back(
    tx: UnitOfWork, runtime: Runtime, held: Held, attempt: GatewayAttempt, told: Notification
) -> Told:
    hear = refund_told
    if told.outcome not in _REFUNDS:
        # Without the name, which is the dispute's: the attempt keeps that of its payment.
        note(tx, held.intent, attempt, replace(told, transaction=""))
        hear = taken_back
    try:
        return Told(*hear(tx, runtime, held, told))
    except NotBookedYet as early:
        alert(tx, held.intent.channel, early.code, told, held.intent.id)
        waits_for = waiting.of_attempt(held.intent.id)
        return Told(Verdict.STORED, early.code, is_kept=True, waits_for=waits_for)


def _may_wait(told: Notification) -> bool:
    """Say whether the payment that *told* names may still come: it names that alone."""
    return bool(told.payment) and (told.outcome in TAKEN_BACK or told.outcome in _REFUNDS)


def _of_payment(tx: UnitOfWork, channel: str, told: Notification) -> Intent | None:
    """Find the attempt by its payment, where the message names that alone."""
    if not told.payment:
        return None
    found = dispute_repository.intent_of_payment(tx, channel, told.payment)
    return None if found is None else intents.get(tx, found)


def _fits(intent: Intent, told: Notification) -> bool:
    return told.currency == "VND" and told.amount == intent.amount


def _captured(
    tx: UnitOfWork, runtime: Runtime, money: Taken, attempt: GatewayAttempt, *, is_direct: bool
) -> Told:
    told, intent = money.told, money.intent
    if told.currency != "VND":
        note(tx, intent, attempt, told, Flag.CURRENCY_DIFFERS)
        return Told(Verdict.AMOUNT_DIFFERS, "currency-differs")
    booked = _booked(tx, intent.channel, money.transaction)
    if booked is not None:
        if booked.intent != intent.id:
            # One payment cannot pay two orders: whichever of the two was told wrongly, a person
            # must look, and this order goes on being asked about.
            alert(tx, intent.channel, "booked-for-another", told, intent.id)
            return Told(Verdict.STORED, "booked-for-another", is_kept=True)
        if booked.amount != told.amount:
            note(tx, intent, attempt, told, Flag.AMOUNT_DIFFERS)
            return Told(Verdict.AMOUNT_DIFFERS, "booked-with-another-amount")
        note(tx, intent, attempt, told)
        return Told(Verdict.DUPLICATE, "known")
    if not told.amount:
        # Told as paid, and of no đồng: nothing can be posted, however often it is tried.
        note(tx, intent, attempt, told, Flag.AMOUNT_DIFFERS)
        return Told(Verdict.AMOUNT_DIFFERS, "captured-nothing")
    if is_direct:
        return direct.witnessed(tx, runtime, money, attempt)
    if not money.is_as_asked:
        note(tx, intent, attempt, told, Flag.AMOUNT_DIFFERS)
        _book(tx, money, None, Allocation(ZERO, told.amount, frozenset({PaymentFlag.UNMATCHED})))
        return Told(Verdict.AMOUNT_DIFFERS, "amount-differs")
    note(tx, intent, attempt, told)
    # What the payer set aside in time may be taken days later.
    is_held = intent.status is Status.AUTHORISED
    is_late = not is_held and intent.is_late_at_gateway(told.occurred_at)
    asked = planning.asked(tx, money.invoice)
    allocation = allocate(money.invoice, told.amount, is_late=is_late, asked=asked)
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


def _book(tx: UnitOfWork, money: Taken, invoice: Invoice | None, allocation: Allocation) -> None:
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
    waiting.wake(tx, intent.channel, intent.id, money.transaction)


@dataclass(frozen=True, slots=True)
class _Booked:
    intent: UUID
    amount: Money


def _booked(tx: UnitOfWork, channel: str, transaction: str) -> _Booked | None:
    row = tx.execute(
        select(GATEWAY_BOOKING.c.intent_id, GATEWAY_BOOKING.c.amount).where(
            GATEWAY_BOOKING.c.facility_id == tx.facility,
            GATEWAY_BOOKING.c.channel == channel,
            GATEWAY_BOOKING.c.transaction == transaction,
            GATEWAY_BOOKING.c.kind == "capture",
        )
    ).first()
    return None if row is None else _Booked(row.intent_id, vnd(row.amount))
