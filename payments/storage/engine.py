"""Connections: what each engine must be told before it may hold money."""

from __future__ import annotations

import random
import sqlite3
import time
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

#: Execution option that names how SQLite begins: DEFERRED to read, IMMEDIATE to write.
BEGIN: Final = "vienphi_begin"

#: With synchronous=NORMAL a power cut can take back the last commits; without recursive_triggers
#: INSERT OR REPLACE overwrites a posting without firing the trigger that refuses it.
_BUSY_TIMEOUT: Final = "busy_timeout=15000"
_SQLITE_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    _BUSY_TIMEOUT,
    "foreign_keys=ON",
    "recursive_triggers=ON",
)
#: How long a writer waits for its turn before the database counts as locked.
TURN_MAX_S: Final = 30.0
#: As long as a short commit: who has waited long asks as often as who has just come.
_ASK_AGAIN_S: Final = (0.000_5, 0.004)


def make_engine(url: str, *, pool_size: int = 16) -> Engine:
    """
    Make an engine for ``sqlite:///file`` or ``postgresql+psycopg://…``, with its rules.

    Its failures do not name the values of a statement: they go to logs.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    # No ping before each use: a broken connection is noticed by its first statement, which throws
    # away the whole pool; ``Database.run`` then does its work again.
    return create_engine(
        url, pool_size=pool_size, max_overflow=8, pool_timeout=5, hide_parameters=True
    )


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 15}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # The driver must not begin by itself: it would begin DEFERRED, and two writers that both
        # began by reading cannot both go on.
        connection.isolation_level = None
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begins(connection: Connection) -> None:
        if connection.get_execution_options().get(BEGIN) == "IMMEDIATE":
            _begin_in_turn(connection)
            return
        # This one takes no lock and cannot fail: SQLAlchemy need not translate its errors, which
        # costs as much as a small select.
        connection.connection.execute("BEGIN DEFERRED")

    return engine


def _begin_in_turn(connection: Connection) -> None:
    """
    Begin to write as soon as nobody else does.

    SQLite's own waiting grows to 100 ms between two looks, while each writer that comes anew looks
    at once: of eight busy processes one waited above 15 s. Here all look equally often, so that a
    turn comes to each. Nothing has happened before a BEGIN, so asking again repeats nothing.

    Raises:
        DBAPIError: no turn came within ``TURN_MAX_S``, or another thing is wrong.
    """
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + TURN_MAX_S
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while not _has_begun(driver):
            if time.monotonic() > until:
                # Says it as SQLAlchemy says it.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            time.sleep(random.uniform(*_ASK_AGAIN_S))  # noqa: S311 - jitter, no secret
    finally:
        driver.execute(f"PRAGMA {_BUSY_TIMEOUT}")


def _has_begun(driver: Any) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def begin_postgres(connection: Connection, facility: int, isolation: str) -> None:
    """
    Begin and name the facility in one round trip, on a connection in autocommit mode.

    A connection that broke while it lay in the pool is replaced here, once: that costs nothing
    where it is whole, as a ping before each use would.

    Raises:
        DBAPIError: the database cannot be reached.
    """
    # A statement of two commands cannot be prepared, which the driver tries after some uses.
    begin = f"BEGIN ISOLATION LEVEL {isolation}; SET LOCAL vienphi.facility = '{facility:d}'"
    try:
        connection.connection.execute(begin, prepare=False)
    except connection.dialect.loaded_dbapi.OperationalError as error:
        connection.invalidate(error)
        connection.exec_driver_sql("SELECT 1")
        connection.connection.execute(begin, prepare=False)
