"""
W1: messages of every gateway with their structure kept and their sense lost, most well proven.

    python -m tests.faults.webhook_fuzz --cases 1000000 --seed 1

PASS: no answer is a failure of ours (5xx; 503 only where an adapter says so of what it cannot
read), none takes more than a second of processor time, memory grows by at most 50 MB a gateway,
and the oracle finds the books in order after all of it. The true messages come from each gateway's
sandbox: JSON, JSON in JSON, forms, signed addresses. Fields at any depth are dropped, exchanged,
wrapped and replaced, then proven anew with the right key; others are spoilt byte by byte, told as
XML, or lose headers. No gateway of ours speaks XML: a webhook must refuse it like any other bytes
(the XML that we do read is W6). Not done: fuzzing that is guided by coverage.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from werkzeug.exceptions import HTTPException

from payments.app import create_app
from payments.gateway import Malformed, NotAuthentic, RawNotification
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.crowd import issue_one
from tests.support.feeds import MODES, switch_to, transfer
from tests.support.gateways import desk, notifying
from tests.support.hospital import Hospital
from tests.support.hostile_shapes import spoilt
from tests.support.proving import ANEW, Anew, casso_anew, sepay_anew
from tests.support.stage import in_memory_hospital, morning

_ANSWER_MAX_S: Final = 1.0
_GROWTH_MAX_MB: Final = 50
#: Caches and pools fill in the beginning; what grows after that is what messages leave behind.
_WARM: Final = 500
#: A hospital takes so many, then its worker rests and the books are looked at.
_SHARE_MAX: Final = 20_000


@dataclass(slots=True)
class Target:
    """One webhook in one of its modes: the true messages, and how a changed one is proven."""

    hospital: Hospital
    slug: str
    true: list[RawNotification]
    anew: Anew
    adapter: Any
    answers: Counter[int] = field(default_factory=Counter)
    proven: int = 0
    slowest: float = 0
    growth: float = 0


def run(seed: int, *, cases: int, names: Sequence[str] = ()) -> Outcome:
    outcome = Outcome()
    names = names or [*MODES, *notifying()]
    unknown = sorted(set(notifying()) - ANEW.keys())
    outcome.expect("gateways that nobody fuzzes", unknown, [])
    kinds: Counter[str] = Counter()
    slowest = growth = proven = 0.0
    for place, name in enumerate(names):
        left = cases // len(names) + (place < cases % len(names))
        answers: Counter[int] = Counter()
        part = 0
        while left:
            share = min(left, _SHARE_MAX)
            with _target(name, outcome) as target:
                _attack(target, random.Random(f"{seed}:{name}:{part}"), share, kinds, outcome)
            answers += target.answers
            slowest, growth = max(slowest, target.slowest), max(growth, target.growth)
            proven += target.proven
            left, part = left - share, part + 1
        outcome.figures[f"{name}: answers by status"] = dict(sorted(answers.items()))
    outcome.figures["cases by kind"] = dict(sorted(kinds.items()))
    outcome.figures["cases that were proven and read"] = int(proven)
    outcome.figures["slowest, ms of the processor"] = round(slowest * 1_000)
    outcome.figures["most memory that a gateway left, MB"] = round(growth, 1)
    if slowest > _ANSWER_MAX_S:
        outcome.failures.append(f"an answer took {slowest:.1f} s of the processor")
    if growth > _GROWTH_MAX_MB:
        outcome.failures.append(f"memory grew by {growth:.0f} MB")
    if proven < cases / 20:
        outcome.failures.append("hardly a case was read: nothing was tried")
    return outcome


def _attack(
    target: Target, chance: random.Random, cases: int, kinds: Counter[str], outcome: Outcome
) -> None:
    client = create_app(target.hospital.runtime).test_client()
    before = 0.0
    for case in range(cases):
        if case == min(_WARM, cases // 2):
            before = _resident_mb()
        kind, raw = spoilt(chance.choice(target.true), target.anew, chance)
        kinds[kind] += 1
        began = time.process_time()
        status = _post(client, target.slug, raw)
        took = time.process_time() - began
        target.slowest = max(target.slowest, took)
        target.answers[status] += 1
        is_read, is_malformed = _reads(target, raw)
        target.proven += is_read or is_malformed
        if status >= 500 and not (status == 503 and is_malformed):
            outcome.failures.append(f"{target.slug}, {kind}: {status}: {_quoted(raw)}")
        if took > _ANSWER_MAX_S:
            outcome.failures.append(f"{target.slug}, {kind}: {took:.1f} s: {_quoted(raw)}")
    target.growth = _resident_mb() - before


def _post(client: Any, slug: str, raw: RawNotification) -> int:
    try:
        answer = client.open(
            f"/webhooks/{slug}",
            method=raw.method,
            data=raw.body,
            query_string=raw.raw_query,
            # What a server does not let through: controls, and what is not Latin-1.
            headers=[(k, v.encode("latin-1", "replace").decode("latin-1"))
                     for k, v in raw.headers.items()
                     if k not in ("content-length", "host", "connection", "accept-encoding")],
        )  # fmt: skip
    except HTTPException as refused:
        return refused.code or 500
    return int(answer.status_code)


def _reads(target: Target, raw: RawNotification) -> tuple[bool, bool]:
    """Say whether the adapter reads it, and whether it was proven but cannot be read."""
    try:
        target.adapter.read(raw)
    except NotAuthentic:
        return False, False
    except Malformed:
        return False, True
    return True, False


def _quoted(raw: RawNotification) -> str:
    return f"{raw.method} {raw.raw_query[:300]!r} {dict(raw.headers)} {raw.body[:300]!r}"


@contextmanager
def _target(name: str, outcome: Outcome) -> Iterator[Target]:
    """Furnish a hospital with one webhook, and prove its books once all was sent."""
    clock = morning()
    with in_memory_hospital(clock) as hospital:
        target = _feed(hospital, name) if name in MODES else _gateway(hospital, name)
        yield target
        hospital.work()
        found = oracle.findings(hospital.runtime, hospital.scope)
        outcome.failures += [f"{name}: {one}" for one in found]


def _feed(hospital: Hospital, name: str) -> Target:
    mode, runtime = MODES[name], hospital.runtime
    with runtime.database.transaction(hospital.scope) as tx:
        switch_to(tx, runtime, mode)
    now = runtime.clock.now()
    true = []
    for number in range(1, 6):
        owed = issue_one(runtime, number)
        true.append(mode.raw(transfer(number, owed.code, owed.dong, now), now))
    anew = sepay_anew(mode) if mode.channel == "sepay" else casso_anew(mode)
    adapter = runtime.gateways.build(mode.channel, mode.settings, None, runtime.clock)
    return Target(hospital, mode.channel, true, anew, adapter)


def _gateway(hospital: Hospital, name: str) -> Target:
    at = desk(hospital, name)
    true: list[RawNotification] = []
    for act in ("pay", "refuse", "pay", "cancel"):
        true += at.play(at.open(hospital.issue()), act)
    return Target(hospital, name, true, ANEW[name], at.adapter)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096 / 1_048_576


if __name__ == "__main__":
    raise SystemExit(
        script.main(run, "W1 fuzzed webhooks", {"cases": 1_000_000}, needs_cluster=False)
    )
