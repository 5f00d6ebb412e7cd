"""
Does at gateways what is wanted of them: take what was set aside, stop collecting.

Every answer goes the way of every message, so that it makes no difference who was faster: money
that comes although an order was cancelled is money. What is unknown is asked about first, and is
then sent again under the same name.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Final

import structlog

from payments import audit
from payments.channels.service import adapter_of, valid_versions
from payments.gateway import (
    Answers,
    AttemptRef,
    Cancels,
    Captures,
    Declined,
    Misconfigured,
    Notification,
    Notifies,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Proof,
    Trouble,
)
from payments.gateway.port import Adapter
from payments.inbox import service as messages
from payments.intents import attempts, errands
from payments.intents import repository as intents
from payments.intents.attempts import Flag
from payments.intents.errands import Errand, Kind, State
from payments.intents.model import Intent
from payments.intents.schedule import next_ask
from payments.intents.status import Status
from payments.invoicing import repository as invoices
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: So many in one round: a gateway that stalls takes ten seconds for each.
_ROUND_MAX: Final = 20
#: Before the event ids of answers where messages prove only their sender.
_ASKED: Final = "asked:"
_GONE: Final = frozenset({Outcome.FAILED, Outcome.CANCELLED, Outcome.EXPIRED})
#: What each kind of errand hopes for, and what makes it pointless.
_DONE: Final = {
    Kind.CAPTURE: frozenset({Outcome.CAPTURED}),
    # Where the payer was faster there is nothing left to cancel.
    Kind.CANCEL: _GONE | {Outcome.CAPTURED},
}
_LOST: Final = {Kind.CAPTURE: _GONE, Kind.CANCEL: frozenset[Outcome]()}
Answer = tuple[Notification, ...] | Exception
_log = structlog.get_logger("gateway")


def run_due(
    runtime: Runtime,
    scope: Scope,
    *,
    channel: str | None = None,
    stop: threading.Event | None = None,
) -> int:
    """Do whatever is due; returns how many errands were run. Arguments as in ``asking``."""
    with runtime.database.reading(scope) as tx:
        due = errands.due(tx, tx.now(), limit=_ROUND_MAX, channel=channel)
    asked = 0
    for one in due:
        if stop is not None and stop.is_set():
            break
        asked += run(runtime, scope, one)
    return asked


def run(runtime: Runtime, scope: Scope, errand: Errand) -> bool:
    """Run one errand once: False where another worker has taken it meanwhile."""
    with runtime.database.transaction(scope) as tx:
        following = next_ask(errand.wanted_at, tx.now())
        if not errands.claim(tx, errand, following):
            return False
        intent = intents.get(tx, errand.intent)
        attempt = attempts.of_intent(tx, errand.intent)
        versions = valid_versions(tx, runtime, intent.channel)
    assert attempt is not None, "only attempts at gateways have errands"
    adapter = adapter_of(runtime, versions[0]) if versions else None
    if _is_overtaken(intent, attempt.told, errand):
        return _note(runtime, scope, errand, State.OVERTAKEN)
    if not isinstance(adapter, Captures if errand.kind is Kind.CAPTURE else Cancels):
        return _note(runtime, scope, errand, State.IMPOSSIBLE)
    answer = _ask(adapter, errand, attempt.ref(intent))
    if isinstance(answer, tuple):
        told = tuple(_marked(adapter, one) for one in answer)
        messages.take_in(runtime, scope, intent.channel, told, b"", is_asked=True)
    state, trouble = _became(errand, answer)
    return _note(runtime, scope, errand, state, trouble, is_last=following is None)


def _is_overtaken(intent: Intent, told: frozenset[Outcome], errand: Errand) -> bool:
    if intent.status is Status.CAPTURED or told & _GONE:
        return True
    return errand.kind is Kind.CAPTURE and intent.status is not Status.AUTHORISED


def _ask(adapter: Adapter, errand: Errand, ref: AttemptRef) -> Answer:
    """Ask; where the last answer was lost, what became of it first."""
    try:
        if errand.state is State.UNKNOWN and isinstance(adapter, Answers):
            told = adapter.query(ref)
            if {one.outcome for one in told} & (_DONE[errand.kind] | _LOST[errand.kind]):
                return told
        if isinstance(adapter, Captures) and errand.kind is Kind.CAPTURE:
            return (adapter.capture(ref),)
        if isinstance(adapter, Cancels):
            return (adapter.cancel(ref),)
    except (Declined, NotSent, OutcomeUnknown, Misconfigured) as failure:
        return failure
    raise AssertionError("the verb was there")


def _marked(adapter: Adapter, told: Notification) -> Notification:
    if isinstance(adapter, Notifies) and adapter.proof is Proof.TOKEN:
        return replace(told, event_id=f"{_ASKED}{told.event_id}")
    return told


def _became(errand: Errand, answer: Answer) -> tuple[State, Trouble | None]:
    """Say where *answer* leaves *errand*; only what was answered for sure ends it."""
    if isinstance(answer, tuple):
        outcomes = {one.outcome for one in answer}
        if outcomes & _DONE[errand.kind]:
            return State.DONE, None
        if outcomes & _LOST[errand.kind]:
            return State.REFUSED, next((one.trouble for one in answer if one.trouble), None)
        return State.UNKNOWN, None
    trouble: Trouble | None = getattr(answer, "trouble", None)
    match answer:
        case Declined() if errand.kind is Kind.CANCEL and trouble is Trouble.NOT_FOUND:
            # It never came there, so it collects nothing.
            return State.DONE, None
        case Declined():
            return State.REFUSED, trouble
        case NotSent() | Misconfigured():
            # Nothing has changed there: what was unknown before still is.
            return errand.state, trouble
        case _:
            return State.UNKNOWN, trouble


def _note(
    runtime: Runtime,
    scope: Scope,
    errand: Errand,
    state: State,
    trouble: Trouble | None = None,
    *,
    is_last: bool = False,
) -> bool:
    runtime.database.run(scope, lambda tx: _noted(tx, errand, state, trouble, is_last=is_last))
    return True


def _noted(
    tx: UnitOfWork, errand: Errand, state: State, trouble: Trouble | None, *, is_last: bool
) -> None:
    intent = intents.get(tx, errand.intent)
    invoices.lock(tx, intent.invoice)
    intent = intents.lock(tx, errand.intent)
    kept = errands.of(tx, errand.intent, errand.kind)
    if kept is None or kept.wanted_at != errand.wanted_at:
        return
    noted = replace(kept, state=state, trouble=trouble)
    if state not in errands.UNDER_WAY:
        noted = errands.ended(noted, state)
    errands.save(tx, noted)
    invoices.touch(tx, intent.invoice)
    if state is not errand.state:
        audit.append(tx, f"errand.{errand.kind}.{state}", f"intent:{intent.id}")
    attempt = attempts.of_intent(tx, intent.id)
    is_held = attempt is not None and Outcome.AUTHORISED in attempt.told
    is_stuck = is_last or state in (State.REFUSED, State.IMPOSSIBLE)
    # An order that was not cancelled is no harm, for late money is money; what stays set aside is.
    if is_stuck and attempt is not None and is_held and Flag.STILL_HELD not in attempt.flags:
        attempts.save(tx, replace(attempt, flags=attempt.flags | {Flag.STILL_HELD}))
        audit.append(tx, "attempt.flagged", f"intent:{intent.id}", flags=[Flag.STILL_HELD.value])
        facts = {"channel": intent.channel, "reason": Flag.STILL_HELD.value}
        tx.after_commit(lambda: _log.error("gateway.review", **facts))
