"""
Q4: a code is paid around its end, after a cancellation, twice, after it was replaced.

    python -m tests.faults.late --rounds 1000 --seed 1

Every round plays each case once, at seconds drawn by the seed, told by either feed, before or after
the worker has noticed that the code's time is over.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from payments.inbox.service import accept
from payments.intents.model import Intent
from payments.intents.service import cancel_invoice, credit_invoice, expire
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.receipts.model import Flag
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.databases import Cluster
from tests.support.feeds import FURNISHED, transfer
from tests.support.stage import Stage, morning, stage

_DUE: Final = 242_000  # KB01 and XN01
_CREDITED: Final = 92_000

#: What each transfer must come to: applied, suspense, flags; in the order of telling.
Told = tuple[int, int, frozenset[Flag]]
Case = Callable[["Desk"], list[Told]]


@dataclass(slots=True)
class Desk:
    """One invoice, its first code, and a bank; the clock stands until a case moves it."""

    made: Stage
    clock: FrozenClock
    chance: random.Random
    number: int
    invoice: UUID = field(init=False)
    shown: Intent = field(init=False)

    def __post_init__(self) -> None:
        self.invoice = self.made.hospital.issue("KB01", "XN01")
        self.shown = self.made.hospital.show(self.invoice)

    def some(self) -> timedelta:
        """A second, or up to ten minutes."""
        return timedelta(seconds=self.chance.choice((1, self.chance.randint(1, 600))))

    def pay(self, dong: int, at: datetime) -> None:
        """Let a transfer of the bank's moment *at* be told now, to the first code."""
        self.number += 1
        channel = self.chance.choice(sorted(FURNISHED))
        told = transfer(self.number, self.shown.code, dong, at)
        raw = FURNISHED[channel].raw(told, self.clock.now())
        reply = accept(self.made.runtime, self.made.scope, channel, raw)
        assert reply.status == 200, reply

    def go(self, to: datetime) -> None:
        self.clock.set(to)
        if self.chance.random() < 0.5:
            expire(self.made.runtime, self.made.scope)


def before_the_end(desk: Desk) -> list[Told]:
    at = desk.shown.expires_at - desk.some()
    desk.go(desk.chance.choice((at, desk.shown.expires_at + desk.some())))
    desk.pay(_DUE, at)
    return [(_DUE, 0, frozenset())]


def at_the_end(desk: Desk) -> list[Told]:
    desk.go(desk.shown.expires_at)
    desk.pay(_DUE, desk.shown.expires_at)
    return [(_DUE, 0, frozenset({Flag.LATE}))]


def after_the_end(desk: Desk) -> list[Told]:
    at = desk.shown.expires_at + desk.some()
    desk.go(at)
    desk.pay(_DUE, at)
    return [(_DUE, 0, frozenset({Flag.LATE}))]


def after_cancellation(desk: Desk) -> list[Told]:
    desk.clock.set(desk.clock.now() + timedelta(seconds=30))
    cancel_invoice(desk.made.runtime, desk.made.scope, desk.invoice, "người bệnh không khám")
    at = desk.clock.now() + desk.some()
    desk.go(at)
    desk.pay(_DUE, at)
    return [(0, _DUE, frozenset({Flag.AFTER_CANCEL, Flag.LATE}))]


def before_cancellation_told_after(desk: Desk) -> list[Told]:
    at = desk.clock.now()
    desk.clock.set(at + desk.some())
    cancel_invoice(desk.made.runtime, desk.made.scope, desk.invoice, "người bệnh không khám")
    desk.pay(_DUE, at)
    return [(0, _DUE, frozenset({Flag.AFTER_CANCEL}))]


def twice(desk: Desk) -> list[Told]:
    desk.pay(_DUE, desk.clock.now())
    desk.pay(_DUE, desk.clock.now())
    return [(_DUE, 0, frozenset()), (0, _DUE, frozenset({Flag.DUPLICATE}))]


def twice_the_second_late(desk: Desk) -> list[Told]:
    desk.pay(_DUE, desk.clock.now())
    at = desk.shown.expires_at + desk.some()
    desk.go(at)
    desk.pay(_DUE, at)
    late = frozenset({Flag.DUPLICATE, Flag.LATE})
    return [(_DUE, 0, frozenset()), (0, _DUE, late)]


def short_then_the_old_code_again(desk: Desk) -> list[Told]:
    short = desk.chance.randint(1, _DUE - 1)
    desk.pay(short, desk.clock.now())
    desk.pay(_DUE, desk.clock.now())
    return [
        (short, 0, frozenset({Flag.UNDERPAID})),
        (_DUE - short, short, frozenset({Flag.OVERPAID})),
    ]


def after_it_was_replaced(desk: Desk) -> list[Told]:
    desk.clock.set(desk.clock.now() + timedelta(seconds=30))
    _credit(desk)
    at = desk.clock.now() + desk.some()
    desk.go(at)
    desk.pay(_DUE, at)
    over = frozenset({Flag.OVERPAID, Flag.LATE})
    return [(_DUE - _CREDITED, _CREDITED, over)]


def before_it_was_replaced_told_after(desk: Desk) -> list[Told]:
    at = desk.clock.now()
    desk.clock.set(at + desk.some())
    _credit(desk)
    desk.pay(_DUE - _CREDITED, at)
    return [(_DUE - _CREDITED, 0, frozenset())]


def _credit(desk: Desk) -> None:
    credit_invoice(
        desk.made.runtime,
        desk.made.scope,
        desk.invoice,
        {"XN": vnd(_CREDITED)},
        reason="không làm xét nghiệm",
        key=f"late-{desk.invoice}",
    )


CASES: Final[Mapping[str, Case]] = {
    case.__name__.replace("_", " "): case
    for case in (
        before_the_end,
        at_the_end,
        after_the_end,
        after_cancellation,
        before_cancellation_told_after,
        twice,
        twice_the_second_late,
        short_then_the_old_code_again,
        after_it_was_replaced,
        before_it_was_replaced_told_after,
    )
}


def run(cluster: Cluster, seed: int, *, rounds: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    clock = morning()
    number = 0
    right = dict.fromkeys(CASES, 0)
    with stage(cluster, clock) as made:
        for _ in range(rounds):
            for name, case in CASES.items():
                clock.set(clock.now() + timedelta(seconds=1))
                desk = Desk(made, clock, chance, number)
                wanted = case(desk)
                number = desk.number
                found = _found(made, desk)
                if found == sorted(wanted, key=str):
                    right[name] += 1
                else:
                    outcome.failures.append(f"{name}: {found}, wanted {wanted}")
        made.hospital.work()
        outcome.failures += oracle.findings(made.runtime, made.scope)
    for name, count in right.items():
        outcome.expect(f"{name}, by the rules", count, rounds)
    return outcome


def _found(made: Stage, desk: Desk) -> list[Told]:
    paid = made.hospital.payments(desk.invoice)
    return sorted(((p.applied.dong, p.suspense.dong, p.flags) for p in paid), key=str)


if __name__ == "__main__":
    raise SystemExit(script.main(run, "Q4 money around the end of a code", {"rounds": 1_000}))
