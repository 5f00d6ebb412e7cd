"""
Lets money that arrived take effect: one transaction from the bank's word to the green page.

Every witness comes through here, be it a webhook, a list or a statement line; so that the order in
which they come makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments import audit
from payments.bank.model import Arrival, BankCredit, Direction, State
from payments.bank.service import News, witness
from payments.channels.service import is_direct
from payments.gateway import Notification, Outcome
from payments.intents import planning
from payments.intents import repository as intents
from payments.intents.model import Intent
from payments.intents.service import due_changed
from payments.intents.status import ACTIVE, Event
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.kernel.codes import candidates, without_prefix
from payments.ledger import post
from payments.ledger.posting_rules.money_in import transfer_received
from payments.receipts.model import Allocation, Flag, allocate
from payments.receipts.service import Arrived, record
from payments.refunds.paying_out import paid_by
from payments.runtime import Runtime
from payments.stays import codes as deposits
from payments.stays.codes import DepositCode
from payments.stays.depositing import take_transfer
from payments.storage.unit_of_work import UnitOfWork

#: A memo with more codes than a person would type is an attempt at guessing.
_CODES_MAX: Final = 20


class Effect(StrEnum):
    POSTED = "posted"
    #: Posted, and it waits in suspense for a person.
    SUSPENSE = "suspense"
    #: Another witness had told of it before.
    KNOWN = "known"
    #: Money that left: kept for finance, explained by another transaction.
    OUTGOING = "outgoing"
    #: Several stored movements could be meant: a person must say which.
    UNCLEAR = "unclear"
    #: A gateway and the bank tell of one reference, and of two amounts: a person must look.
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Applied:
    effect: Effect
    credit: UUID | None


def apply_arrival(tx: UnitOfWork, runtime: Runtime, arrival: Arrival) -> Applied:
    """
    Witness *arrival* and, if it is news, post it and let it pay what its memo names.

    Takes its locks in the one order: encounter, invoice, intent, bank credit, period.
    """
    named = _named(tx, runtime, arrival)
    if named is None and (code := deposits.named(tx, runtime, arrival)) is not None:
        return _apply_deposit(tx, runtime, arrival, code)
    return apply_named(tx, runtime, arrival, named, _allocation(tx, named, arrival))


def apply_named(
    tx: UnitOfWork,
    runtime: Runtime,
    arrival: Arrival,
    named: Named | None,
    allocation: Allocation,
) -> Applied:
    """As ``apply_arrival``, for a witness of which is known what it pays: all *named* is held."""
    code = "" if named is None else named.intent.code
    told = witness(tx, runtime.keys, arrival, code, news=_news(arrival, allocation))
    if told.credit is None:
        effect = Effect.CONTRADICTED if told.is_contradicted else Effect.UNCLEAR
        return Applied(effect, None)
    if not told.is_new:
        return Applied(Effect.KNOWN, told.credit.id)
    if arrival.direction is Direction.OUT:
        audit.append(
            tx, "bank.paid_out", f"bank_credit:{told.credit.id}", amount=arrival.amount.dong
        )
        if paid_by(tx, told.credit, arrival.memo):
            return Applied(Effect.POSTED, told.credit.id)
        return Applied(Effect.OUTGOING, told.credit.id)
    _pay(tx, told.credit, named, arrival, allocation)
    if named is not None and allocation.applied:
        paid = replace(
            named.invoice,
            paid=named.invoice.paid + allocation.applied,
            version=named.invoice.version + 1,
        )
        due_changed(tx, runtime, paid, named.active, paid=named.intent)
    effect = Effect.SUSPENSE if allocation.suspense else Effect.POSTED
    return Applied(effect, told.credit.id)


def _apply_deposit(
    tx: UnitOfWork, runtime: Runtime, arrival: Arrival, code: DepositCode
) -> Applied:
    """Book what was paid ahead by the code of a held encounter: any amount, at any time (P13)."""
    told = witness(tx, runtime.keys, arrival, code.code, news=News(State.MATCHED, Flag.DEPOSIT))
    if told.credit is None:
        effect = Effect.CONTRADICTED if told.is_contradicted else Effect.UNCLEAR
        return Applied(effect, None)
    if not told.is_new:
        return Applied(Effect.KNOWN, told.credit.id)
    take_transfer(tx, told.credit, code.encounter, code.id, _source(arrival))
    return Applied(Effect.POSTED, told.credit.id)


def arrival_of(channel: str, told: Notification) -> Arrival:
    """Say what a feed's notification tells of one movement on an account."""
    return Arrival(
        source=f"feed:{channel}:{told.voice}" if told.voice else f"feed:{channel}",
        source_id=told.event_id,
        account=told.account,
        direction=Direction.IN if told.outcome is Outcome.CAPTURED else Direction.OUT,
        amount=told.amount,
        occurred_at=told.occurred_at,
        reference=told.transaction,
        memo=told.memo,
    )


