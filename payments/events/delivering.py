"""
Sends what is due, once a second; at least once, never in the commit that caused it.

    event (new) ─distribute─▶ delivery (waiting) ─claim, POST─▶ delivered | waiting later | dead
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy import insert

from payments import audit
from payments.events import queue, subscriptions
from payments.events.model import Delivery, next_try, wire_id
from payments.events.queue import Due
from payments.events.rows import EVENT_ATTEMPT
from payments.events.sending import Answer, Sender
from payments.events.signing import headers
from payments.events.subscriptions import Subscription, guard
from payments.kernel.errors import VienphiError
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: No event was taken for as long: the receiver is gone, and a person must look.
DISABLED_AFTER: Final = timedelta(days=3)
_log = structlog.get_logger("events")


def look(runtime: Runtime, scope: Scope) -> int:
    """Tell all, as the worker does each second: what cannot be told now is in the log."""
    try:
        return tell_all(runtime, scope)
    except VienphiError as error:
        # A secret that no key opens, for one: the loop goes on for the other facilities.
        _log.error("events.failed", facility=scope.facility, error=error.code)
        return 0


def tell_all(runtime: Runtime, scope: Scope, sender: Sender | None = None) -> int:
    """Distribute what is new and send what is due; returns how many messages were sent."""
    with runtime.database.reading(scope) as tx:
        known = subscriptions.subscriptions(tx, runtime.keys)
        has_new = queue.has_new(tx)
    if has_new:
        # A look that finds nothing writes nothing.
        with runtime.database.transaction(scope) as tx:
            queue.distribute(tx, known)
    chosen = sender or Sender(guard(runtime), runtime.clock, runtime.transport)
    return sum(_tell(runtime, scope, one, chosen) for one in known if one.is_active)


def _tell(runtime: Runtime, scope: Scope, subscription: Subscription, sender: Sender) -> int:
    with runtime.database.reading(scope) as tx:
        waiting = queue.due(tx, subscription.name)
    for count, one in enumerate(waiting):
        with runtime.database.transaction(scope) as tx:
            if not queue.claim(tx, one):
                continue
            body = queue.message(tx, one.event)
        signed = headers(wire_id(one.event), runtime.clock.now(), body, subscription.secrets)
        answer = sender.send(subscription.url, body, signed)
        runtime.database.run(scope, partial(_note, one=one, answer=answer))
        if not answer.is_taken:
            # The rest would most likely fail too and keep the other receivers waiting; it stays
            # due, without a try being counted.
            return count + 1
    return len(waiting)


def _note(tx: UnitOfWork, one: Due, answer: Answer) -> None:
    """Keep what came of the try, and decide what follows."""
    attempt = one.attempts + 1
    tx.execute(
        insert(EVENT_ATTEMPT),
        {
            "facility_id": tx.facility,
            "id": new_id(),
            "delivery_id": one.id,
            "attempt": attempt,
            "at": tx.now(),
            "status": answer.status,
            "duration_ms": answer.duration_ms,
            "failure": answer.failure,
            "answer": answer.head,
        },
    )
    if answer.is_taken:
        queue.settle(tx, one.id, Delivery.DELIVERED, None)
        subscriptions.answered(tx, one.subscription)
        return
    subscriptions.failed(tx, one.subscription)
    later = None if answer.is_gone else next_try(attempt, tx.now())
    queue.settle(tx, one.id, Delivery.WAITING if later else Delivery.DEAD, later)
    if later is None:
        _give_up(tx, one, answer)


def _give_up(tx: UnitOfWork, one: Due, answer: Answer) -> None:
    since = subscriptions.failing_since(tx, one.subscription)
    _log.warning("events.dead", subscription=one.subscription, message=wire_id(one.event))
    audit.append(tx, "events.dead", f"event_delivery:{one.id}", subscription=one.subscription)
    if answer.is_gone:
        _disable(tx, one.subscription, "the receiver answered 410: it wants no more events")
    elif since is not None and tx.now() - since >= DISABLED_AFTER:
        _disable(tx, one.subscription, f"no event was taken since {since:%Y-%m-%d %H:%M} UTC")


def _disable(tx: UnitOfWork, name: str, reason: str) -> None:
    subscriptions.disable(tx, name, reason)
    _log.error("events.disabled", subscription=name, reason=reason)
