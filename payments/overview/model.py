"""What a week of collecting comes to; every figure is counted from rows, none is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money

#: A chart tells four patterns apart; what is more is one series.
SERIES_MAX: Final = 4
OTHERS: Final = "others"
CASH: Final = "cash"
BANK: Final = "bank"


@dataclass(frozen=True, slots=True)
class Received:
    """What one channel took on one day; *channel* is a slug, ``bank`` or ``cash``."""

    day: HospitalDay
    channel: str
    amount: Money
    count: int


@dataclass(frozen=True, slots=True)
class MatchRate:
    """Of *transfers* that came on a day, *by_person* needed somebody to say what they are for."""

    day: HospitalDay
    transfers: int
    by_person: int

    @property
    def automatic(self) -> int:
        return self.transfers - self.by_person

    @property
    def per_mille(self) -> int | None:
        """The share matched without a person, cut not rounded; None on a day without transfers."""
        return self.automatic * 1000 // self.transfers if self.transfers else None


@dataclass(frozen=True, slots=True)
class Fee:
    """What a channel kept of what it paid out: *fee* and *tax* of *gross*."""

    channel: str
    gross: Money
    fee: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Stacked:
    """Amounts by series and day, in the order of *series*; every day has every series."""

    days: tuple[HospitalDay, ...]
    series: tuple[str, ...]
    amounts: Mapping[tuple[str, HospitalDay], Money]

    def total(self, day: HospitalDay) -> Money:
        return sum((self.amounts[one, day] for one in self.series), ZERO)


def stacked(received: Iterable[Received], days: Sequence[HospitalDay]) -> Stacked:
    """
    Sort what was received into at most four series, the largest first.

    No đồng is left out: what is beyond the fourth is one series of others.
    """
    by_channel: dict[str, Money] = defaultdict(lambda: ZERO)
    cells: dict[tuple[str, HospitalDay], Money] = defaultdict(lambda: ZERO)
    told = [one for one in received if one.day in days]
    for one in told:
        by_channel[one.channel] += one.amount
    ranked = sorted(by_channel, key=lambda name: (-by_channel[name].dong, name))
    kept = ranked if len(ranked) <= SERIES_MAX else ranked[: SERIES_MAX - 1]
    series = (*kept, OTHERS) if len(kept) < len(ranked) else tuple(kept)
    for one in told:
        cells[one.channel if one.channel in kept else OTHERS, one.day] += one.amount
    return Stacked(
        tuple(days), series, {(name, day): cells[name, day] for name in series for day in days}
    )


@dataclass(frozen=True, slots=True)
class Cashless:
    """How much came without cash, by count and by amount."""

    count: int
    count_all: int
    amount: Money
    amount_all: Money

    @property
    def per_mille(self) -> int | None:
        all_ = self.amount_all.dong
        return self.amount.dong * 1000 // all_ if all_ else None


def cashless(received: Iterable[Received]) -> Cashless:
    told = list(received)
    free = [one for one in told if one.channel != CASH]
    return Cashless(
        sum(one.count for one in free),
        sum(one.count for one in told),
        sum((one.amount for one in free), ZERO),
        sum((one.amount for one in told), ZERO),
    )
