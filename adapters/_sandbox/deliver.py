"""
Delivery of webhooks with the retries of the real thing, and with faults on request.

    waiting ─2xx─▶ delivered
       └─ anything else, 8 times ─▶ given_up
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heapify, heappop, heappush
from threading import RLock
from typing import Any, Final

import httpx

from adapters._sandbox.bank import Bank
from adapters._sandbox.feeds import Feed
from adapters._sandbox.journal import Journal
from payments.kernel.clock import Clock

#: SePay: eight deliveries in all, minutes after the first. Casso tells none: the same.
SCHEDULE_MIN: Final = (0, 1, 2, 4, 7, 12, 20, 33)
_TIMEOUT: Final = httpx.Timeout(30, connect=15)
#: A message that waits to be overtaken goes after this long even if nothing came by.
_OVERTAKEN_AFTER: Final = timedelta(minutes=1)
_ANSWER_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Knobs:
    """
    What goes wrong on the way.

    A forger never learns the key, so *is_forged* holds for every attempt; *is_truncated* and
    *drops_answer* hit the first attempt only, as a broken line does.
    """

    delay_s: int = 0
    #: How many times the message is sent in all.
    copies: int = 1
    #: Waits until a later message has been sent.
    is_overtaken: bool = False
    is_forged: bool = False
    is_truncated: bool = False
    #: We are told and act, but the bank never hears our answer.
    drops_answer: bool = False


NO_FAULTS: Final = Knobs()


class State(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try; *status* is None where no answer came."""

    at: datetime
    status: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Delivery:
    number: int
    transfer: int
    feed: str
    queued_at: datetime
    knobs: Knobs = NO_FAULTS
    attempts: tuple[Attempt, ...] = ()
    state: State = State.WAITING


@dataclass(slots=True)
class Courier:
    """
    Takes messages to the webhooks in *feeds*; *speed* 60 makes a minute of the schedule a second.

    Nothing moves by itself: ``run_due`` sends what is due by the clock and returns.
    """

    bank: Bank
    feeds: dict[str, Feed]
    client: httpx.Client
    clock: Clock
    journal: Journal
    speed: float = 1.0
    _deliveries: list[Delivery] = field(default_factory=list, init=False)
    #: Heap of when and which; an entry that the state of the delivery contradicts is skipped.
    _due: list[tuple[datetime, int]] = field(default_factory=list, init=False)
    _held: set[int] = field(default_factory=set, init=False)
    _last_sent: int = field(default=0, init=False)
    _lock: RLock = field(default_factory=RLock, init=False, repr=False)

    def __post_init__(self) -> None:
        for line in self.journal.read("delivery", "attempt"):
            if line["kind"] == "delivery":
                self._deliveries.append(_restored(line))
            else:
                self._note(line["delivery"], _restored_attempt(line))
        self._due = [
            (self.due_at(one), one.number) for one in self._deliveries if one.state is State.WAITING
        ]
        heapify(self._due)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        with self._lock:
            return tuple(self._deliveries)

    def enqueue(self, transfer: int, feed: str, knobs: Knobs = NO_FAULTS) -> None:
        """Queue the message about *transfer*, as often as *knobs* say; an unknown feed is none."""
        if feed not in self.feeds:
            return
        with self._lock:
            for _ in range(knobs.copies):
                queued = Delivery(
                    len(self._deliveries) + 1, transfer, feed, self.clock.now(), knobs
                )
                self.journal.append("delivery", _kept(queued))
                self._deliveries.append(queued)
                heappush(self._due, (self.due_at(queued), queued.number))

    def due_at(self, delivery: Delivery) -> datetime:
        """When the next attempt of a waiting *delivery* is due."""
        wait = timedelta(minutes=SCHEDULE_MIN[len(delivery.attempts)]) / self.speed
        return delivery.queued_at + timedelta(seconds=delivery.knobs.delay_s) + wait

    def run_due(self) -> int:
        """Send everything that is due now, earliest first; tell how many attempts were made."""
        count = 0
        while (delivery := self._take()) is not None:
            attempt = self._send(delivery)
            with self._lock:
                self.journal.append("attempt", _kept_attempt(delivery.number, attempt))
                self._note(delivery.number, attempt)
                self._plan_next(delivery.number)
            count += 1
        return count

    def _take(self) -> Delivery | None:
        """Take the first that is due from the heap, so that no second thread sends it too."""
        with self._lock:
            now = self.clock.now()
            while self._due and self._due[0][0] <= now:
                due_at, number = heappop(self._due)
                one = self._deliveries[number - 1]
                if one.state is not State.WAITING or due_at < self.due_at(one):
                    continue
                if self._waits_to_be_overtaken(one):
                    self._held.add(number)
                    heappush(self._due, (due_at + _OVERTAKEN_AFTER, number))
                    continue
                self._held.discard(number)
                return one
            return None

    def _waits_to_be_overtaken(self, one: Delivery) -> bool:
        is_first = not one.attempts and one.number not in self._held
        return one.knobs.is_overtaken and is_first and self._last_sent < one.number

    def _plan_next(self, number: int) -> None:
        sent = self._deliveries[number - 1]
        if sent.state is State.WAITING:
            heappush(self._due, (self.due_at(sent), number))
        self._last_sent = max(self._last_sent, number)
        for held in self._held:
            if held < number:
                heappush(self._due, (self.due_at(self._deliveries[held - 1]), held))

    def _send(self, delivery: Delivery) -> Attempt:
        now, knobs = self.clock.now(), delivery.knobs
        is_first = not delivery.attempts
        feed = self.feeds[delivery.feed]
        transfer = self.bank.numbered(delivery.transfer)
        message = feed.message(transfer, now, forged=knobs.is_forged)
        is_cut = knobs.is_truncated and is_first
        body = message.body[: len(message.body) // 2] if is_cut else message.body
        try:
            answer = self.client.post(
                feed.url, content=body, headers=dict(message.headers), timeout=_TIMEOUT
            )
        except httpx.HTTPError as error:
            return Attempt(now, None, type(error).__name__)
        if knobs.drops_answer and is_first:
            return Attempt(now, None, "answer lost")
        return Attempt(now, answer.status_code, answer.text[:_ANSWER_SHOWN])

    def _note(self, number: int, attempt: Attempt) -> None:
        before = self._deliveries[number - 1]
        attempts = (*before.attempts, attempt)
        if attempt.status is not None and 200 <= attempt.status < 300:
            state = State.DELIVERED
        else:
            is_last = len(attempts) == len(SCHEDULE_MIN)
            state = State.GIVEN_UP if is_last else State.WAITING
        self._deliveries[number - 1] = replace(before, attempts=attempts, state=state)


def _kept(delivery: Delivery) -> Mapping[str, Any]:
    return {
        "number": delivery.number,
        "transfer": delivery.transfer,
        "feed": delivery.feed,
        "queued_at": delivery.queued_at.isoformat(),
        "knobs": asdict(delivery.knobs),
    }


def _restored(line: Mapping[str, Any]) -> Delivery:
    return Delivery(
        line["number"],
        line["transfer"],
        line["feed"],
        datetime.fromisoformat(line["queued_at"]),
        Knobs(**line["knobs"]),
    )


def _kept_attempt(number: int, attempt: Attempt) -> Mapping[str, Any]:
    return asdict(attempt) | {"delivery": number, "at": attempt.at.isoformat()}


def _restored_attempt(line: Mapping[str, Any]) -> Attempt:
    return Attempt(datetime.fromisoformat(line["at"]), line["status"], line["note"])
