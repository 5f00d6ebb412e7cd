"""Asks gateways what became of refunds: until it is known, and always under the same name."""

from __future__ import annotations

import threading
from typing import Final

import structlog

from payments import audit
from payments.channels.service import adapter_of, valid_versions
from payments.gateway import (
    Declined,
    Misconfigured,
    Notification,
    NotSent,
    OutcomeUnknown,
    RefundOrder,
    Refunds,
    Trouble,
)
from payments.intents import repository as intents
from payments.intents.schedule import next_ask
from payments.invoicing import repository as invoices
from payments.kernel.scope import Scope
from payments.refunds import repository, service
from payments.refunds.disputing import Held
from payments.refunds.hearing import refund_told
from payments.refunds.model import Refund
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: So many in one round: a gateway that stalls takes ten seconds for each.
_ROUND_MAX: Final = 20
_log = structlog.get_logger("refunds")


def ask_due(
    runtime: Runtime,
    scope: Scope,
    *,
    channel: str | None = None,
    stop: threading.Event | None = None,
) -> int:
    """Ask about every refund that is due; returns how many were asked about.

    *channel*: at that gateway only; *stop* ends it between two questions.
    """
    with runtime.database.reading(scope) as tx:
        due = repository.due(tx, tx.now(), limit=_ROUND_MAX, channel=channel)
    asked = 0
    for one in due:
        if stop is not None and stop.is_set():
            break
        asked += ask(runtime, scope, one)
    return asked


def ask(runtime: Runtime, scope: Scope, refund: Refund) -> bool:
    """Ask about one refund, once: False where another worker has taken it meanwhile."""
    assert refund.approved_at is not None, "only approved refunds are asked about"
    with runtime.database.transaction(scope) as tx:
        following = next_ask(refund.approved_at, tx.now())
        if not repository.claim(tx, refund, following):
            return False
        order = service.order_of(tx, refund)
        channels = valid_versions(tx, runtime, refund.channel)
        if following is None:
            # The schedule is at its end: a person asks the gateway, by whatever way there is.
            audit.append(tx, "refund.unanswered", f"refund:{refund.id}", amount=refund.amount.dong)
            _log.error("refund.review", refund=str(refund.id), reason="no-answer")
    adapter = adapter_of(runtime, channels[0]) if channels else None
    if not isinstance(adapter, Refunds):
        return True
    for answer in _answers(adapter, order, refund):
        if isinstance(answer, Notification) and answer.refund not in ("", refund.key):
            _other(runtime, scope, refund, answer)
        else:
            service.note(runtime, scope, refund.id, answer)
    return True


def _other(runtime: Runtime, scope: Scope, asked: Refund, answer: Notification) -> None:
    """Take an answer that names another refund of the same payment, ours or somebody else's."""

    def work(tx: UnitOfWork) -> None:
        found = intents.get(tx, asked.intent)
        invoice = invoices.lock(tx, found.invoice)
        attempts = intents.lock_active(tx, found.invoice, and_also=found.id)
        [intent] = [one for one in attempts if one.id == found.id]
        refund_told(tx, runtime, Held(invoice, intent, attempts), answer)

    runtime.database.run(scope, work)


def _answers(
    refunder: Refunds, order: RefundOrder, refund: Refund
) -> tuple[Notification | Exception, ...]:
    """Ask, or send again as it is what never left or never came."""
    if refund.must_send:
        return (service.ordered(refunder, order),)
    try:
        return refunder.query_refund(order)
    except Declined as failure:
        if failure.trouble is Trouble.NOT_FOUND:
            return (service.ordered(refunder, order),)
        # It was our question that was refused, not the refund.
        return (OutcomeUnknown("the question was refused", trouble=failure.trouble),)
    except (NotSent, Misconfigured, OutcomeUnknown) as failure:
        return (OutcomeUnknown("nobody answered", trouble=failure.trouble),)
