"""Stays and advances; how long an advance lasts, and which one goes back first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.money import ZERO, Money, vnd
from payments.stays.status import State

#: Per cent of the advance that the provisional cost has reached; a person is told at each.
LEVELS: Final = (80, 100)
#: More than any family pays at once; a longer number is a slip of the finger.
DEPOSIT_MAX: Final = vnd(2_000_000_000)
#: More than any stay has cost; above it the feed has a unit wrong.
COST_MAX: Final = vnd(100_000_000_000)


class NoStay(NotFound):
    """There is no such stay."""

    code = "no-stay"


class StayClosed(Conflict):
    """The stay is settled: money for it is taken on its invoice."""

    code = "stay-closed"


class HasStay(Conflict):
    """The patient has an open stay already."""

    code = "has-stay"


class NothingToMove(Rejected):
    """No advance of that visit is left, or it is of another patient."""

    code = "nothing-to-move"


@dataclass(frozen=True, slots=True)
class Stay:
    encounter: UUID
    patient: UUID
    number: str
    department: str
    #: What the hospital's own system (HIS) calls it; "" where it was opened at a desk.
    external_id: str
    admitted_at: datetime
    state: State
    #: The highest of LEVELS that the cost has reached; 0 below all.
    watch_level: int
    #: The caregiver's link: 128 random bits.
    token: str
    closed_at: datetime | None
    #: The document by which an heir is paid, where the patient died.
    heir_document: str

    @property
    def is_open(self) -> bool:
        return self.state is State.OPEN


@dataclass(frozen=True, slots=True)
class Deposit:
    """One advance as it came; *returned* is what of it was asked for or given back."""

    payment: UUID
    method: str
    amount: Money
    returned: Money
    received_at: datetime
    #: Of the slip; None until the worker has numbered it.
    number: str | None

    @property
    def left(self) -> Money:
        return self.amount - self.returned


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stay has cost so far, as the hospital's system tells it; the patient pays *own*."""

    total: Money
    own: Money
    told_at: datetime
    source: str


def level_of(own: Money, deposit: Money) -> int:
    """
    Say which of LEVELS the patient's provisional part has reached of the advance.

    Without an advance any cost has used it up; without a cost nothing is reached.
    """
    if own <= ZERO:
        return 0
    reached = [level for level in LEVELS if own.dong * 100 >= deposit.dong * level]
    return max(reached, default=0)


def crossed(before: int, now: int) -> tuple[int, ...]:
    """
    List the levels that were crossed upwards on the way from *before* to *now*, lowest first.

    A level that was left by a new advance is crossed anew when it is reached again.
    """
    return tuple(level for level in LEVELS if before < level <= now)


def newest_first(deposits: Sequence[Deposit], amount: Money) -> tuple[tuple[Deposit, Money], ...]:
    """
    Say which advances *amount* goes back to, each to its source, the newest first.

    The parts never sum to more than *amount*, nor is one more than what is left of its advance.
    """
    parts = []
    rest = amount
    for one in sorted(deposits, key=lambda found: (found.received_at, found.payment), reverse=True):
        part = min(one.left, rest)
        if part > ZERO:
            parts.append((one, part))
            rest -= part
    return tuple(parts)
