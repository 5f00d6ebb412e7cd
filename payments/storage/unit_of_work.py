"""One transaction for one facility: the only way to the database below the web."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Executable, Select
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError

from payments.kernel.clock import Clock
from payments.kernel.database_clock import DatabaseClock
from payments.kernel.scope import FacilityId, Scope
from payments.storage.compiled import Write
from payments.storage.engine import BEGIN, begin_postgres, make_engine
from payments.storage.locks import Lock, LockOrderBroken
from payments.storage.looking import look_at
from payments.storage.writes import Kept, count, send

T = TypeVar("T")

#: Serialization failure and deadlock: the database asks for the whole unit of work again.
_ASK_AGAIN: Final = {"40001", "40P01"}
_TRIES_MAX: Final = 5


class UnitOfWork:
    """A running transaction; ``tx`` in every function that is inside one and never commits."""

    def __init__(self, connection: Connection, scope: Scope, clock: Clock) -> None:
        self._connection = connection
        self.scope = scope
        self.is_postgres = connection.dialect.name == "postgresql"
        self.locks: list[Lock] = []
        self._clock = clock
        self._after_commit: list[Callable[[], None]] = []
        self._kept: list[Kept] = []

    @property
    def facility(self) -> FacilityId:
        return self.scope.facility

    @property
    def connection(self) -> Connection:
        """The connection itself, which has seen every write so far."""
        self._send_kept()
        return self._connection

    def now(self) -> datetime:
        return self._clock.now()

    def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        return self.connection.execute(statement, parameters)

    def write(self, statement: Write, parameters: Mapping[str, Any]) -> None:
        """
        Run *statement*, a constant, of whose answer nothing depends: at the latest with the commit.

        Everything that is executed later in this transaction sees what it wrote. A constraint that
        refuses it refuses the transaction; where that is an answer, use ``count``.
        """
        self._kept.append(Kept(statement, parameters))

    def count(self, statement: Write, parameters: Mapping[str, Any]) -> int:
        """Run *statement*, a constant, now; tells how many rows it made or changed."""
        return count(self.connection, Kept(statement, parameters))

    def lock(
        self, kind: Lock, statement: Select[Any], parameters: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        """
        Run *statement* (a select of rows of *kind*) and keep its rows until the commit.

        Raises:
            LockOrderBroken: a kind that comes later in the one order is already held.
        """
        self.holding(kind)
        return self.execute(_locking(statement, is_shared=kind is Lock.PERIOD), parameters)

    def holding(self, kind: Lock) -> None:
        """
        Note that the next statement keeps rows of *kind* until the commit.

        Raises:
            LockOrderBroken: a kind that comes later in the one order is already held.
        """
        if self.locks and kind < self.locks[-1]:
            raise LockOrderBroken(f"{kind.name} after {self.locks[-1].name}")
        self.locks.append(kind)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Let *action* run after the commit; what must not be lost is a row, not an action."""
        self._after_commit.append(action)

    def commit(self) -> None:
        """Send what was kept back and the COMMIT behind it. ``Database`` calls it."""
        self._send_kept(and_commit=True)
        self._connection.commit()

    def committed(self) -> None:
        for action in self._after_commit:
            action()

    def _send_kept(self, *, and_commit: bool = False) -> None:
        if self._kept:
            kept, self._kept = self._kept, []
            send(self._connection, kept, and_commit=and_commit)


@lru_cache(maxsize=256)
def _locking(statement: Select[Any], *, is_shared: bool) -> Select[Any]:
    """Kept, for making a statement costs more than running it."""
    return statement.with_for_update(read=is_shared, key_share=is_shared)


class Database:
    """A database and its clock. Each transaction sees one facility."""

    def __init__(self, url: str, clock: Clock, *, engine: Engine | None = None) -> None:
        self.engine = engine if engine is not None else make_engine(url)
        self.clock = clock
        #: How a unit begins, made once. PostgreSQL: the driver must not begin by itself, for we
        #: begin and set the facility in one round trip.
        self._units = {
            begin: self.engine.execution_options(
                **({"isolation_level": "AUTOCOMMIT"} if self.is_postgres else {BEGIN: begin})
            )
            for begin in ("DEFERRED", "IMMEDIATE")
        }
        #: Tests set this to see the locks of every transaction in their order.
        self.on_locks: Callable[[list[Lock]], None] | None = None

    @property
    def is_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self, scope: Scope) -> Iterator[UnitOfWork]:
        """Give a snapshot to read from; nothing is kept."""
        with self._begun(scope, "DEFERRED") as tx:
            yield tx
            tx.connection.rollback()

    @contextmanager
    def snapshot(self, scope: Scope) -> Iterator[UnitOfWork]:
        """Give one state of the books to all statements of a long reading; nothing is kept."""
        with self._begun(scope, "DEFERRED", isolation="REPEATABLE READ") as tx:
            yield tx
            tx.connection.rollback()

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[UnitOfWork]:
        """Commit when the block ends, roll back when it raises."""
        with self._begun(scope, "IMMEDIATE") as tx:
            yield tx
            tx.commit()
        if self.on_locks is not None:
            self.on_locks(tx.locks)
        tx.committed()

    def run(self, scope: Scope, work: Callable[[UnitOfWork], T]) -> T:
        """
        Do *work* in a transaction, the whole of it again where the database asks for that.

        Also after a connection that broke, when nobody knows whether the commit was done: so *work*
        is such that a second time changes nothing (a key, or a state that it looks at first).
        """
        for left in reversed(range(_TRIES_MAX)):
            try:
                with self.transaction(scope) as tx:
                    return work(tx)
            except DBAPIError as error:
                asks = getattr(error.orig, "sqlstate", None) in _ASK_AGAIN
                if not left or not (asks or error.connection_invalidated):
                    raise
            time.sleep(random.uniform(0.01, 0.2))  # noqa: S311 - jitter, no secret
        raise AssertionError("unreachable: the last try returns or raises")

    @contextmanager
    def _begun(
        self, scope: Scope, begin: str, *, isolation: str = "READ COMMITTED"
    ) -> Iterator[UnitOfWork]:
        with self._units[begin].connect() as connection:
            if self.is_postgres:
                begin_postgres(connection, int(scope.facility), isolation)
                if isinstance(self.clock, DatabaseClock) and self.clock.is_due:
                    look_at(self.clock, connection)
            else:
                # At once, not with the first statement: a write that is kept back goes past it.
                connection.begin()
            yield UnitOfWork(connection, scope, self.clock)

    def close(self) -> None:
        self.engine.dispose()
