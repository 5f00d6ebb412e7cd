"""What payments cost by the channel that they took, and what they would have cost by another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from payments.channels.routing import Option, Reason, route
from payments.kernel.money import ZERO, Money

#: The amount speaks against it; whether it was up at that moment nobody knows afterwards.
_LIMITS: Final = frozenset({Reason.BELOW, Reason.ABOVE})


@dataclass(frozen=True, slots=True)
class Taken:
    """*count* payments of *amount* each that came through *channel*."""

    channel: str
    amount: Money
    count: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What a channel took, and what it would have cost had it taken all that its limits allow."""

    channel: str
    count: int
    amount: Money
    fee: Money
    #: How many payments it could have taken, its own among them.
    able: int
    would_cost: Money
    #: What these payments cost by the channels that they took.
    did_cost: Money

    @property
    def difference(self) -> Money:
        """What it would have cost more than was paid; negative where it would have saved."""
        return self.would_cost - self.did_cost


def costs(options: Iterable[Option], taken: Sequence[Taken]) -> tuple[Cost, ...]:
    """Compare the channels over what was *taken* through any of them, the cheapest first."""
    known = {one.slug: one for one in options}
    did = [
        (one, known[one.channel].terms.fee.of(one.amount) * one.count)
        for one in taken
        if one.channel in known
    ]
    found = [_cost(option, did) for option in known.values()]
    return tuple(sorted(found, key=lambda one: (one.difference.dong, one.channel)))


def _cost(option: Option, did: Sequence[tuple[Taken, Money]]) -> Cost:
    own = [(one, fee) for one, fee in did if one.channel == option.slug]
    could = [(one, fee) for one, fee in did if route(option, one.amount).reason not in _LIMITS]
    return Cost(
        option.slug,
        sum(one.count for one, _ in own),
        sum((one.amount * one.count for one, _ in own), ZERO),
        sum((fee for _, fee in own), ZERO),
        sum(one.count for one, _ in could),
        sum((option.terms.fee.of(one.amount) * one.count for one, _ in could), ZERO),
        sum((fee for _, fee in could), ZERO),
    )
