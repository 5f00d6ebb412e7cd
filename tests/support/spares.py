"""
Databases that tests take in turn: a file of SQLite, and databases of PostgreSQL, made as new.

Of PostgreSQL they are emptied, not copied: a copy of the template writes 12 MB, with one for each
of some thousand tests a run filled the disk of a small machine; emptying what a test wrote costs
2 ms instead of 60. Their engines stay, for to compile its statements anew was a third of a test.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from payments.kernel.clock import Clock
from payments.storage.engine import make_engine
from payments.storage.unit_of_work import Database
from tests.support.databases import Cluster, fresh_postgres, sqlite_template

#: What installing writes; every other table of a new database is empty.
_FOUNDED = ("installation", "facility")
_SHAPE = """
SELECT md5(string_agg(part, '|' ORDER BY part)) FROM (
  SELECT concat_ws(' ', relname, relkind, relrowsecurity, relforcerowsecurity, relacl) AS part
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', attrelid, attname, atttypid, attnotnull, attacl)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', tgrelid, tgname, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat_ws(' ', polrelid, polname, polqual, polwithcheck) FROM pg_policy
  UNION ALL SELECT concat_ws(' ', conrelid, conname, convalidated, conbin) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', proname, prosrc, proacl) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
) AS parts
"""


class SpareFile:
    """Lends one SQLite file in *folder*, each time a new copy of the migrated one."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "vienphi.db"
        self._engine = make_engine(f"sqlite:///{self._path}")

    @contextmanager
    def lend(self, clock: Clock) -> Iterator[Database]:
        shutil.copy(sqlite_template(), self._path)
        try:
            yield Database("", clock, engine=self._engine)
        finally:
            self._engine.dispose()
            # Away, not written over: what outlived its test keeps its own file.
            for ending in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)


class Spares:
    """Lends a database that looks newly made; one that a test reshaped or keeps busy is dropped."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._free: list[str] = []
        self._new: dict[str, _Founded] = {}
        self._engines: dict[str, Engine] = {}

    @contextmanager
    def lend(self, clock: Clock) -> Iterator[Database]:
        name = self._free.pop() if self._free else self._make(clock)
        engine = self._engines[name]
        try:
            yield Database("", clock, engine=engine)
        finally:
            engine.dispose()
            self._take_back(name)

    def _make(self, clock: Clock) -> str:
        made = fresh_postgres(self._cluster, clock)
        name = str(made.engine.url.database)
        made.close()
        with self._connect(name) as connection:
            self._new[name] = _Founded(connection)
        self._engines[name] = make_engine(self._cluster.url_of(name, "vp_app"))
        return name

    def _take_back(self, name: str) -> None:
        try:
            with self._connect(name) as connection:
                again = self._new[name].restore(connection)
        except DBAPIError:
            # Something that outlived its test holds rows: the next one gets another database.
            again = False
        if again:
            self._free.append(name)
        else:
            del self._new[name], self._engines[name]
            self._cluster.run(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def _connect(self, name: str) -> Iterator[Connection]:
        engine = create_engine(self._cluster.url_of(name), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


class _Founded:
    """How a database looks after installing: its shape and its first rows."""

    def __init__(self, connection: Connection) -> None:
        self._shape = connection.scalar(text(_SHAPE))
        self._rows = {
            table: connection.scalar(text(f"SELECT json_agg(t)::text FROM {table} AS t"))
            for table in _FOUNDED
        }
        tables = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'alembic_version'"
                " AND relnamespace = 'public'::regnamespace"
            )
        )
        self._clear = "; ".join(f'DELETE FROM "{table}"' for table in tables)

    def restore(self, connection: Connection) -> bool:
        """Empty the tables and write the first rows again; False when a test left another shape."""
        if connection.scalar(text(_SHAPE)) != self._shape:
            return False
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        connection.exec_driver_sql("SET lock_timeout = '2s'")
        # Neither policies nor the triggers that keep the books from being changed.
        connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql(self._clear)
        for table, rows in self._rows.items():
            connection.execute(
                text(
                    f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
                    f" SELECT * FROM json_populate_recordset(NULL::{table}, CAST(:rows AS json))"
                ),
                {"rows": rows},
            )
        return True
