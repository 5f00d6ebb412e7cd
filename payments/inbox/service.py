"""
The way of every message: prove, parse, store all (commit), apply (commit), answer.

If applying fails, storing stands: the gateway is told STORED and a job applies it later. Applying
twice changes nothing. A forged message leaves no trace but a count, so that it cannot poison what
is remembered of the true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from payments import audit, jobs
from payments.channels.service import (
    Channel,
    adapter_of,
    believed_accounts,
    settles_directly,
    valid_versions,
    versions,
)
from payments.gateway import (
    Answers,
    Malformed,
    NotAuthentic,
    Notification,
    Notifies,
    Outcome,
    Proof,
    RawNotification,
    Reply,
    Verdict,
)
from payments.gateway.port import Adapter
from payments.inbox import repository, waiting
from payments.inbox.attempts import apply_told
from payments.inbox.effects import Effect, apply_arrival, arrival_of
from payments.inbox.repository import Stored
from payments.intents import attempts
from payments.kernel.database_clock import other_time
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.scope import Scope
from payments.refunds.disputes import TOLD as TAKEN_BACK
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

APPLY: Final = waiting.APPLY
#: Longer than any request takes to apply what it stored.
_FORGOTTEN_AFTER: Final = timedelta(minutes=2)
#: One answer for every event of a message: the worst, in this order.
_WORST_FIRST: Final = (
    Verdict.TRY_AGAIN,
    Verdict.AMOUNT_DIFFERS,
    Verdict.UNKNOWN_REFERENCE,
    Verdict.STORED,
    Verdict.DUPLICATE,
)
#: What a caller who proves only itself is not believed without asking.
_MOVES_MONEY: Final = frozenset({Outcome.CAPTURED, *TAKEN_BACK})
#: Then a signature with a time in it is believed by the machine's clock as well.
_CLOCKS_APART: Final = timedelta(minutes=1)
_log = structlog.get_logger("inbox")


def accept(runtime: Runtime, scope: Scope, slug: str, raw: RawNotification) -> Reply:
    """
    Take one request to the webhook of channel *slug* and answer in the gateway's words.

    Raises:
        NotFound: there is no such channel that notifies.
    """
    with runtime.database.reading(scope) as tx:
        channels = versions(tx, runtime, slug)
    notifier, told = _prove(runtime, channels, raw)
    if isinstance(told, Verdict):
        reason = "not-authentic" if told is Verdict.BAD_SIGNATURE else "malformed"
        with runtime.database.transaction(scope) as tx:
            repository.count_refused(tx, slug, reason)
        _log.warning("inbox.refused", channel=slug, reason=reason)
        return notifier.reply(told)
    try:
        verdicts = take_in(runtime, scope, slug, told, raw.body)
    except DBAPIError as error:
        _log.error("inbox.not_stored", channel=slug, error=type(error.orig).__name__)
        return notifier.reply(Verdict.TRY_AGAIN)
    return notifier.reply(worst(verdicts))


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Choose the one answer to a request of several events."""
    return min(verdicts, key=_WORST_FIRST.index, default=Verdict.STORED)


def take_in(
    runtime: Runtime,
    scope: Scope,
    slug: str,
    told: Sequence[Notification],
    raw: bytes,
    *,
    is_asked: bool = False,
) -> list[Verdict]:
    """
    Store every notification in one commit, then let each take effect in a commit of its own.

    *is_asked*: they are the gateway's answers to our own question, which need no other proof.
    """

    def store(tx: UnitOfWork) -> list[UUID]:
        return [repository.add(tx, runtime.keys, slug, one, raw) for one in told]

    ids = runtime.database.run(scope, store)
    return [_apply_now(runtime, scope, one, is_asked=is_asked) for one in ids]


def apply(runtime: Runtime, scope: Scope, notification: UUID, *, is_asked: bool = False) -> Verdict:
    """Let a stored message take effect, once; a repeat answers DUPLICATE and changes nothing."""
    return runtime.database.run(
        scope, lambda tx: apply_in(tx, runtime, notification, is_asked=is_asked)
    )


def resume(runtime: Runtime, scope: Scope) -> int:
    """
    Apply what a program stored before it was ended, and has not applied; returns how many.

    Most gateways send again what they got no answer to, but none promises it.
    """
    with runtime.database.reading(scope) as tx:
        found = repository.forgotten(tx, tx.now() - _FORGOTTEN_AFTER)
    for notification in found:
        _apply_now(runtime, scope, notification)
    return len(found)


