"""
M2: whatever the order in which events come, the books and the invoice end the same.

    python -m tests.faults.order --orders 720 --shuffles 10000 --seed 1

Every order of the six events of each story in ``stories``, then random stories with repeats, each
in ten random orders. *The same* is exactly: the sum of every ledger account over the story; the
invoice's document and amounts; how many movements came and left, and their sums; how many witnesses
they have in a story of one transfer; the payments' sums; the flags but those which only say which
of two payments came first (underpaid, overpaid, duplicate, in stories of several transfers).

Not compared: which code is still open (a code that replaced the first one after its end is young),
states of codes, which of two payments bears ``late``, versions and ids. Where the law of the matter
itself turns on order, the ends are compared within each turn: an invoice can be cancelled only
before money came, and a credit note lowers only what the transfers told of later may pay.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from payments.kernel.clock import FrozenClock
from payments.runtime import Runtime
from payments.storage.columns import new_id
from tests.faults import script
from tests.faults.script import Outcome
from tests.faults.stagehand import Stagehand
from tests.faults.stories import STORIES, Event, Story, drawn
from tests.support import crowd, oracle
from tests.support.databases import Cluster
from tests.support.stage import MORNING, SCOPE, Address, morning, runtime_at, stage

_PROCESSES: Final = 2
_ORDERS_OF_ONE: Final = 10

End = dict[str, Any]
Played = tuple[int, str, End, tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class Task:
    """One story with the orders to play, and its number among all."""

    place: int
    story: Story
    orders: tuple[tuple[Event, ...], ...]


def run(cluster: Cluster, seed: int, *, orders: int, shuffles: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    tasks = _tasks(orders, shuffles, chance)
    with ExitStack() as stack:
        clock = morning()
        stages = [stack.enter_context(stage(cluster, clock)) for _ in range(_PROCESSES)]
        with ProcessPoolExecutor(_PROCESSES, crowd.FORK) as children:
            addresses = [one.address for one in stages]
            ends = children.map(_play, addresses, crowd.shares(tasks, _PROCESSES))
            played = [one for share in ends for one in share]
        # The children's clocks ran ahead of this one.
        clock.set(MORNING + timedelta(days=1))
        for made in stages:
            made.hospital.work()
            outcome.failures += oracle.findings(made.runtime, made.scope)
    _compare(played, {task.place: task.story for task in tasks}, outcome)
    outcome.expect("orders played", len(played), sum(len(task.orders) for task in tasks))
    return outcome


def _tasks(orders: int, shuffles: int, chance: random.Random) -> list[Task]:
    """Cut the stories small, so that both processes have as much to do."""
    told: list[tuple[Story, list[tuple[Event, ...]]]] = []
    for story in STORIES:
        every = list(itertools.permutations(story.events))
        told.append((story, every if orders >= len(every) else chance.sample(every, orders)))
    for _ in range(-(-shuffles // _ORDERS_OF_ONE)):
        story = drawn(chance)
        shuffled = [
            tuple(chance.sample(story.events, len(story.events))) for _ in range(_ORDERS_OF_ONE)
        ]
        told.append((story, shuffled))
    return [
        Task(place, story, tuple(some[start : start + _ORDERS_OF_ONE]))
        for place, (story, some) in enumerate(told)
        for start in range(0, len(some), _ORDERS_OF_ONE)
    ]


def _play(address: Address, tasks: Sequence[Task]) -> list[Played]:
    clock = FrozenClock(MORNING)
    runtime = runtime_at(address, clock)
    played = []
    numbers = itertools.count(1)
    try:
        for task in tasks:
            for order in task.orders:
                clock.set(MORNING)
                mark = new_id()
                hand = Stagehand(runtime, clock, task.story, next(numbers))
                hand.play(order)
                end = _end(runtime, hand, mark)
                played.append((task.place, task.story.turn(order), end, order))
    finally:
        runtime.database.close()
    return played


def _end(runtime: Runtime, hand: Stagehand, mark: UUID) -> End:
    """Read what is there now and was not before *mark*: identifiers are in the order of making."""
    with runtime.database.reading(SCOPE) as tx:

        def rows(question: str) -> tuple[tuple[Any, ...], ...]:
            told = {"f": tx.facility, "mark": mark, "invoice": hand.owed.invoice}
            return tuple(tuple(row) for row in tx.execute(text(question), told))

        flags = rows("SELECT flags FROM payment WHERE facility_id = :f AND id > :mark")
        end = {name: rows(question) for name, question in _QUESTIONS.items()}
    union = {flag for (joined,) in flags for flag in joined.split(",") if flag}
    end["flags"] = tuple(sorted(union - hand.story.by_order))
    if len(hand.story.transfers) > 1:
        # A witness without reference may be taken for that of another transfer of the same sum.
        del end["witnesses"]
    return end


_QUESTIONS: Final = {
    "accounts": """
        SELECT a.code, sum(e.amount)::bigint FROM ledger_entry e
          JOIN ledger_account a ON a.facility_id = e.facility_id AND a.id = e.account_id
         WHERE e.facility_id = :f AND e.txn_id > :mark GROUP BY a.code ORDER BY a.code""",
    "invoice": """
        SELECT document, total, credited, paid, refunded FROM invoice
         WHERE facility_id = :f AND id = :invoice""",
    "movements": """
        SELECT direction, count(*), sum(amount)::bigint FROM bank_credit
         WHERE facility_id = :f AND id > :mark GROUP BY direction ORDER BY direction""",
    "payments": """
        SELECT count(*), sum(received)::bigint, sum(applied)::bigint, sum(suspense)::bigint
          FROM payment WHERE facility_id = :f AND id > :mark""",
    "witnesses": """
        SELECT source, count(*) FROM evidence WHERE facility_id = :f AND id > :mark
         GROUP BY source ORDER BY source""",
}


def _compare(played: Sequence[Played], stories: dict[int, Story], outcome: Outcome) -> None:
    ends: dict[tuple[int, str], list[tuple[End, tuple[Event, ...]]]] = defaultdict(list)
    for place, turn, end, order in played:
        ends[place, turn].append((end, order))
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (place, turn), of_story in ends.items():
        story = stories[place]
        wanted, first = of_story[0]
        differing = [(end, order) for end, order in of_story if end != wanted]
        name = f"{story.name}, {turn}" if turn else story.name
        tally = counted[name]
        tally[0] += len(of_story)
        tally[1] += 1
        tally[2] += len(differing)
        for end, order in differing[:3]:
            what = {key: (end[key], wanted[key]) for key in end if end[key] != wanted[key]}
            outcome.failures.append(f"{name}: {_words(order)} gives {what} after {_words(first)}")
    for name, (orders, stories_of_it, differing_orders) in sorted(counted.items()):
        told = f"{orders} orders" if stories_of_it == 1 else f"{orders} orders of {stories_of_it}"
        outcome.figures[name] = f"{told}, {differing_orders} differ"


def _words(order: Sequence[Event]) -> str:
    return " > ".join(f"{e.kind} {e.index}" if e.index is not None else e.kind for e in order)


if __name__ == "__main__":
    raise SystemExit(
        script.main(run, "M2 every order ends the same", {"orders": 720, "shuffles": 10_000})
    )
