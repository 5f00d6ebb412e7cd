"""
M4: forged, altered and repeated messages are refused or say nothing new, and write nothing.

    python -m tests.faults.forged --variants 8 --seed 1

For both feeds in each of their modes: a wrong key, every byte of the body and of the proof altered
(*variants* times each; a *stride* above 1 leaves bytes out), time stamps ten minutes off, proofs of
other messages, old messages again.
Before and after, every row of every table is compared; only ``refused_message`` may count.

An API key or a token proves who calls and not what is said: there, an altered body is tried on a
message that is known already, where it must change nothing. Not looked at: the running time of the
comparison.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from payments.app import create_app
from payments.gateway import Malformed, NotAuthentic, Notification, RawNotification
from payments.kernel.clock import FrozenClock
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.crowd import issue_one
from tests.support.databases import Cluster
from tests.support.feeds import MODES, Mode, switch_to, transfer
from tests.support.stage import Stage, morning, stage

_OFF: Final = timedelta(minutes=10)
_BLANK: Final = frozenset(b" \t\r\n")
_PROOFS: Final = ("authorization", "x-sepay-signature", "x-casso-signature", "secure-token")
_STAMP: Final = "x-sepay-timestamp"
_COUNTED: Final = frozenset({"refused_message"})
_REFUSED: Final = (401, 503)


def run(cluster: Cluster, seed: int, *, variants: int, stride: int = 1) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    clock = morning()
    with stage(cluster, clock) as made:
        for number, (name, mode) in enumerate(MODES.items(), start=1):
            trial = _Trial(made, clock, mode, _Alter(chance, variants, stride), number)
            tried = trial.attack()
            outcome.figures[name] = ", ".join(f"{n} {what}" for what, n in sorted(tried.items()))
            outcome.failures += [f"{name}: {failure}" for failure in trial.failures]
        made.hospital.work()
        outcome.failures += oracle.findings(made.runtime, made.scope)
        outcome.expect("payments", len(oracle.posted(made.database, made.scope)), 2 * len(MODES))
    return outcome


@dataclass(frozen=True, slots=True)
class _Alter:
    """Alters each byte in turn: once by one bit, then by other bytes; every *stride*-th only."""

    chance: random.Random
    variants: int
    stride: int

    def each(self, true: bytes) -> Iterator[bytes]:
        for place in range(self.chance.randrange(self.stride), len(true), self.stride):
            byte = true[place]
            others = {byte ^ 1}
            while len(others) < self.variants:
                others.add(self.chance.choice([x for x in range(256) if x != byte]))
            for other in sorted(others):
                yield true[:place] + bytes([other]) + true[place + 1 :]


class _Trial:
    """One mode: a message that is known, one that nobody has told yet, and the attacks on both."""

    def __init__(
        self, made: Stage, clock: FrozenClock, mode: Mode, alter: _Alter, number: int
    ) -> None:
        self.failures: list[str] = []
        self._made = made
        self._clock = clock
        self._mode = mode
        self._alter = alter
        self._client = create_app(made.runtime).test_client()
        with made.database.transaction(made.scope) as tx:
            switch_to(tx, made.runtime, mode)
        self._adapter = made.runtime.gateways.build(mode.channel, mode.settings, None, clock)
        first, second = (issue_one(made.runtime, 2 * number + more) for more in (0, 1))
        now = clock.now()
        self._old = transfer(first.number, first.code, first.dong, now)
        self._fresh = transfer(second.number, second.code, second.dong, now)

    def attack(self) -> Counter[str]:
        tried: Counter[str] = Counter()
        known = self._raw(self._old)
        self._expect(known, 200, "the true message")
        before = self._contents()
        for attack, raw in self._forgeries():
            tried[attack] += 1
            self._expect(raw, 401, attack)
        for raw in self._altered_known(known, tried):
            tried["altered, known"] += 1
            self._expect(raw, None, "altered, known")
        tried["repeated"] += 1
        self._expect(known, 200, "repeated")
        tried["repeated later"] += 1
        self._repeat_later(known)
        self._compare(before)
        self._expect(self._raw(self._fresh), 200, "the fresh message, unaltered")
        return tried

    def _forgeries(self) -> Iterator[tuple[str, RawNotification]]:
        """Change the message that nobody has told yet."""
        true = self._raw(self._fresh)
        yield "wrong key", self._mode.raw(self._fresh, self._clock.now(), forged=True)
        for name in true.headers.keys() & {*_PROOFS, _STAMP}:
            bare = {key: value for key, value in true.headers.items() if key != name}
            yield "proof missing", replace(true, headers=bare)
            yield "proof empty", replace(true, headers=bare | {name: ""})
            for changed in self._alter.each(true.headers[name].encode()):
                # A header holds what Latin-1 holds; a server would refuse the controls itself.
                if all(byte >= 32 for byte in changed) and changed.strip() == changed:
                    yield (
                        f"{name} altered",
                        replace(true, headers=bare | {name: changed.decode("latin-1")}),
                    )
        if not self._mode.is_signed:
            return
        for changed in self._alter.each(true.body):
            if not _says_the_same(true.body, changed):
                yield "body altered", replace(true, body=changed)
        for changed in (b"", true.body[:-1], true.body + b"x", true.body[1:], true.body * 2):
            yield "body cut or longer", replace(true, body=changed)
        known = self._raw(self._old)
        yield "proof of another", replace(true, headers=known.headers)
        yield "other body under a proof", replace(known, body=true.body)
        if _STAMP in true.headers:
            for off in (_OFF, -_OFF):
                yield (
                    "time stamp off",
                    self._mode.raw(self._fresh, self._clock.now(), signed_at=off),
                )

    def _altered_known(
        self, known: RawNotification, tried: Counter[str]
    ) -> Iterator[RawNotification]:
        """Change the body of the known message, keeping its proof, where it stays that message."""
        if self._mode.is_signed:
            return
        [truth] = self._read(known)
        for changed in self._alter.each(known.body):
            raw = replace(known, body=changed)
            try:
                told = self._read(raw)
            except (Malformed, NotAuthentic):
                yield raw
                continue
            if [one.event_id for one in told] == [truth.event_id]:
                yield raw
            else:
                tried["(is another message)"] += 1

    def _repeat_later(self, known: RawNotification) -> None:
        """Ten minutes on, a signed time stamp is too old; what has none says nothing new."""
        self._clock.set(self._clock.now() + _OFF)
        self._expect(known, 401 if _STAMP in known.headers else 200, "repeated later")
        self._clock.set(self._clock.now() - _OFF)

    def _expect(self, raw: RawNotification, wanted: int | None, attack: str) -> None:
        answer = self._client.post(
            f"/webhooks/{self._mode.channel}", data=raw.body, headers=list(raw.headers.items())
        )
        right = (200, *_REFUSED) if wanted is None else (wanted,)
        if answer.status_code not in right:
            self.failures.append(f"{attack}: answered {answer.status_code}: {raw.body[:300]!r}")

    def _compare(self, before: dict[str, tuple[int, str]]) -> None:
        after = self._contents()
        for table in sorted(before.keys() | after.keys()):
            if before.get(table) != after.get(table):
                self.failures.append(f"{table}: {before.get(table)} became {after.get(table)}")

    def _contents(self) -> dict[str, tuple[int, str]]:
        with self._made.database.reading(self._made.scope) as tx:
            return oracle.contents(tx, without=_COUNTED)

    def _raw(self, told: object) -> RawNotification:
        return self._mode.raw(told, self._clock.now())  # type: ignore[arg-type]

    def _read(self, raw: RawNotification) -> tuple[Notification, ...]:
        return self._adapter.read(raw)  # type: ignore[attr-defined,no-any-return]


def _says_the_same(true: bytes, changed: bytes) -> bool:
    """Casso signs the words of the JSON, not its blanks: one blank for another alters nothing."""
    pairs = [(a, b) for a, b in zip(true, changed, strict=True) if a != b]
    return all({a, b} <= _BLANK for a, b in pairs)


if __name__ == "__main__":
    raise SystemExit(script.main(run, "M4 forged messages", {"variants": 8, "stride": 1}))
