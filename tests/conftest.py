"""Databases, clock and runtime for every test: SQLite and PostgreSQL from the same migrations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from payments.config import Mode, Settings
from payments.gateway import Gateways
from payments.identity import passwords
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import FacilityId, Scope
from payments.kernel.secret import Secret
from payments.keys import Keys, write_new
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from tests.support.databases import (
    Cluster,
    in_memory,
    start_cluster,
)
from tests.support.hospital import Hospital
from tests.support.spares import SpareFile, Spares

MORNING = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)  # 07:30 in the hospital
OURS = FacilityId(99001)
THEIRS = FacilityId(99002)
_ABOVE = tuple(Path(__file__).parent / name for name in ("unit/web", "unit/diagnosis", "contract"))


def pytest_configure() -> None:
    """
    Hash the passwords of tests with the least that argon2id takes.

    The real profile (tests/unit/identity/test_passwords.py) was a quarter of the time of all tests
    that sign in. Programs that tests start as processes keep it.
    """
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    less = {"_HASHER": cheap, "_NOBODY": cheap.hash("nobody has this password")}
    for name, value in less.items():
        setattr(passwords, name, value)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """
    Leave pages and gateways on PostgreSQL to ``VIENPHI_TEST_PAGES=postgresql``, a run of its own.

    What they store and read is tested on both databases below them; the whole again for every page
    and every gateway would cost the test command some minutes.
    """
    if os.environ.get("VIENPHI_TEST_PAGES") == "postgresql":
        return
    left = [one for one in items if _is_above_on_postgres(one)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [one for one in items if not _is_above_on_postgres(one)]


def _is_above_on_postgres(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    params = {} if callspec is None else callspec.params
    if params.get("database") != "postgresql":
        return False
    return any(folder in item.path.parents for folder in _ABOVE)


@pytest.fixture(scope="session")
def quick_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    given = os.environ.get("VIENPHI_TEST_PG")
    yield from start_cluster(tmp_path_factory, given, flushes=False)


@pytest.fixture(scope="session")
def cluster(quick_cluster: Cluster) -> Cluster:
    """The server of most tests; those of faults have one of their own in its place."""
    return quick_cluster


@pytest.fixture(scope="session")
def spares(quick_cluster: Cluster) -> Spares:
    return Spares(quick_cluster)


@pytest.fixture(scope="session")
def spare_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpareFile]:
    with in_memory(tmp_path_factory.mktemp("sqlite")) as folder:
        yield SpareFile(folder)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(MORNING)


@pytest.fixture
def scope() -> Scope:
    return Scope(OURS, "user:test", "request-test")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Database]:
    """An empty, migrated database; PostgreSQL holds two facilities and is connected as vp_app."""
    if request.param == "postgresql":
        spares: Spares = request.getfixturevalue("spares")
        with spares.lend(clock) as made:
            yield made
        return
    files: SpareFile = request.getfixturevalue("spare_file")
    with files.lend(clock) as made:
        yield made


@pytest.fixture
def postgres(spares: Spares, clock: FrozenClock) -> Iterator[Database]:
    with spares.lend(clock) as made:
        yield made


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    write_new(path, demo=True)
    return Keys.read(path)


@pytest.fixture
def runtime(database: Database, clock: FrozenClock, keys: Keys) -> Runtime:
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=Secret("unused://"),
        keys_file=Path("unused"),
        gateways=("bank_transfer", "casso", "sepay"),
        hosts=("localhost", "127.0.0.1"),
        public_url="http://localhost",
        proxy_hops=0,
        code_prefix="VPH",
        code_minutes=15,
        log_level="INFO",
        facility=None,
        second_factor=False,
    )
    return Runtime(settings, database, Gateways.named(settings.gateways), clock, keys)


@pytest.fixture
def hospital(runtime: Runtime, scope: Scope) -> Iterator[Hospital]:
    """A furnished facility whose books are proven after the test."""
    made = Hospital(runtime, scope)
    yield made
    made.assert_balanced()