@dataclass(frozen=True, slots=True)
class Named:
    """What a memo or a gateway names, held: its code, those open beside it, the invoice."""

    intent: Intent
    active: tuple[Intent, ...]
    invoice: Invoice


def _named(tx: UnitOfWork, runtime: Runtime, arrival: Arrival) -> Named | None:
    """
    Find and hold what the memo names: a stored code whose account fits, of one invoice only.

    Codes of two invoices in one memo name nothing: a person decides.
    """
    prefix = runtime.settings.code_prefix
    codes = candidates(arrival.memo, prefix)[:_CODES_MAX]
    # An attempt at a gateway has no account, and the gateway may cut its code to nine letters.
    asked = codes or without_prefix(arrival.memo, prefix)[:_CODES_MAX]
    found = [
        one
        for one in intents.find(tx, asked, arrival.account)
        if (codes if one.account else is_direct(tx, runtime, one.channel))
    ]
    if len({intent.invoice for intent in found}) != 1:
        return None
    newest = max(found, key=lambda intent: intent.made_at)
    invoice = invoices.lock(tx, newest.invoice)
    held = intents.lock_active(tx, newest.invoice, and_also=newest.id)
    [intent] = [one for one in held if one.id == newest.id]
    return Named(intent, tuple(one for one in held if one.status in ACTIVE), invoice)


def _allocation(tx: UnitOfWork, named: Named | None, arrival: Arrival) -> Allocation:
    if named is None:
        return allocate(None, arrival.amount, is_late=False)
    is_late = named.intent.is_late(arrival.occurred_at)
    asked = planning.asked(tx, named.invoice)
    return allocate(named.invoice, arrival.amount, is_late=is_late, asked=asked)


def _news(arrival: Arrival, allocation: Allocation) -> News:
    if arrival.direction is Direction.OUT:
        return News(State.NEW)
    state = State.SUSPENSE if allocation.suspense else State.MATCHED
    return News(state, ",".join(sorted(allocation.flags)))


def _pay(
    tx: UnitOfWork,
    credit: BankCredit,
    named: Named | None,
    arrival: Arrival,
    allocation: Allocation,
) -> None:
    invoice = None if named is None else named.invoice
    entry = transfer_received(
        bank_account=credit.account,
        external_id=credit.external_id,
        credit=credit.id,
        received=arrival.amount,
        applied=allocation.applied,
        invoice=None if invoice is None else invoice.id,
    )
    posted = post(tx, entry, effective_at=arrival.occurred_at, source=_source(arrival))
    arrived = Arrived(
        method="bank",
        received=arrival.amount,
        received_at=arrival.occurred_at,
        txn=posted.txn_id,
        credit=credit.id,
        intent=None if named is None else named.intent.id,
    )
    record(tx, arrived, allocation, invoice)
    if named is not None:
        intents.happened(tx, named.intent, Event.FUNDS_ARRIVED)


def _source(arrival: Arrival) -> str:
    return "statement" if arrival.source == "statement" else "webhook"
