"""What one run does, drawn from its seed before it begins; a failing plan can be made smaller."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tests.simulation.gateway import AFTER_GATEWAY, BEFORE_GATEWAY
from tests.simulation.storage import AFTER_COMMIT, BEFORE_COMMIT, BEGINS, STATEMENT

BEFORE_ANSWER: Final = "before a request is answered"
#: Where a process may be killed, and about how often a run passes there.
POINTS: Final = {
    BEGINS: 250,
    STATEMENT: 1500,
    BEFORE_COMMIT: 120,
    AFTER_COMMIT: 120,
    BEFORE_GATEWAY: 12,
    AFTER_GATEWAY: 10,
    BEFORE_ANSWER: 60,
}


class Fault(StrEnum):
    #: The process ends there, with everything that it is doing.
    CRASH = "crash"
    #: The connection breaks: its transaction is lost, or done and nobody is told.
    DATABASE_GONE = "database gone"


@dataclass(frozen=True, slots=True)
class Trouble:
    """*fault* at the *nth* time that anybody comes to *point*."""

    fault: Fault
    point: str
    nth: int


class Way(StrEnum):
    TRANSFER = "transfer"
    GATEWAY = "gateway"
    CASH = "cash"


@dataclass(frozen=True, slots=True)
class Payment:
    way: Way
    after_s: int
    #: Of what is asked for: 100 is all of it.
    percent: int = 100
    #: So many copies of the bank's message arrive, through so many feeds.
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Giving:
    """Somebody asks for a refund of a gateway's payment; another approves or turns it down."""

    after_s: int
    percent: int
    is_approved: bool


@dataclass(frozen=True, slots=True)
class Visit:
    number: int
    after_s: int
    services: tuple[str, ...]
    payments: tuple[Payment, ...]
    givings: tuple[Giving, ...]
    #: Seconds until somebody cancels or credits it; None: nobody does.
    cancelled_after_s: int | None = None
    credited_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    visits: tuple[Visit, ...]
    troubles: tuple[Trouble, ...]

    def without(self, *, visit: Visit | None = None, trouble: Trouble | None = None) -> Plan:
        return replace(
            self,
            visits=tuple(one for one in self.visits if one is not visit),
            troubles=tuple(one for one in self.troubles if one is not trouble),
        )


def draw(seed: int) -> Plan:
    chance = random.Random(f"plan:{seed}")
    visits = tuple(_visit(chance, number) for number in range(1, chance.randint(2, 5) + 1))
    troubles = tuple(_trouble(chance) for _ in range(chance.randint(0, 4)))
    return Plan(seed, visits, troubles)


def _visit(chance: random.Random, number: int) -> Visit:
    main = chance.choice(list(Way))
    payments = [_payment(chance, main)]
    if chance.random() < 0.35:
        # Two people pay, or one pays twice, or the rest comes by another way.
        payments.append(_payment(chance, chance.choice(list(Way))))
    credited = chance.randint(5, 60) if chance.random() < 0.15 else None
    givings: tuple[Giving, ...] = ()
    if any(one.way is Way.GATEWAY for one in payments) and chance.random() < 0.7:
        # Only what was paid too much goes back: something that was paid is not done after all.
        credited = chance.randint(60, 80)
        givings = _givings(chance, credited + chance.randint(3, 12))
    return Visit(
        number,
        chance.randint(0, 20),
        chance.choice((("KB01",), ("KB01", "XN01"))),
        tuple(payments),
        givings,
        cancelled_after_s=chance.randint(5, 60) if chance.random() < 0.1 else None,
        credited_after_s=credited,
    )


def _givings(chance: random.Random, first: int) -> tuple[Giving, ...]:
    """Often in the same second: two clerks, or one who clicks twice."""
    return tuple(
        Giving(
            first + chance.choice((0, 0, 15)),
            chance.choice((20, 30, 30, 60, 100)),
            chance.random() < 0.8,
        )
        for _ in range(chance.randint(1, 3))
    )


def _payment(chance: random.Random, way: Way) -> Payment:
    percent = chance.choice((100, 100, 100, 100, 60, 120)) if way is Way.TRANSFER else 100
    if way is Way.CASH:
        percent = chance.choice((100, 100, 50))
    return Payment(way, chance.randint(3, 40), percent, chance.choice((0, 1, 1, 2, 3)))


def _trouble(chance: random.Random) -> Trouble:
    fault = Fault.CRASH if chance.random() < 0.8 else Fault.DATABASE_GONE
    where = [*POINTS] if fault is Fault.CRASH else [BEGINS, AFTER_COMMIT]
    point = chance.choice(where)
    return Trouble(fault, point, chance.randint(1, POINTS[point]))
