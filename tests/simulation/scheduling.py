"""
Runs many tasks as one: who goes on is drawn by chance, time passes only when all of them wait.

A task is a greenlet, so that the real services run as they are; it may give way wherever it passes
a point. Nothing here looks at a real clock or a real thread: the same chance gives the same run.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from greenlet import getcurrent, greenlet

from payments.kernel.clock import FrozenClock

#: More turns than any run takes: who passes it goes round in a circle.
TURNS_MAX: Final = 200_000


class Crashed(BaseException):
    """The process of this task was killed; no ``except Exception`` may live on after it."""


@dataclass(eq=False, slots=True)
class Process:
    """One program that can be killed; *life* counts its starts."""

    name: str
    life: int = 1
    is_dead: bool = False
    tasks: list[Task] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Task:
    name: str
    #: None for those outside: payers, banks, gateways, browsers.
    process: Process | None
    running: greenlet = field(init=False)
    result: Any = None
    error: Exception | None = None
    has_crashed: bool = False
    is_over: bool = False
    waiting: list[Task] = field(default_factory=list)


class Scheduler:
    """The hub: give it tasks, then ``run``; tasks call ``pause``, ``sleep`` and ``wait_for``."""

    def __init__(self, chance: random.Random, clock: FrozenClock) -> None:
        self.clock = clock
        self._chance = chance
        self._hub = getcurrent()
        self._ready: list[Task] = []
        self._asleep: list[tuple[datetime, int, Task]] = []
        self._order = itertools.count()
        self._current: Task | None = None
        self.turns = 0

    @property
    def current(self) -> Task | None:
        return self._current

    def spawn(self, name: str, work: Callable[[], object], process: Process | None = None) -> Task:
        task = Task(name, process)
        task.running = greenlet(lambda: self._whole(task, work), self._hub)
        if process is not None:
            process.tasks.append(task)
        self._ready.append(task)
        return task

    def run(self) -> None:
        """Go on until every task is over."""
        while self._ready or self._asleep:
            self.turns += 1
            if self.turns > TURNS_MAX:
                raise RuntimeError("the run does not come to an end")
            if not self._ready:
                self._wake_next()
            task = self._ready.pop(self._chance.randrange(len(self._ready)))
            self._switch_to(task)

    def pause(self) -> None:
        """Let chance say who goes on, perhaps the one who asks."""
        self._ready.append(self._mine())
        self._leave()

    def sleep(self, seconds: float) -> None:
        at = self.clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._asleep, (at, next(self._order), self._mine()))
        self._leave()

    def wait_for(self, task: Task) -> None:
        if not task.is_over:
            task.waiting.append(self._mine())
            self._leave()

    def wait_in(self, line: list[Task]) -> None:
        """Wait until somebody takes this task out of *line* and calls ``go_on`` with it."""
        line.append(self._mine())
        self._leave()

    def go_on(self, task: Task) -> None:
        if not task.is_over:
            self._ready.append(task)

    def kill(self, process: Process) -> None:
        """End every task of *process* where it stands; the one that asks must raise ``Crashed``."""
        process.is_dead = True
        asking = self._mine()
        for task in [one for one in process.tasks if one is not asking and not one.is_over]:
            self._ready = [one for one in self._ready if one is not task]
            self._asleep = [one for one in self._asleep if one[2] is not task]
            heapq.heapify(self._asleep)
            if task.running.dead or not task.running:
                # It never began: there is nothing to unwind.
                self._end(task, has_crashed=True)
                continue
            task.running.parent = getcurrent()
            self._current = task
            task.running.throw(Crashed())
            self._current = asking
        process.tasks = [asking]

    def _whole(self, task: Task, work: Callable[[], object]) -> None:
        has_crashed = False
        try:
            task.result = work()
        except Crashed:
            has_crashed = True
        except Exception as error:
            task.error = error
        self._end(task, has_crashed=has_crashed)

    def _end(self, task: Task, *, has_crashed: bool) -> None:
        task.has_crashed, task.is_over = has_crashed, True
        if task.process is not None:
            task.process.tasks = [one for one in task.process.tasks if one is not task]
        for one in task.waiting:
            self.go_on(one)

    def _wake_next(self) -> None:
        at, _, task = heapq.heappop(self._asleep)
        self.clock.set(max(at, self.clock.now()))
        self._ready.append(task)

    def _switch_to(self, task: Task) -> None:
        self._current = task
        task.running.parent = self._hub
        task.running.switch()
        self._current = None

    def _leave(self) -> None:
        self._hub.switch()

    def _mine(self) -> Task:
        assert self._current is not None, "only a task can wait"
        return self._current
