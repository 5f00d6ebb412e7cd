"""What must be right before a day or a month is closed, and what is worth a look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    DONE = "done"
    #: It keeps the books open.
    STOPS = "stops"
    #: A person should know; it stops nothing.
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a checklist; *key* names its sentence, *count* is what it is about."""

    key: str
    state: State
    count: int = 0


@dataclass(frozen=True, slots=True)
class Checklist:
    items: tuple[Item, ...]

    @property
    def may_close(self) -> bool:
        return all(one.state is not State.STOPS for one in self.items)


def must(key: str, wrong: int) -> Item:
    """Make an item that is done when nothing is wrong."""
    return Item(key, State.STOPS if wrong else State.DONE, wrong)


def should(key: str, count: int) -> Item:
    """Make an item that only tells how much there is."""
    return Item(key, State.NOTE if count else State.DONE, count)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What is known of a day: *unstated* accounts moved and have no statement of it."""

    is_over: bool
    unstated: int
    open_findings: int
    wrong_balances: int
    open_shifts: int
    kept: int
    old_suspense: int


def of_day(facts: DayFacts) -> Checklist:
    """Say what stops a day: difference 0 or explained, each account, each balance (C6)."""
    return Checklist(
        (
            must("over", int(not facts.is_over)),
            must("statements", facts.unstated),
            must("findings", facts.open_findings),
            must("balances", facts.wrong_balances),
            should("shifts", facts.open_shifts),
            should("kept", facts.kept),
            should("suspense", facts.old_suspense),
        )
    )


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """What is known of a month; *off* is by how much debit and credit of it differ."""

    is_over: bool
    open_days: int
    off: int
    unsealed: int
    suspense: int
    clearing: int


def of_month(facts: MonthFacts) -> Checklist:
    """Say what stops a month: each day that moved is closed, the books balance and are sealed."""
    return Checklist(
        (
            must("month_over", int(not facts.is_over)),
            must("days", facts.open_days),
            must("balanced", facts.off),
            must("sealed", facts.unsealed),
            should("month_suspense", facts.suspense),
            should("clearing", facts.clearing),
        )
    )
