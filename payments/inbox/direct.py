"""
Money that a gateway collects on our own account: its message is one witness of a bank credit.

A bank feed and the statement tell of the same transfer. So it goes the way of every witness, joined
by account, bank reference and amount, and is posted once, on the bank account, by whichever comes
first. What a gateway knows better than the bank is the order that was paid: it says so itself, and
no memo is read. The clearing account of gateways never sees this money.
"""

from __future__ import annotations

from uuid import UUID

from payments import audit
from payments.bank.model import OF_GATEWAY, Arrival, Direction, State
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.channels.service import is_ours
from payments.gateway import Notification, Outcome, Verdict
from payments.inbox.effects import Applied, Effect, Named, apply_arrival, apply_named
from payments.inbox.noting import Taken, Told, alert, note
from payments.intents import planning
from payments.intents import repository as intents
from payments.intents.attempts import Flag, GatewayAttempt
from payments.intents.service import due_changed
from payments.intents.status import Event
from payments.invoicing import repository as invoices
from payments.invoicing.model import amount_due
from payments.kernel.money import ZERO
from payments.ledger import post
from payments.ledger.posting_rules.suspense import suspense_matched
from payments.receipts import attached
from payments.receipts.model import Allocation, Purpose, allocate
from payments.receipts.model import Flag as PaymentFlag
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: Why money left suspense without a person; kept with the match.
_REASON = "gateway:{channel}"


def witnessed(tx: UnitOfWork, runtime: Runtime, money: Taken, attempt: GatewayAttempt) -> Told:
    """
    Let captured *money* of a held attempt take effect as one witness of the bank credit.

    Where account or reference are not told, or the account is none of ours, it is kept and a person
    is told: the bank's own witnesses book what came, and a booking elsewhere would double it.
    """
    told, intent = money.told, money.intent
    if not told.account or not told.transaction:
        alert(tx, intent.channel, "no-account-told", told, intent.id)
        return Told(Verdict.STORED, "no-account-told", is_kept=True)
    if not is_ours(tx, told.account):
        alert(tx, intent.channel, "foreign-account", told, intent.id)
        return Told(Verdict.UNKNOWN_REFERENCE, "foreign-account", is_kept=True)
    applied = _apply(tx, runtime, money)
    if applied.credit is None:
        return _nothing_booked(tx, money, attempt, applied.effect)
    is_known = applied.effect is Effect.KNOWN
    is_odd = is_known and not _pay_from_suspense(tx, runtime, money, applied.credit)
    flags = [Flag.REVIEW] if is_odd else []
    if not money.is_as_asked:
        flags.append(Flag.AMOUNT_DIFFERS)
    note(tx, intent, attempt, told, *flags)
    if not money.is_as_asked:
        return Told(Verdict.AMOUNT_DIFFERS, "amount-differs", credit=applied.credit)
    verdict = Verdict.DUPLICATE if is_known else Verdict.STORED
    return Told(verdict, applied.effect.value, credit=applied.credit)


def stray(tx: UnitOfWork, runtime: Runtime, channel: str, told: Notification) -> Told | None:
    """
    Let captured money on our own account that names no order of ours go where money of nobody goes.

    It has truly come, so it is a bank credit as if a feed had told of it: what its memo names is
    paid, the rest waits on 2200 (decision 18). The gateway is answered that it is unknown. None
    where it cannot be said that it came to an account of ours: that message is kept.
    """
    has_come = (
        told.outcome is Outcome.CAPTURED and told.currency == "VND" and bool(told.transaction)
    )
    if not has_come or not told.account or not is_ours(tx, told.account):
        return None
    applied = apply_arrival(tx, runtime, _arrival(channel, told))
    is_kept = applied.credit is None
    return Told(
        Verdict.UNKNOWN_REFERENCE, applied.effect.value, is_kept=is_kept, credit=applied.credit
    )


def _arrival(channel: str, told: Notification) -> Arrival:
    return Arrival(
        source=f"{OF_GATEWAY}{channel}",
        source_id=told.event_id,
        account=told.account,
        direction=Direction.IN,
        amount=told.amount,
        occurred_at=told.occurred_at,
        reference=told.transaction,
        memo=told.memo,
    )


def _apply(tx: UnitOfWork, runtime: Runtime, money: Taken) -> Applied:
    told, intent = money.told, money.intent
    arrival = _arrival(intent.channel, told)
    if not money.is_as_asked:
        waits = Allocation(ZERO, told.amount, frozenset({PaymentFlag.UNMATCHED}))
        return apply_named(tx, runtime, arrival, None, waits)
    is_late = intent.is_late_at_gateway(told.occurred_at)
    asked = planning.asked(tx, money.invoice)
    allocation = allocate(money.invoice, told.amount, is_late=is_late, asked=asked)
    named = Named(intent, money.active, money.invoice)
    return apply_named(tx, runtime, arrival, named, allocation)


def _nothing_booked(tx: UnitOfWork, money: Taken, attempt: GatewayAttempt, effect: Effect) -> Told:
    told, intent = money.told, money.intent
    if effect is Effect.CONTRADICTED:
        note(tx, intent, attempt, told, Flag.AMOUNT_DIFFERS)
        return Told(Verdict.AMOUNT_DIFFERS, "bank-told-another-amount", is_kept=True)
    alert(tx, intent.channel, "several-could-be-meant", told, intent.id)
    return Told(Verdict.STORED, "several-could-be-meant", is_kept=True)


def _pay_from_suspense(tx: UnitOfWork, runtime: Runtime, money: Taken, credit_id: UUID) -> bool:
    """
    Let a movement that the bank told of first pay what the gateway names; False: a person looks.

    What paid or named another invoice, or left suspense as something else, stays as it is.
    """
    invoice, intent = money.invoice, money.intent
    credit = lock_credit(tx, credit_id)
    assert credit is not None, "the witness was joined to it in this transaction"
    if attached.pays(tx, credit_id, invoice.id):
        _captured(tx, money)
        return True
    waiting = attached.in_suspense(tx, credit_id)
    if not money.is_as_asked:
        return True
    if waiting != credit.amount or attached.is_a_patients(tx, credit_id):
        return False
    amount = min(amount_due(invoice), waiting)
    if not amount:
        _captured(tx, money)
        # Paid in another way meanwhile, or cancelled: it waits, seen, for a person.
        return False
    match_id = attached.match_id(tx.facility, credit_id, invoice.id)
    entry = suspense_matched(match=match_id, credit=credit_id, invoice=invoice.id, amount=amount)
    posted = post(tx, entry, effective_at=tx.now(), source="webhook")
    reason = _REASON.format(channel=intent.channel)
    match = attached.Match(match_id, credit_id, Purpose.INVOICE, amount, reason, posted.txn_id)
    intents.happened(tx, intent, Event.FUNDS_ARRIVED)
    paid = attached.attach(tx, match, invoice, received_at=credit.occurred_at)
    due_changed(tx, runtime, paid, money.active, paid=intent)
    mark(tx, credit_id, State.SUSPENSE if waiting > amount else State.MATCHED, "matched_by_gateway")
    audit.append(tx, "bank.named_by_gateway", f"bank_credit:{credit_id}", intent=str(intent.id))
    return True


def _captured(tx: UnitOfWork, money: Taken) -> None:
    intents.happened(tx, money.intent, Event.FUNDS_ARRIVED)
    invoices.touch(tx, money.invoice.id)
