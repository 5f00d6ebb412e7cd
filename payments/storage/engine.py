"""Connections: what each engine must be told before it may hold money."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

#: Execution option that names how SQLite begins: DEFERRED to read, IMMEDIATE to write.
BEGIN: Final = "vienphi_begin"

#: With synchronous=NORMAL a power cut can take back the last commits; without recursive_triggers
#: INSERT OR REPLACE overwrites a posting without firing the trigger that refuses it.
_SQLITE_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=15000",
    "foreign_keys=ON",
    "recursive_triggers=ON",
)


def make_engine(url: str, *, pool_size: int = 16) -> Engine:
    """Make an engine for ``sqlite:///file`` or ``postgresql+psycopg://…``, with its rules."""
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return create_engine(
        url, pool_size=pool_size, max_overflow=8, pool_pre_ping=True, pool_timeout=5
    )


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 15})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # The driver must not begin by itself: it would begin DEFERRED, and two writers that both
        # began by reading cannot both go on.
        connection.isolation_level = None
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begins(connection: Connection) -> None:
        how = connection.get_execution_options().get(BEGIN, "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {how}")

    return engine
