"""
The way of every message: prove, parse, store all (commit), apply (commit), answer.

If applying fails, storing stands: the gateway is told STORED and a job applies it later. Applying
twice changes nothing. A forged message leaves no trace but a count, so that it cannot poison what
is remembered of the true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from payments import audit, jobs
from payments.bank.model import Arrival, Direction
from payments.channels.service import Channel, adapter_of, believed_accounts, versions
from payments.gateway import (
    Lists,
    Malformed,
    NotAuthentic,
    Notification,
    Notifies,
    Outcome,
    RawNotification,
    Reply,
    Verdict,
)
from payments.inbox import repository
from payments.inbox.effects import Effect, apply_arrival
from payments.inbox.repository import Stored
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

APPLY: Final = "inbox.apply"
#: Lists are read again from this long before: late rows are found, known rows change nothing.
_OVERLAP: Final = timedelta(days=1)
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
    return notifier.reply(min(verdicts, key=_WORST_FIRST.index, default=Verdict.STORED))


def poll(runtime: Runtime, scope: Scope, slug: str) -> int:
    """
    Ask the list API of channel *slug* for what the webhooks may have missed; returns the rows read.

    Raises:
        NotFound: there is no such channel that lists.
        Unavailable: the gateway gave no usable answer.
    """
    with runtime.database.reading(scope) as tx:
        channel, *_ = versions(tx, runtime, slug)
        accounts = believed_accounts(tx, slug)
    lister = adapter_of(runtime, channel)
    if not isinstance(lister, Lists):
        raise NotFound(f"channel {slug!r} has no list")
    read = 0
    for account in sorted(accounts):
        rows = lister.transactions(account, runtime.clock.now() - _OVERLAP)
        take_in(runtime, scope, slug, rows, b"")
        read += len(rows)
    return read


def take_in(
    runtime: Runtime, scope: Scope, slug: str, told: Sequence[Notification], raw: bytes
) -> list[Verdict]:
    """Store every notification in one commit, then let each take effect in a commit of its own."""

    def store(tx: UnitOfWork) -> list[UUID]:
        return [repository.add(tx, runtime.keys, slug, one, raw) for one in told]

    return [_apply_now(runtime, scope, one) for one in runtime.database.run(scope, store)]


def apply(runtime: Runtime, scope: Scope, notification: UUID) -> Verdict:
    """Let a stored message take effect, once; a repeat answers DUPLICATE and changes nothing."""
    return runtime.database.run(scope, lambda tx: _apply(tx, runtime, notification))


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


def _apply_now(runtime: Runtime, scope: Scope, notification: UUID) -> Verdict:
    try:
        return apply(runtime, scope, notification)
    except (DBAPIError, Conflict, Rejected, NotFound) as error:
        # It is stored, so nothing is lost: the worker tries again and tells a person in the end.
        _log.error("inbox.not_applied", notification=str(notification), error=type(error).__name__)
        with runtime.database.transaction(scope) as tx:
            jobs.enqueue(tx, APPLY, str(notification))
        return Verdict.STORED


def _apply(tx: UnitOfWork, runtime: Runtime, notification: UUID) -> Verdict:
    stored = repository.lock(tx, runtime.keys, notification)
    if stored.state == "applied":
        return Verdict.DUPLICATE
    told = stored.told
    if told.outcome not in (Outcome.CAPTURED, Outcome.PAID_OUT):
        # Only these two say that money moved; the rest is kept for a person to read.
        return _keep(tx, stored, Verdict.STORED, f"outcome-{told.outcome}")
    if told.account not in believed_accounts(tx, stored.channel):
        return _keep(tx, stored, Verdict.UNKNOWN_REFERENCE, "foreign-account")
    applied = apply_arrival(tx, runtime, _arrival(stored.channel, told))
    if applied.effect is Effect.UNCLEAR:
        return _keep(tx, stored, Verdict.STORED, "several-could-be-meant")
    verdict = Verdict.DUPLICATE if applied.effect is Effect.KNOWN else Verdict.STORED
    repository.settle(tx, stored, "applied", verdict, reason=applied.effect, credit=applied.credit)
    return verdict


def _keep(tx: UnitOfWork, stored: Stored, verdict: Verdict, reason: str) -> Verdict:
    if stored.state != "kept":
        audit.append(tx, "inbox.kept", f"notification:{stored.id}", reason=reason)
    repository.settle(tx, stored, "kept", verdict, reason=reason)
    return verdict


def _arrival(channel: str, told: Notification) -> Arrival:
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


def _prove(
    runtime: Runtime, channels: Sequence[Channel], raw: RawNotification
) -> tuple[Notifies, tuple[Notification, ...] | Verdict]:
    """Try each valid version of the channel: while a secret rotates, either may have signed."""
    refused: Notifies | None = None
    for channel in channels:
        notifier = adapter_of(runtime, channel)
        if not isinstance(notifier, Notifies):
            continue
        try:
            return notifier, notifier.read(raw)
        except NotAuthentic:
            refused = refused or notifier
        except Malformed:
            return notifier, Verdict.TRY_AGAIN
    if refused is None:
        raise NotFound(f"channel {channels[0].slug!r} sends no messages")
    return refused, Verdict.BAD_SIGNATURE
