"""
Which channels take an amount, in what order, and why the others do not: rules without a database.

What is open comes first, the cheapest for the hospital first; then what is not, with its reason.
Limits are those of the gateway and of its contract together: the narrower one counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payments.kernel.money import DONG_MAX, ZERO, Money

#: A share is told in millionths: 1,1 % is 11,000 of them.
MILLION: Final = 1_000_000


class Reason(StrEnum):
    """Why a channel is not open for an amount; of several the first one counts."""

    #: A person stopped it.
    PAUSED = "paused"
    BELOW = "below"
    ABOVE = "above"
    #: Its gateway does not answer, or does not accept us.
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Fee:
    """What a payment costs the hospital; *least* and *most* bound the whole fee."""

    fixed: Money = ZERO
    per_million: int = 0
    least: Money | None = None
    most: Money | None = None

    @property
    def is_sound(self) -> bool:
        """Say whether it costs something between nothing and all, and its bounds agree."""
        parts = (self.fixed, self.least or ZERO, self.most or ZERO)
        is_between = all(ZERO <= part <= Money(DONG_MAX) for part in parts)
        is_ordered = self.least is None or self.most is None or self.least <= self.most
        return is_between and is_ordered and 0 <= self.per_million <= MILLION

    def of(self, amount: Money) -> Money:
        """Say what *amount* costs; half a đồng is rounded up."""
        share = Money((amount.dong * self.per_million + MILLION // 2) // MILLION)
        fee = self.fixed + share
        if self.least is not None:
            fee = max(fee, self.least)
        if self.most is not None:
            fee = min(fee, self.most)
        return fee


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a channel on a day: its fee, and what the contract lets it take."""

    fee: Fee = Fee()
    amount_min: Money | None = None
    amount_max: Money | None = None

    @property
    def is_ordered(self) -> bool:
        """Say whether some amount lies between the limits."""
        return (
            self.amount_min is None
            or self.amount_max is None
            or (self.amount_min <= self.amount_max)
        )


@dataclass(frozen=True, slots=True)
class Option:
    """A channel as it stands: its terms, the bounds of its gateway, and whether it may be asked."""

    slug: str
    terms: Terms
    amount_min: Money = ZERO
    amount_max: Money | None = None
    is_paused: bool = False
    is_down: bool = False

    @property
    def least(self) -> Money:
        return max(self.amount_min, self.terms.amount_min or ZERO)

    @property
    def most(self) -> Money | None:
        tops = [one for one in (self.amount_max, self.terms.amount_max) if one is not None]
        return min(tops, default=None)


@dataclass(frozen=True, slots=True)
class Route:
    """*reason* None: it is open. *bound* is the amount that a reason names, else nothing."""

    slug: str
    fee: Money
    reason: Reason | None = None
    bound: Money = ZERO

    @property
    def is_open(self) -> bool:
        return self.reason is None


def routes(options: Iterable[Option], amount: Money) -> tuple[Route, ...]:
    """Put what is open first, the cheapest first; then what is not, with the reason."""
    found = [route(option, amount) for option in options]
    return tuple(sorted(found, key=lambda one: (not one.is_open, one.fee.dong, one.slug)))


def route(option: Option, amount: Money) -> Route:
    """Say whether *option* is open for *amount*, and what it would cost."""
    fee = option.terms.fee.of(amount)
    if option.is_paused:
        return Route(option.slug, fee, Reason.PAUSED)
    if amount < option.least:
        return Route(option.slug, fee, Reason.BELOW, option.least)
    if option.most is not None and amount > option.most:
        return Route(option.slug, fee, Reason.ABOVE, option.most)
    return Route(option.slug, fee, Reason.DOWN if option.is_down else None)
