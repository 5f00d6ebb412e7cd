"""Says step by step what the webhook makes of one request. Nothing of it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from payments.diagnosis import naming
from payments.diagnosis.requests import Kept
from payments.diagnosis.steps import (
    Step,
    Word,
    bad,
    ending,
    note,
    ok,
    secrets_of,
    without,
    without_values,
)
from payments.diagnosis.subjects import Subject
from payments.gateway import (
    Covered,
    Doubt,
    Explains,
    Malformed,
    NotAuthentic,
    Notification,
    Notifies,
    Telling,
    Verdict,
)
from payments.inbox.rehearsing import rehearse
from payments.inbox.service import worst
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.runtime import Runtime

_ROUTE: Final = "/webhooks/"
#: What the webhook takes at most.
_BODY_MAX_BYTES: Final = 256 * 1024
_GOOD: Final = frozenset({Verdict.STORED, Verdict.DUPLICATE})
#: The nearer a version came to believing a message, the more its doubt tells.
_NEAREST: Final = (Doubt.STALE, Doubt.FOREIGN, Doubt.WRONG, Doubt.MISSING)


@dataclass(frozen=True, slots=True)
class Explained:
    """*is_accepted*: proven, readable, and of something that we asked for."""

    is_accepted: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """What the version that came nearest to believing the request made of it."""

    adapter: Notifies
    telling: Telling
    may_differ: bool
    version: int
    told: tuple[Notification, ...] = ()
    refused: NotAuthentic | Malformed | None = None


def hint(kept: Kept) -> str:
    """Give the slug of the channel to which the request went, "" where its path names none."""
    return kept.path.removeprefix(_ROUTE) if kept.path.startswith(_ROUTE) else ""


def explain(runtime: Runtime, scope: Scope, subject: Subject, kept: Kept) -> Explained:
    """Read *kept* as the webhook of *subject* would, and say why it is accepted or refused."""
    steps = list(_came(subject, kept))
    verdict: Verdict | None = None
    if all(step.key not in ("method_refused", "too_long") for step in steps):
        read = _read(runtime, subject, kept)
        if read is None:
            steps.append(bad("tells_nothing", adapter=subject.adapter))
        else:
            verdict = _judge(runtime, scope, subject, kept, read, steps)
    hidden = frozenset().union(
        *(secrets_of(one.settings, subject.schema) for one in subject.versions)
    )
    return Explained(verdict in _GOOD, tuple(without(hidden, step) for step in steps))


def _judge(
    runtime: Runtime, scope: Scope, subject: Subject, kept: Kept, read: _Read, steps: list[Step]
) -> Verdict:
    steps += _proof(kept, read)
    if read.refused is not None:
        is_doubted = isinstance(read.refused, NotAuthentic)
        verdict = Verdict.BAD_SIGNATURE if is_doubted else Verdict.TRY_AGAIN
    else:
        steps += [step for one in read.told for step in _fields(one)]
        if subject.slug:
            steps += naming.steps(
                runtime, scope, subject.slug, read.told, may_differ=read.may_differ
            )
            became = rehearse(runtime, scope, subject.slug, read.told)
            verdict = worst([one.verdict for one in became])
            steps += [note("reason", reason=one.reason) for one in became if one.reason]
        else:
            steps.append(note("no_channel"))
            verdict = Verdict.STORED
    word = Word(f"diagnosis.verdict.{verdict.value}", verdict.value)
    steps.append(ok("verdict", verdict=word) if verdict in _GOOD else bad("verdict", verdict=word))
    reply = read.adapter.reply(verdict)
    body = reply.body if isinstance(reply.body, str) else json.dumps(dict(reply.body))
    steps.append(note("reply", status=reply.status, body=body))
    return verdict


def _came(subject: Subject, kept: Kept) -> Iterator[Step]:
    raw = kept.raw
    yield note("request", method=raw.method, path=kept.path, bytes=len(raw.body))
    if kept.missing:
        yield bad("body_short", bytes=kept.missing)
    if kept.surplus:
        yield note("body_surplus", bytes=kept.surplus)
    if raw.method not in ("GET", "POST"):
        yield bad("method_refused", method=raw.method)
    if len(raw.body) > _BODY_MAX_BYTES:
        yield bad("too_long", most=_BODY_MAX_BYTES)
    if not subject.slug:
        return
    if hint(kept) == subject.slug:
        yield ok("route", channel=subject.slug)
    else:
        yield bad("route_other", channel=subject.slug, path=f"{_ROUTE}{subject.slug}")


def _read(runtime: Runtime, subject: Subject, kept: Kept) -> _Read | None:
    """Try each version as the inbox does, with a clock that stands at the moment it came."""
    clock = FrozenClock(kept.raw.received_at)
    doubted: list[tuple[int, _Read]] = []
    for version in subject.versions:
        made = subject.gateways.build(subject.adapter, version.settings, runtime.transport, clock)
        able = made.capabilities
        if not isinstance(made, Notifies):
            continue
        read = _Read(made, able.telling, able.amount_can_differ, version.number)
        try:
            return replace(read, told=made.read(kept.raw))
        except Malformed as error:
            return replace(read, refused=error)
        except NotAuthentic as error:
            place = _NEAREST.index(error.doubt)
            doubted.append((place, replace(read, refused=error)))
    return min(doubted, key=lambda one: one[0])[1] if doubted else None


def _proof(kept: Kept, read: _Read) -> Iterator[Step]:
    covered = read.adapter.covered(kept.raw) if isinstance(read.adapter, Explains) else None
    yield from _method(read.telling, kept)
    if covered is None:
        yield note("covered_unsaid")
    elif covered.fields:
        yield note("covered", proof=covered.proof, fields=", ".join(covered.fields))
    else:
        yield note("covers_nothing", proof=covered.proof)
    match read.refused:
        case None:
            yield ok("proven", version=read.version)
        case NotAuthentic() as refused:
            yield _doubted(refused, covered, kept)
        case Malformed() as refused:
            yield ok("proven", version=read.version)
            yield bad("malformed", why=without_values(refused.detail, kept.raw))


def _method(telling: Telling, kept: Kept) -> Iterator[Step]:
    expected = "GET" if telling is Telling.GET_SIGNED else "POST"
    if kept.raw.method in ("GET", "POST") and kept.raw.method != expected:
        yield note("method_other", method=kept.raw.method, expected=expected)


def _doubted(refused: NotAuthentic, covered: Covered | None, kept: Kept) -> Step:
    is_missing = covered is not None and not covered.is_present
    doubt = Doubt.MISSING if is_missing and refused.doubt is Doubt.WRONG else refused.doubt
    return bad(f"doubt_{doubt.value}", why=without_values(refused.detail, kept.raw))


def _fields(told: Notification) -> Iterator[Step]:
    outcome = Word(f"diagnosis.outcome.{told.outcome.value}", told.outcome.value)
    yield note("event", event=told.event_id, outcome=outcome, code=told.raw_code or "-")
    amount = told.amount if told.currency == "VND" else f"{told.amount.dong} ({told.currency})"
    yield note("money", amount=amount, at=told.occurred_at, transaction=told.transaction or "-")
    if told.reference:
        yield note("reference", reference=told.reference)
    if told.account:
        yield note("account", account=ending(told.account))
    if told.trouble is not None:
        yield note("trouble", why=Word(f"trouble.{told.trouble.value}", told.trouble.value))
