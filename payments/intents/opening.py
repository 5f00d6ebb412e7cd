"""
Opens an attempt at a gateway in three steps: note it (commit), ask, note the answer (commit).

The gateway is asked outside of any transaction, and only about what is stored: whatever is lost
between two steps, the row is there, and the poller asks the gateway what became of it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from payments import audit
from payments.channels import breaker, fees
from payments.channels.breaker import ChannelDown
from payments.channels.pausing import ChannelPaused, is_open
from payments.channels.routing import Option, Reason, route
from payments.channels.service import adapter_of, versions
from payments.gateway import Attempt, Capabilities, Opens
from payments.intents import attempts, planning, repository
from payments.intents.answering import FIRST_ASK, ask, is_lost, keep
from payments.intents.attempts import GatewayAttempt
from payments.intents.composing import CannotOpen
from payments.intents.model import Intent
from payments.intents.service import NothingDue
from payments.intents.status import Event, Status
from payments.intents.waiting import is_stalling
from payments.invoicing import repository as invoices
from payments.kernel.calendar import HospitalDay
from payments.kernel.codes import new_code
from payments.kernel.errors import Rejected
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


class AmountOutOfRange(Rejected):
    """The gateway, or its contract with the hospital, has no payment of this size."""

    code = "amount-out-of-range"


@dataclass(frozen=True, slots=True)
class AttemptRequest:
    """What a payer asks for; *return_url* is where the browser comes back."""

    invoice: UUID
    channel: str
    key: str
    return_url: str
    payer_ip: str = ""
    language: str = "vi"


def open_attempt(runtime: Runtime, scope: Scope, asked: AttemptRequest) -> UUID:
    """
    Open an attempt for what the invoice owes, or the next part of a plan; returns its intent,
    whatever the gateway answered.

    A repeat of the key, or an attempt that still fits, gives the one that is there. One whose
    outcome is unknown stays until the gateway has told: there is never a second one beside it.

    Raises:
        NotFound: no such invoice or channel.
        ChannelPaused: nothing is collected through it now.
        NothingDue: the invoice is settled, cancelled or zero.
        CannotOpen: the channel has no page of its own.
        AmountOutOfRange: the gateway takes no payment of this size.
        ChannelDown: it did not answer the last ones who asked, or keeps too many waiting.
    """
    with runtime.database.reading(scope) as tx:
        channel, *_ = versions(tx, runtime, asked.channel)
    adapter = adapter_of(runtime, channel)
    if channel.account or not isinstance(adapter, Opens):
        raise CannotOpen(f"channel {asked.channel} opens no page of a gateway")
    noted = runtime.database.run(scope, lambda tx: _note(tx, runtime, asked, adapter.capabilities))
    if noted.attempt is None:
        return noted.intent.id
    told = ask(adapter, _attempt(runtime, noted.intent, noted.attempt, asked))
    runtime.database.run(scope, lambda tx: keep(tx, noted.intent, told))
    if is_lost(told):
        runtime.database.run(scope, lambda tx: breaker.failed(tx, asked.channel))
    elif noted.has_failed_lately:
        runtime.database.run(scope, lambda tx: breaker.answered(tx, asked.channel))
    return noted.intent.id


@dataclass(frozen=True, slots=True)
class _Noted:
    """What was stored; *attempt* is None where there is nothing to ask, for it is there already."""

    intent: Intent
    attempt: GatewayAttempt | None
    #: Its answer is news: the gateway did not answer somebody before.
    has_failed_lately: bool = False


def _note(tx: UnitOfWork, runtime: Runtime, asked: AttemptRequest, can: Capabilities) -> _Noted:
    held = invoices.lock(tx, asked.invoice)
    repeated = repository.of_key(tx, asked.key)
    if repeated is not None:
        return _Noted(repeated, None)
    if not is_open(tx, asked.channel):
        raise ChannelPaused()
    due = planning.asked(tx, held)
    if not due:
        raise NothingDue()
    _refuse_size(tx, asked.channel, due, can)
    now = tx.now()
    for intent in repository.lock_active(tx, asked.invoice):
        if intent.channel != asked.channel:
            continue
        if intent.status is not Status.PENDING or _fits(intent, due, now):
            return _Noted(intent, None)
        ended = Event.TIME_RAN_OUT if intent.expires_at <= now else Event.DUE_CHANGED
        repository.happened(tx, intent, ended)
    if is_stalling(tx, asked.channel):
        raise ChannelDown()
    has_failed_lately = breaker.let_in(tx, asked.channel)
    added = _add(tx, runtime, held.id, due, asked, can)
    return replace(added, has_failed_lately=has_failed_lately)


def _refuse_size(tx: UnitOfWork, channel: str, due: Money, can: Capabilities) -> None:
    terms = fees.terms(tx, HospitalDay.of(tx.now())).get(channel, fees.FREE)
    option = Option(channel, terms, can.amount_min, can.amount_max)
    if route(option, due).reason in (Reason.BELOW, Reason.ABOVE):
        raise AmountOutOfRange(least=option.least, most=option.most or due)


def _fits(intent: Intent, due: Money, now: datetime) -> bool:
    return intent.amount == due and intent.expires_at > now


def _add(
    tx: UnitOfWork,
    runtime: Runtime,
    invoice: UUID,
    due: Money,
    asked: AttemptRequest,
    can: Capabilities,
) -> _Noted:
    now = tx.now()
    intent = Intent(
        new_id(),
        invoice,
        asked.channel,
        "",
        new_code(secrets.token_bytes, runtime.settings.code_prefix),
        due,
        Status.CREATED,
        "",
        now,
        now + _life(runtime, can),
        None,
    )
    attempt = GatewayAttempt(
        intent.id, attempts.new_number(), now, None, "", 0, now + FIRST_ASK,
        frozenset(), frozenset(), None,
    )  # fmt: skip
    repository.add(tx, intent, asked.key)
    attempts.add(tx, attempt)
    invoices.touch(tx, invoice)
    audit.append(
        tx,
        "intent.opened",
        f"intent:{intent.id}",
        invoice=str(invoice),
        amount=intent.amount.dong,
        channel=asked.channel,
    )
    return _Noted(intent, attempt)


def _life(runtime: Runtime, can: Capabilities) -> timedelta:
    """Give the time to pay: ours, within what the gateway takes."""
    seconds = runtime.settings.code_minutes * 60
    if can.expiry_min_s is not None:
        # A moment more: the gateway counts from when it hears of it.
        seconds = max(seconds, can.expiry_min_s + 60)
    if can.expiry_max_s is not None:
        seconds = min(seconds, can.expiry_max_s)
    return timedelta(seconds=seconds)


def _attempt(
    runtime: Runtime, intent: Intent, attempt: GatewayAttempt, asked: AttemptRequest
) -> Attempt:
    return Attempt(
        reference=intent.code,
        amount=intent.amount,
        expires_at=intent.expires_at,
        return_url=asked.return_url,
        notify_url=f"{runtime.settings.public_url}/webhooks/{intent.channel}",
        opened_at=attempt.opened_at,
        payer_ip=asked.payer_ip,
        language=asked.language,
        number=attempt.number,
    )
