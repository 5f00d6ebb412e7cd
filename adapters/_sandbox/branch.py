"""The counter of the sandbox bank: takes orders, books them now or later, sends the messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

import httpx

from adapters._sandbox import memo
from adapters._sandbox.bank import Account, Bank, Order, Transfer
from adapters._sandbox.deliver import NO_FAULTS, Courier, Knobs
from adapters._sandbox.feeds import Feed
from adapters._sandbox.journal import Journal
from payments.kernel.clock import Clock
from payments.kernel.errors import InvalidField

#: A person who presses twice pays twice; more is a test of load, which calls more often.
TIMES_MAX = 100


@dataclass(frozen=True, slots=True)
class Instruction:
    """One *order*, how often, how the memo arrives (a shape or ""), and who is told, how badly."""

    order: Order
    times: int = 1
    shape: str = ""
    feeds: tuple[str, ...] = ()
    knobs: Knobs = NO_FAULTS


@dataclass(slots=True)
class Branch:
    """Everything that the sandbox's pages and programs do."""

    bank: Bank
    courier: Courier
    clock: Clock
    journal: Journal
    _held: dict[int, tuple[datetime, Instruction]] = field(default_factory=dict, init=False)
    _held_count: int = field(default=0, init=False)
    _lock: RLock = field(default_factory=RLock, init=False, repr=False)

    def __post_init__(self) -> None:
        for line in self.journal.read("held", "released"):
            if line["kind"] == "held":
                self._held_count += 1
                due_at = datetime.fromisoformat(line["due_at"])
                self._held[line["number"]] = (due_at, _restored(line["instruction"]))
            else:
                self._held.pop(line["number"], None)

    @property
    def held(self) -> tuple[tuple[datetime, Instruction], ...]:
        with self._lock:
            return tuple(self._held.values())

    def pay(
        self, instruction: Instruction, *, after: timedelta = timedelta(0)
    ) -> Sequence[Transfer]:
        """
        Book *instruction* now, or when *after* has passed; the messages are queued with it.

        Raises:
            InvalidField: the bank does not do that.
        """
        self._check(instruction)
        if not after:
            return self._book(instruction)
        with self._lock:
            self._held_count += 1
            due_at = self.clock.now() + after
            kept = {"number": self._held_count, "due_at": due_at.isoformat()}
            self.journal.append("held", kept | {"instruction": asdict(instruction)})
            self._held[self._held_count] = (due_at, instruction)
        return ()

    def run_due(self) -> int:
        """Book what is due, then send what is due; tell how many messages were sent."""
        with self._lock:
            now = self.clock.now()
            for number in [n for n, (due_at, _) in self._held.items() if due_at <= now]:
                # Written first: an order that is done twice is worse than one that is lost.
                self.journal.append("released", {"number": number})
                _, instruction = self._held.pop(number)
                self._book(instruction)
        return self.courier.run_due()

    def _check(self, instruction: Instruction) -> None:
        self.bank.check(instruction.order)
        if not 1 <= instruction.times <= TIMES_MAX:
            raise InvalidField("times", "sandbox_times", most=TIMES_MAX)
        if not 1 <= instruction.knobs.copies <= TIMES_MAX:
            raise InvalidField("copies", "sandbox_copies", most=TIMES_MAX)
        if instruction.shape and instruction.shape not in memo.SHAPES:
            raise InvalidField("mangle", "one_of", choices=", ".join(memo.SHAPES))

    def _book(self, instruction: Instruction) -> Sequence[Transfer]:
        made = []
        for _ in range(instruction.times):
            number = len(self.bank.transfers()) + 1
            words = memo.mangled(instruction.order.memo, instruction.shape, number)
            made.append(self.bank.transfer(replace(instruction.order, memo=words)))
        for transfer in made:
            for feed in instruction.feeds:
                self.courier.enqueue(transfer.number, feed, instruction.knobs)
        return made


def open_branch(
    accounts: Sequence[Account],
    feeds: Mapping[str, Feed],
    clock: Clock,
    journal: Journal,
    *,
    transport: httpx.BaseTransport | None = None,
    speed: float = 1.0,
    is_empty: bool = False,
) -> Branch:
    """Put a branch together; *transport* None sends over the network."""
    bank = Bank(accounts, clock, journal, is_empty=is_empty)
    client = httpx.Client(transport=transport, trust_env=False)
    courier = Courier(bank, dict(feeds), client, clock, journal, speed)
    return Branch(bank, courier, clock, journal)


def _restored(kept: Mapping[str, Any]) -> Instruction:
    return Instruction(
        order=Order(**kept["order"]),
        times=kept["times"],
        shape=kept["shape"],
        feeds=tuple(kept["feeds"]),
        knobs=Knobs(**kept["knobs"]),
    )
