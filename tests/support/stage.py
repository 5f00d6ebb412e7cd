"""A furnished trial on PostgreSQL, for scripts, and the address by which their children open it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url

from payments.config import Mode, Settings
from payments.gateway import Gateways
from payments.kernel.clock import Clock, FrozenClock, SystemClock
from payments.kernel.scope import FacilityId, Scope
from payments.kernel.secret import Secret
from payments.keys import Keys, write_new
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from tests.support.databases import (
    Cluster,
    fresh_postgres,
    fresh_sqlite,
    in_memory,
    start_cluster,
)
from tests.support.hospital import Hospital

MORNING = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)  # 07:30 in the hospital
OURS = FacilityId(99001)
THEIRS = FacilityId(99002)
SCOPE = Scope(OURS, "user:test", "request-test")


@dataclass(frozen=True, slots=True)
class Address:
    """What another process needs to open the same trial; it can be pickled."""

    url: str
    keys_file: str

    def environ(self) -> dict[str, str]:
        """Say it as the environment of our programs; without what this process was told."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("VIENPHI_")}
        return kept | {
            "VIENPHI_MODE": "trial",
            "VIENPHI_DATABASE_URL": self.url,
            "VIENPHI_KEYS_FILE": self.keys_file,
            "VIENPHI_FACILITY": str(OURS),
            "VIENPHI_LOG_LEVEL": "ERROR",
            "VIENPHI_SECOND_FACTOR": "off",
        }

    def as_role(self, role: str) -> Address:
        url = make_url(self.url).set(username=role)
        return Address(url.render_as_string(hide_password=False), self.keys_file)


@dataclass(frozen=True, slots=True)
class Stage:
    cluster: Cluster
    address: Address
    runtime: Runtime
    scope: Scope
    hospital: Hospital

    @property
    def database(self) -> Database:
        return self.runtime.database

    def as_superuser(self, *statements: str) -> None:
        name = self.database.engine.url.database or ""
        self.cluster.run(*statements, database=name)


def runtime_at(address: Address, clock: Clock | None = None) -> Runtime:
    """Open the trial at *address* in this process, with an engine of its own."""
    clock = clock or SystemClock()
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=Secret(address.url),
        keys_file=Path(address.keys_file),
        gateways=("bank_transfer", "casso", "sepay"),
        hosts=("localhost", "127.0.0.1"),
        public_url="http://localhost",
        proxy_hops=0,
        code_prefix="VPH",
        code_minutes=15,
        log_level="ERROR",
        facility=OURS,
        second_factor=False,
    )
    keys = Keys.read(settings.keys_file)
    database = Database(address.url, clock)
    return Runtime(settings, database, Gateways.named(settings.gateways), clock, keys)


def morning() -> FrozenClock:
    return FrozenClock(MORNING)


@contextmanager
def own_cluster(given: str | None) -> Iterator[Cluster]:
    """Use the server *given* (a superuser's URL), else VIENPHI_TEST_PG, else the wheel's."""
    with tempfile.TemporaryDirectory(prefix="vienphi-", ignore_cleanup_errors=True) as place:
        tmp = _Places(Path(place))
        running = contextmanager(start_cluster)(tmp, given or os.environ.get("VIENPHI_TEST_PG"))
        with running as cluster:
            yield cluster
            cluster.run(f'DROP DATABASE IF EXISTS "{cluster.template}" WITH (FORCE)')


@contextmanager
def stage(cluster: Cluster, clock: Clock | None = None) -> Iterator[Stage]:
    """Furnish a new database of *cluster*, as vp_app; it is dropped at the end."""
    clock = clock or SystemClock()
    made = fresh_postgres(cluster, clock)
    url = made.engine.url.render_as_string(hide_password=False)
    name = made.engine.url.database
    made.close()
    place = Path(tempfile.mkdtemp(prefix="vienphi-keys-"))
    write_new(place / "keys.json", demo=True)
    address = Address(url, str(place / "keys.json"))
    runtime = runtime_at(address, clock)
    try:
        refuse_unsafe(runtime.database)
        yield Stage(cluster, address, runtime, SCOPE, Hospital(runtime, SCOPE))
    finally:
        runtime.database.close()
        cluster.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(place)


@contextmanager
def in_memory_hospital(clock: Clock) -> Iterator[Hospital]:
    """Furnish a trial on SQLite in memory, where there is room: for what no database decides."""
    with tempfile.TemporaryDirectory() as disk, in_memory(Path(disk)) as folder:
        write_new(folder / "keys.json", demo=True)
        fresh_sqlite(folder / "vienphi.db", clock).close()
        address = Address(f"sqlite:///{folder / 'vienphi.db'}", str(folder / "keys.json"))
        runtime = runtime_at(address, clock)
        yield Hospital(runtime, SCOPE)
        runtime.database.close()


def refuse_unsafe(database: Database) -> None:
    """A server that does not write through to the disk proves nothing about lost money."""
    with database.engine.connect() as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            told = connection.execute(text(f"SHOW {name}")).scalar_one()
            assert told == "on", f"{name} is {told}"
        role = connection.execute(text("SELECT current_user")).scalar_one()
        assert role == "vp_app", role


class _Places:
    """What ``start_cluster`` needs of pytest's factory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def mktemp(self, name: str) -> Any:
        place = self._root / name
        place.mkdir(exist_ok=True)
        return place
