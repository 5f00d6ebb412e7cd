"""
Takes a gateway's messages to us, with the retries of the real one and with faults on request.

    waiting ─heard─▶ delivered
       └─ anything else, as often as the schedule says ─▶ given_up
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from threading import RLock
from typing import Final

import httpx

from adapters._sandbox.faults import NO_FAULT, Fault

#: What is written at the moment of sending, for it may be signed with the time.
Write = Callable[[datetime, Fault], httpx.Request]
_TIMEOUT: Final = httpx.Timeout(30, connect=15)
_OVERTAKEN_AFTER: Final = timedelta(minutes=1)
_ANSWER_SHOWN: Final = 200


class State(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Try:
    """One delivery; *status* is None where no answer came."""

    at: datetime
    status: int | None
    note: str
    #: Answered in the words that the gateway takes for "heard": it stops.
    is_heard: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """One message and its tries."""

    number: int
    about: str
    queued_at: datetime
    write: Write = field(repr=False)
    fault: Fault = NO_FAULT
    tries: tuple[Try, ...] = ()
    state: State = State.WAITING


@dataclass(slots=True)
class Postman:
    """
    Sends by *schedule_min*, minutes after the first; *speed* 60 makes a minute a second.

    Nothing moves by itself: ``run_due`` sends what is due by the clock and returns.
    """

    now: Callable[[], datetime]
    client: httpx.Client
    schedule_min: Sequence[float]
    #: Whether the gateway takes this answer of ours for "heard".
    heard: Callable[[httpx.Response], bool]
    speed: float = 1.0
    letters: list[Letter] = field(default_factory=list)
    #: What was sent, as it left; tests read it.
    sent: list[httpx.Request] = field(default_factory=list, repr=False)
    _lock: RLock = field(default_factory=RLock, repr=False)

    def post(self, about: str, write: Write, fault: Fault = NO_FAULT) -> None:
        """Queue a message about *about*, as often as *fault* says."""
        if fault.silent:
            return
        with self._lock:
            for _ in range(fault.copies):
                queued = Letter(len(self.letters) + 1, about, self.now(), write, fault)
                self.letters.append(queued)

    def run_due(self) -> int:
        """Send everything that is due now, earliest first; tell how many tries were made."""
        count = 0
        while (letter := self._take()) is not None:
            self._note(letter, self._send(letter))
            count += 1
        return count

    def due_at(self, letter: Letter) -> datetime:
        wait = timedelta(minutes=self.schedule_min[len(letter.tries)]) / self.speed
        late = timedelta(seconds=letter.fault.delay)
        return letter.queued_at + late + wait

    def _take(self) -> Letter | None:
        with self._lock:
            now = self.now()
            due = [one for one in self.letters if one.state is State.WAITING]
            due = [one for one in due if self.due_at(one) <= now and not self._waits(one, now)]
            if not due:
                return None
            return min(due, key=lambda one: (self.due_at(one), one.number))

    def _waits(self, letter: Letter, now: datetime) -> bool:
        if not letter.fault.reorder or letter.tries:
            return False
        later = any(one.number > letter.number and one.tries for one in self.letters)
        return not later and now < self.due_at(letter) + _OVERTAKEN_AFTER / self.speed

    def _send(self, letter: Letter) -> Try:
        now, is_first = self.now(), not letter.tries
        request = letter.write(now, letter.fault)
        if letter.fault.truncate and is_first:
            request = _cut(request)
        self.sent.append(request)
        try:
            answer = self.client.send(request)
        except httpx.HTTPError as error:
            return Try(now, None, type(error).__name__)
        if letter.fault.drop_answer and is_first:
            return Try(now, None, "answer lost")
        return Try(now, answer.status_code, answer.text[:_ANSWER_SHOWN], self.heard(answer))

    def _note(self, letter: Letter, tried: Try) -> None:
        tries = (*letter.tries, tried)
        is_last = len(tries) >= len(self.schedule_min)
        state = State.GIVEN_UP if is_last else State.WAITING
        if tried.is_heard:
            state = State.DELIVERED
        with self._lock:
            self.letters[letter.number - 1] = replace(letter, tries=tries, state=state)


def client(transport: httpx.BaseTransport | None) -> httpx.Client:
    """Make the client by which messages leave; *transport* None is the network."""
    return httpx.Client(transport=transport, timeout=_TIMEOUT, trust_env=False)


def _cut(request: httpx.Request) -> httpx.Request:
    """Break the message off in the middle, as a bad line does."""
    if request.method == "GET":
        query = request.url.query
        url = request.url.copy_with(query=query[: len(query) // 2])
        return httpx.Request("GET", url, headers=request.headers)
    body = request.read()
    headers = {k: v for k, v in request.headers.items() if k.lower() != "content-length"}
    return httpx.Request("POST", request.url, headers=headers, content=body[: len(body) // 2])
