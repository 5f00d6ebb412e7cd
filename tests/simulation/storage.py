"""
The real database, with points at which a process may be killed, give way, or find it gone.

SQLite lets one write at a time: who wants to waits in a line of ours, as it cannot wait for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from payments.kernel.clock import Clock
from payments.kernel.scope import Scope
from payments.storage.unit_of_work import Database, UnitOfWork
from tests.simulation.scheduling import Scheduler, Task

BEGINS: Final = "a transaction begins"
STATEMENT: Final = "a statement"
BEFORE_COMMIT: Final = "before a commit"
AFTER_COMMIT: Final = "after a commit"


class Points(Protocol):
    """Who is told where a task has come; it may raise there, or let another go on."""

    def reach(self, point: str) -> None: ...


class Turn:
    """Who may write: one task, the others in the order of their coming."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._holder: Task | None = None
        self._line: list[Task] = []

    @contextmanager
    def held(self) -> Iterator[None]:
        while self._holder is not None and not self._holder.is_over:
            self._scheduler.wait_in(self._line)
        self._holder = self._scheduler.current
        try:
            yield
        finally:
            self._holder = None
            line, self._line = self._line, []
            for task in line:
                self._scheduler.go_on(task)


class SimulatedDatabase(Database):
    """*points* is told of every step; its statements come by an event of the *engine*."""

    def __init__(self, engine: Engine, clock: Clock, turn: Turn, points: Points) -> None:
        super().__init__("", clock, engine=engine)
        self._turn = turn
        self._points = points

    @contextmanager
    def reading(self, scope: Scope) -> Iterator[UnitOfWork]:
        self._points.reach(BEGINS)
        with super().reading(scope) as tx:
            yield tx

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[UnitOfWork]:
        self._points.reach(BEGINS)
        with self._turn.held(), self._begun(scope, "IMMEDIATE") as tx:
            yield tx
            self._points.reach(BEFORE_COMMIT)
            tx.commit()
        self._points.reach(AFTER_COMMIT)
        if self.on_locks is not None:
            self.on_locks(tx.locks)
        tx.committed()


def gone(*, has_committed: bool) -> OperationalError:
    """Make the error of a connection that broke: nobody knows what became of the transaction."""
    told = "after COMMIT" if has_committed else "before anything was sent"
    return OperationalError(None, None, Exception(told), connection_invalidated=True)


class NoSleep:
    """Stands for the module ``time`` where the services pause before they try again."""

    def __init__(self, sleep: Callable[[float], None], now: Callable[[], float]) -> None:
        self._sleep, self.monotonic = sleep, now

    def sleep(self, seconds: float) -> None:
        # Jitter of the real chance would make every run another one.
        self._sleep(0.1)
