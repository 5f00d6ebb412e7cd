"""Checks a channel's settings one by one, and asks its gateway something harmless."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import httpx

from payments.diagnosis.steps import State, Step, Word, bad, note, ok, secrets_of, without
from payments.diagnosis.subjects import Subject, Version
from payments.gateway import (
    HANDLING,
    Actor,
    Answers,
    AttemptRef,
    Declined,
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    Transport,
    Trouble,
)
from payments.gateway.port import Adapter
from payments.gateway.sandboxes import SandboxOptions, names, open_sandbox
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from payments.runtime import Runtime

#: Where a sandbox of this process is, which nobody else can reach.
_INSIDE: Final = "http://127.0.0.1"
_ASKED_AMOUNT: Final = vnd(10_000)


def check(runtime: Runtime, subject: Subject) -> tuple[Step, ...]:
    """Check each version of *subject* that is believed; good when no step is bad."""
    found: list[Step] = []
    for version in subject.versions:
        hidden = secrets_of(version.settings, subject.schema)
        found += [without(hidden, step) for step in _version(runtime, subject, version)]
    return tuple(found)


def is_good(steps: tuple[Step, ...]) -> bool:
    return all(step.state is not State.BAD for step in steps)


def _version(runtime: Runtime, subject: Subject, version: Version) -> Iterator[Step]:
    transport = runtime.transport
    if subject.slug:
        yield note("version", channel=subject.slug, version=version.number)
    else:
        version, transport = _inside(runtime, subject, version)
        yield note("sandbox_settings", adapter=subject.adapter)
    wrong = tuple(_wrong(runtime, subject, version))
    yield from _settings(subject, version, frozenset(str(one.facts["field"]) for one in wrong))
    yield from wrong
    if wrong:
        return
    made = subject.gateways.build(subject.adapter, version.settings, transport, runtime.clock)
    if made.is_sandbox:
        is_refused = bool(subject.slug) and runtime.settings.mode == "production"
        yield bad("keys_refused") if is_refused else note("keys_sandbox")
    else:
        yield ok("keys_real")
    if transport is None and not subject.slug:
        yield note("not_asked")
    else:
        yield _asked(runtime, made)


def _inside(
    runtime: Runtime, subject: Subject, version: Version
) -> tuple[Version, Transport | None]:
    """Lead public settings to a sandbox in this process: they are no vendor's business."""
    addresses = {one.name: _INSIDE for one in subject.schema if one.name.endswith("_url")}
    led = replace(version, settings={**addresses, **version.settings, **addresses})
    if subject.adapter not in names():
        return led, None
    sandbox = open_sandbox(subject.adapter, SandboxOptions(), runtime.clock)
    return led, httpx.WSGITransport(app=sandbox.app)


def _settings(subject: Subject, version: Version, wrong: frozenset[str]) -> Iterator[Step]:
    for one in subject.schema:
        if one.name in wrong or not one.is_known(version.settings):
            continue
        is_there = bool(version.settings.get(one.name, "").strip())
        yield (
            ok("setting_there", field=one.name)
            if is_there
            else note("setting_default", field=one.name)
        )


def _wrong(runtime: Runtime, subject: Subject, version: Version) -> Iterator[Step]:
    """Name every setting that the adapter refuses: a wrong one is mended, and it is asked again."""
    public = dict(subject.gateways.sandbox_settings(subject.adapter))
    tried = dict(version.settings)
    seen: set[str] = set()
    while True:
        try:
            subject.gateways.build(subject.adapter, tried, None, runtime.clock)
            return
        except InvalidField as error:
            if error.field in seen:
                return
            seen.add(error.field)
            yield bad("setting_wrong", field=error.field, why=error)
            tried.pop(error.field, None)
            if error.field in public:
                tried[error.field] = public[error.field]


def _asked(runtime: Runtime, made: Adapter) -> Step:
    if not isinstance(made, Answers):
        return note("not_asked")
    reference = f"CHECK{secrets.token_hex(6).upper()}"
    attempt = AttemptRef(
        reference, _ASKED_AMOUNT, runtime.clock.now(), number=1 + secrets.randbelow(2**52)
    )
    try:
        made.query(attempt)
    except Declined as failure:
        return _refusal(failure.trouble)
    except (NotSent, OutcomeUnknown, Misconfigured) as failure:
        return bad("asked_failed", trouble=_word(failure.trouble))
    return ok("asked_answered")


def _refusal(trouble: Trouble) -> Step:
    if trouble is Trouble.NOT_FOUND:
        return ok("asked_unknown")
    is_ours = HANDLING[trouble].actor is Actor.IT
    return bad("asked_failed", trouble=_word(trouble)) if is_ours else ok("asked_answered")


def _word(trouble: Trouble) -> Word:
    return Word(f"trouble.{trouble.value}", trouble.value)