def _apply_now(
    runtime: Runtime, scope: Scope, notification: UUID, *, is_asked: bool = False
) -> Verdict:
    try:
        return apply(runtime, scope, notification, is_asked=is_asked)
    except (DBAPIError, Conflict, Rejected, NotFound) as error:
        # It is stored, so nothing is lost: the worker tries again and tells a person in the end.
        _log.error("inbox.not_applied", notification=str(notification), error=type(error).__name__)
        with runtime.database.transaction(scope) as tx:
            jobs.enqueue(tx, APPLY, str(notification))
        return Verdict.STORED


def apply_in(
    tx: UnitOfWork, runtime: Runtime, notification: UUID, *, is_asked: bool = False
) -> Verdict:
    """As ``apply``, within a transaction of the caller."""
    stored = repository.lock(tx, runtime.keys, notification)
    if stored.state == "applied":
        # A wrong amount is not made right by telling it again.
        is_wrong = stored.verdict is Verdict.AMOUNT_DIFFERS
        return stored.verdict if is_wrong else Verdict.DUPLICATE
    told = stored.told
    # A gateway with orders of its own names ours, and may tell the account that the money reached.
    if told.reference or not told.account:
        return _apply_to_attempt(tx, runtime, stored, is_asked=is_asked)
    if told.outcome not in (Outcome.CAPTURED, Outcome.PAID_OUT):
        # Only these two say that money moved; the rest is kept for a person to read.
        return _keep(tx, stored, Verdict.STORED, f"outcome-{told.outcome}")
    if told.account not in believed_accounts(tx, stored.channel):
        return _keep(tx, stored, Verdict.UNKNOWN_REFERENCE, "foreign-account")
    applied = apply_arrival(tx, runtime, arrival_of(stored.channel, told))
    if applied.effect is Effect.CONTRADICTED:
        return _keep(tx, stored, Verdict.STORED, "gateway-told-another-amount")
    if applied.effect is Effect.UNCLEAR:
        return _keep(tx, stored, Verdict.STORED, "several-could-be-meant")
    verdict = Verdict.DUPLICATE if applied.effect is Effect.KNOWN else Verdict.STORED
    repository.settle(tx, stored, "applied", verdict, reason=applied.effect, credit=applied.credit)
    return verdict


def _apply_to_attempt(
    tx: UnitOfWork, runtime: Runtime, stored: Stored, *, is_asked: bool
) -> Verdict:
    """Let what a gateway with orders of its own tells take effect on the order that it names."""
    told = stored.told
    channels = valid_versions(tx, runtime, stored.channel)
    adapter = adapter_of(runtime, channels[0]) if channels else None
    if not is_asked and told.outcome in _MOVES_MONEY and _proves_only_its_sender(adapter):
        # The worker asks the gateway itself; its answer is a message of its own.
        attempts.ask_soon(tx, told.reference, stored.channel)
        return _keep(tx, stored, Verdict.STORED, "asked-back")
    may_differ = adapter is not None and adapter.capabilities.amount_can_differ
    is_direct = adapter is not None and settles_directly(adapter)
    became = apply_told(
        tx, runtime, stored.channel, told, may_differ=may_differ, is_direct=is_direct
    )
    if became.is_kept:
        return _keep(tx, stored, became.verdict, became.reason, waits_for=became.waits_for)
    repository.settle(
        tx, stored, "applied", became.verdict, reason=became.reason, credit=became.credit
    )
    return became.verdict


def _proves_only_its_sender(adapter: Adapter | None) -> bool:
    return (
        isinstance(adapter, Notifies)
        and isinstance(adapter, Answers)
        and adapter.proof is Proof.TOKEN
    )


def _keep(
    tx: UnitOfWork, stored: Stored, verdict: Verdict, reason: str, *, waits_for: str = ""
) -> Verdict:
    if stored.state != "kept":
        audit.append(tx, "inbox.kept", f"notification:{stored.id}", reason=reason)
        waiting.begins(tx, stored, waits_for)
    repository.settle(tx, stored, "kept", verdict, reason=reason, waits_for=waits_for)
    return verdict


def _prove(
    runtime: Runtime, channels: Sequence[Channel], raw: RawNotification
) -> tuple[Notifies, tuple[Notification, ...] | Verdict]:
    """Try each valid version of the channel: while a secret rotates, either may have signed."""
    refused: Notifies | None = None
    other = other_time(runtime.clock, apart=_CLOCKS_APART)
    moments = (raw,) if other is None else (raw, replace(raw, received_at=other))
    for channel, heard in product(channels, moments):
        notifier = adapter_of(runtime, channel)
        if not isinstance(notifier, Notifies):
            continue
        try:
            return notifier, notifier.read(heard)
        except NotAuthentic:
            refused = refused or notifier
        except Malformed:
            return notifier, Verdict.TRY_AGAIN
    if refused is None:
        raise NotFound(f"channel {channels[0].slug!r} sends no messages")
    return refused, Verdict.BAD_SIGNATURE
