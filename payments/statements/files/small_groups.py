"""Groups that are too small to be published, and those by which they could be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from payments.kernel.money import Money

#: Below it a group might point at single patients (workflows E).
SMALLEST: Final = 10
CASH: Final = "cash"


@dataclass(frozen=True, slots=True)
class Group:
    """Payments of one channel in one month; *is_hidden* groups are told by name only."""

    channel: str
    count: int
    amount: Money
    median_s: int | None
    is_hidden: bool = False

    @property
    def is_cashless(self) -> bool:
        return self.channel != CASH


def hide_small(groups: Sequence[Group]) -> tuple[Group, ...]:
    """
    Hide groups below ten, and where that is one alone the next smallest with it.

    One hidden group could be worked out: it is the total less the others.
    """
    by_size = sorted((one for one in groups if one.count), key=lambda one: (one.count, one.channel))
    hidden = [one.channel for one in by_size if one.count < SMALLEST]
    if len(hidden) == 1 and len(by_size) > 1:
        hidden.append(by_size[1].channel)
    return tuple(replace(one, is_hidden=one.channel in hidden) for one in groups)
