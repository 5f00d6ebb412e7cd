"""What can happen to one invoice and its transfers, event by event, for the test of order (M2)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from payments.receipts.model import Flag

#: KB01 and XN01.
DUE: Final = 242_000


@dataclass(frozen=True, slots=True)
class Paid:
    """A transfer of the story: *late* is after the code's end, by the bank's time."""

    dong: int
    late: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """*kind* told about the transfer of that *index*; no index: something else that happens."""

    kind: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """
    Transfers and events. *by_order* are the flags that say which payment came first, no more.

    *turns*: the kind of an event whose effect depends by rule on whether money came before it
    (an invoice that has money is not cancelled; a credit note lowers what later money may pay).
    """

    name: str
    transfers: tuple[Paid, ...]
    events: tuple[Event, ...]
    by_order: frozenset[Flag] = frozenset()
    turns: str = ""

    def turn(self, order: Sequence[Event]) -> str:
        """Say to which of the lawful ends *order* leads: what was told before it turned."""
        kinds = [event.kind for event in order]
        if self.turns not in kinds:
            return ""
        told = {event.index for event in order[: kinds.index(self.turns)]} - {None}
        if self.turns == "cancel" and told:
            return "money before cancel"
        return f"transfers {sorted(told, key=str)} before {self.turns}"


_ORDER: Final = frozenset({Flag.UNDERPAID, Flag.OVERPAID, Flag.DUPLICATE})
_FIVE: Final = (
    Event("sepay webhook", 0),
    Event("casso webhook without reference", 0),
    Event("sepay list", 0),
    Event("casso list", 0),
    Event("statement", 0),
)
STORIES: Final = (
    Story("one transfer, five witnesses, the end", (Paid(DUE),), (*_FIVE, Event("end"))),
    Story(
        "one transfer, two witnesses without reference",
        (Paid(DUE),),
        (
            Event("casso webhook without reference", 0),
            Event("statement without reference", 0),
            Event("sepay webhook", 0),
            Event("casso webhook without reference", 0),
            Event("sepay list", 0),
            Event("end"),
        ),
    ),
    Story(
        "the same sum twice, the second late",
        (Paid(DUE), Paid(DUE, late=True)),
        (
            Event("sepay webhook", 0),
            Event("statement", 0),
            Event("sepay webhook", 1),
            Event("casso list", 1),
            Event("sepay list", 0),
            Event("end"),
        ),
    ),
    Story(
        "short, the rest, and more",
        (Paid(100_000), Paid(142_000), Paid(70_000)),
        (
            Event("sepay webhook", 0),
            Event("casso webhook without reference", 0),
            Event("sepay webhook", 1),
            Event("statement", 1),
            Event("casso list", 2),
            Event("end"),
        ),
        by_order=_ORDER,
    ),
    Story(
        "a transfer and the bank's reversal of it",
        (Paid(DUE),),
        (
            Event("sepay webhook", 0),
            Event("statement", 0),
            Event("sepay webhook of the reversal", 0),
            Event("statement of the reversal", 0),
            Event("sepay list", 0),
            Event("end"),
        ),
    ),
    Story("cancelled", (Paid(DUE),), (*_FIVE, Event("cancel")), turns="cancel"),
    Story(
        "lowered by a credit note",
        (Paid(DUE), Paid(50_000)),
        (
            Event("sepay webhook", 0),
            Event("statement", 0),
            Event("casso webhook without reference", 1),
            Event("sepay webhook", 1),
            Event("credit"),
            Event("end"),
        ),
        by_order=_ORDER,
        turns="credit",
    ),
)
_WITNESSES: Final = (
    "sepay webhook",
    "sepay list",
    "casso webhook",
    "casso list",
    "casso webhook without reference",
    "statement",
)


def drawn(chance: random.Random) -> Story:
    """Draw one to three transfers of different sums, witnesses of each with repeats, and an end."""
    sums = chance.sample(range(10_000, 200_000, 1_000), chance.randint(1, 3))
    transfers = tuple(Paid(dong, late=chance.random() < 0.2) for dong in sums)
    events = []
    for index in range(len(transfers)):
        told = chance.sample(_WITNESSES, chance.randint(1, 4))
        told += chance.choices(told, k=chance.randint(0, 2))
        events += [Event(kind, index) for kind in told]
    events += [Event("end")] * chance.randint(0, 2)
    turns = chance.choice(("", "", "cancel", "credit"))
    events += [Event(turns)] if turns else []
    return Story("drawn", transfers, tuple(events), _ORDER, turns)
