"""Clients that pay and do not give up: each sends the same message until it is told yes."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from tests.support.crowd import Owed
from tests.support.feeds import FURNISHED, transfer
from tests.support.journal import Journal
from tests.support.programs import Client

#: A client that is refused waits this long, as SePay's and Casso's retries would, only shorter.
_PAUSE_S: Final = (0.05, 0.3)
#: Longer than any outage of these tests; who waits longer has found a fault.
_PATIENCE_S: Final = 300.0


@dataclass(slots=True)
class Traffic:
    """*clients* threads share the *payments*; every intent and answer is in the *journal*."""

    port: int
    journal: Journal
    payments: Sequence[Owed]
    clients: int
    seed: int
    answers: Counter[int] = field(default_factory=Counter)
    #: When each acknowledgement came, on the monotonic clock, in order.
    acknowledged: list[float] = field(default_factory=list)
    #: When each of them was answered, and how many seconds after that request was sent.
    took: list[tuple[float, float]] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def wait(self) -> None:
        assert self._thread is not None, "not started"
        self._thread.join()

    def count(self) -> int:
        return len(self.acknowledged)

    def first_after(self, moment: float) -> float | None:
        """Say when the first acknowledgement after *moment* came."""
        with self._lock:
            return next((at for at in self.acknowledged if at > moment), None)

    def p99(self, since: float, to: float) -> float | None:
        """Give the 99th hundredth of the seconds of what was answered in between; None: nothing."""
        with self._lock:
            seconds = sorted(one for at, one in self.took if since <= at < to)
        return seconds[len(seconds) * 99 // 100] if seconds else None

    def _run(self) -> None:
        client = Client(self.port, timeout_s=20)
        with ThreadPoolExecutor(self.clients) as threads:
            list(threads.map(lambda one: self._pay(client, one), self.payments))

    def _pay(self, client: Client, owed: Owed) -> None:
        at = datetime.now(UTC)
        channel = sorted(FURNISHED)[owed.number % len(FURNISHED)]
        told = transfer(owed.number, owed.code, owed.dong, at)
        chance = random.Random(self.seed * 1_000_003 + owed.number)
        until = time.monotonic() + _PATIENCE_S
        self.journal.intend(told.reference)
        while time.monotonic() < until:
            sent = time.monotonic()
            status = client.tell(channel, FURNISHED[channel].raw(told, datetime.now(UTC)))
            self.journal.answered(told.reference, status)
            with self._lock:
                self.answers[status] += 1
                if 200 <= status < 300:
                    now = time.monotonic()
                    self.acknowledged.append(now)
                    self.took.append((now, now - sent))
                    return
            time.sleep(chance.uniform(*_PAUSE_S))
        self.gave_up.append(told.reference)
