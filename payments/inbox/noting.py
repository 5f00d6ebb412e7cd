"""What is noted of an attempt when a gateway tells of it, and what a person is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import structlog

from payments import audit
from payments.gateway import Notification, Outcome, Verdict
from payments.intents import attempts
from payments.intents.answering import FIRST_ASK
from payments.intents.attempts import Flag, GatewayAttempt
from payments.intents.model import Intent
from payments.intents.status import ACTIVE
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.storage.unit_of_work import UnitOfWork

#: After these the gateway has nothing more to tell that we would have to ask for.
_FINAL: Final = frozenset({Outcome.CAPTURED, Outcome.FAILED, Outcome.CANCELLED, Outcome.EXPIRED})
#: A person must look.
_ALARMING: Final = frozenset(
    {Outcome.REVIEW, Outcome.REVERSED, Outcome.DISPUTED, Outcome.DISPUTE_LOST}
)
_log = structlog.get_logger("gateway")


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a message; *is_kept*: it had no effect, and a repeat is tried again."""

    verdict: Verdict
    reason: str
    is_kept: bool = False
    #: The movement on our own account that it witnessed.
    credit: UUID | None = None
    #: The payment of which it tells and that was not told yet, where it waits for one.
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
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


def note(
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
        alert(tx, intent.channel, ",".join(sorted(flags)), told, intent.id)
        audit.append(tx, "attempt.flagged", f"intent:{intent.id}", flags=sorted(flags))
        invoices.touch(tx, intent.invoice)


def alert(
    tx: UnitOfWork, channel: str, reason: str, told: Notification, intent: UUID | None = None
) -> None:
    """
    Tell whoever watches the log; never an amount or a name, which a message may hold.

    After the commit: of what was undone or only rehearsed nobody is told.
    """
    facts = {
        "channel": channel,
        "reason": reason,
        "outcome": told.outcome.value,
        "intent": "" if intent is None else str(intent),
    }
    tx.after_commit(lambda: _log.error("gateway.review", **facts))
