"""
Asks gateways what became of attempts whose messages may be lost: the net under lost notifications.

An answer goes the way of every message, so it makes no difference who was faster. After the last
question a person is told; nothing is ever charged anew because an answer is missing.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from payments import audit
from payments.channels.service import adapter_of, valid_versions
from payments.gateway import (
    Answers,
    Declined,
    Misconfigured,
    Notification,
    Notifies,
    NotSent,
    OutcomeUnknown,
    Proof,
    Trouble,
)
from payments.inbox import errands
from payments.inbox import service as messages
from payments.intents import attempts
from payments.intents import repository as intents
from payments.intents.attempts import Flag, GatewayAttempt
from payments.intents.model import Intent
from payments.intents.schedule import SCHEDULE, next_ask
from payments.intents.status import Event, Status, allows
from payments.invoicing import repository as invoices
from payments.kernel.scope import Scope
from payments.refunds import asking as refunds
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: So many in one round: a gateway that stalls takes ten seconds for each.
_ROUND_MAX: Final = 20
#: What the gateway does not know this long after it was asked, it never got.
_NEVER_CAME: Final = timedelta(minutes=1)
#: Before the event ids of answers where messages prove only their sender.
ASKED: Final = "asked:"
_log = structlog.get_logger("gateway")


def ask_all(runtime: Runtime, scope: Scope) -> int:
    """Ask about every attempt and every refund that is due, and do what is wanted of gateways."""
    asked = ask_due(runtime, scope) + refunds.ask_due(runtime, scope)
    return asked + errands.run_due(runtime, scope)


def ask_due(
    runtime: Runtime,
    scope: Scope,
    *,
    channel: str | None = None,
    stop: threading.Event | None = None,
) -> int:
    """Ask about every attempt that is due; returns how many were asked about.

    *channel*: at that gateway only; *stop* ends it between two questions.
    """
    with runtime.database.reading(scope) as tx:
        due = attempts.due(tx, tx.now(), limit=_ROUND_MAX, channel=channel)
    asked = 0
    for one in due:
        if stop is not None and stop.is_set():
            break
        asked += ask(runtime, scope, one)
    return asked


def ask(runtime: Runtime, scope: Scope, attempt: GatewayAttempt) -> bool:
    """Ask about one attempt, once: False where another worker has taken it meanwhile."""
    with runtime.database.transaction(scope) as tx:
        if not attempts.claim(tx, attempt, next_ask(attempt.opened_at, tx.now())):
            return False
        intent = intents.get(tx, attempt.intent)
        channels = valid_versions(tx, runtime, intent.channel)
    adapter = adapter_of(runtime, channels[0]) if channels else None
    if isinstance(adapter, Answers):
        told = _answers(adapter, intent, attempt)
        if isinstance(told, tuple):
            if isinstance(adapter, Notifies) and adapter.proof is Proof.TOKEN:
                told = tuple(replace(one, event_id=f"{ASKED}{one.event_id}") for one in told)
            messages.take_in(runtime, scope, intent.channel, told, b"", is_asked=True)
        elif told is Trouble.NOT_FOUND:
            runtime.database.run(scope, lambda tx: _not_found(tx, intent, attempt))
    runtime.database.run(scope, lambda tx: _finish(tx, intent))
    return True


def _answers(
    adapter: Answers, intent: Intent, attempt: GatewayAttempt
) -> tuple[Notification, ...] | Trouble:
    try:
        return adapter.query(attempt.ref(intent))
    except (Declined, NotSent, OutcomeUnknown, Misconfigured) as failure:
        _log.warning(
            "gateway.no_answer",
            channel=intent.channel,
            intent=str(intent.id),
            trouble=failure.trouble.value,
        )
        return failure.trouble


def _not_found(tx: UnitOfWork, found: Intent, attempt: GatewayAttempt) -> None:
    """End an attempt that never reached the gateway; one that was shown may not be visited yet."""
    if tx.now() < attempt.opened_at + _NEVER_CAME:
        return
    intent, kept = _held(tx, found)
    if intent.status in (Status.CREATED, Status.UNKNOWN) and not kept.told:
        intents.happened(tx, intent, Event.REFUSED)
        attempts.save(tx, replace(kept, next_ask_at=None, trouble=Trouble.NOT_FOUND))
        invoices.touch(tx, intent.invoice)


def _finish(tx: UnitOfWork, found: Intent) -> None:
    """Say that nobody knows: after a crash before the answer, and at the end of the schedule."""
    intent, attempt = _held(tx, found)
    if intent.status is Status.CREATED and allows(intent.status, Event.NO_ANSWER):
        intents.happened(tx, intent, Event.NO_ANSWER)
        invoices.touch(tx, intent.invoice)
    is_over = attempt.next_ask_at is None and tx.now() >= attempt.opened_at + SCHEDULE[-1]
    is_known = intent.status not in (Status.CREATED, Status.UNKNOWN)
    if is_over and intent.status is Status.AUTHORISED:
        _flag(tx, intent, attempt, Flag.STILL_HELD)
    elif is_over and not is_known:
        _flag(tx, intent, attempt, Flag.NO_ANSWER)


def _flag(tx: UnitOfWork, intent: Intent, attempt: GatewayAttempt, flag: Flag) -> None:
    if flag not in attempt.flags:
        attempts.save(tx, replace(attempt, flags=attempt.flags | {flag}))
        audit.append(tx, "attempt.flagged", f"intent:{intent.id}", flags=[flag.value])
        _log.error("gateway.review", channel=intent.channel, reason=flag.value)


def _held(tx: UnitOfWork, found: Intent) -> tuple[Intent, GatewayAttempt]:
    invoices.lock(tx, found.invoice)
    intent = intents.lock(tx, found.id)
    attempt = attempts.of_intent(tx, found.id)
    assert attempt is not None, "only attempts at gateways are asked about"
    return intent, attempt
