"""SQLite has one writer at a time: whoever waits to be it gets a turn."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from payments import audit
from payments.kernel.clock import SystemClock
from payments.kernel.scope import FacilityId, Scope
from payments.storage import engine
from payments.storage.unit_of_work import Database
from tests.support.databases import fresh_sqlite

SCOPE: Final = Scope(FacilityId(99001), "user:test", "request-test")
_PROCESSES: Final = 8
_COMMITS: Final = 12
#: As long as a commit holds the file on a busy machine.
_HELD_S: Final = 0.01


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = fresh_sqlite(tmp_path / "vienphi.db", SystemClock())
    made.close()
    return made.engine.url.render_as_string()


def _writes(url: str) -> None:
    database = Database(url, SystemClock())
    for _ in range(_COMMITS):
        with database.transaction(SCOPE) as tx:
            audit.append(tx, "test.happened", "thing:1")
            time.sleep(_HELD_S)
    database.close()


def _counted(database: Database) -> int:
    with database.reading(SCOPE) as tx:
        found: int = tx.execute(select(func.count()).select_from(audit.AUDIT_EVENT)).scalar_one()
    return found


def test_eight_processes_that_write_without_a_pause_all_finish(url: str) -> None:
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_writes, args=(url,)) for _ in range(_PROCESSES)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0] * _PROCESSES
    assert _counted(Database(url, SystemClock())) == _PROCESSES * _COMMITS


def test_a_writer_who_waits_looks_as_often_at_the_end_as_at_the_beginning(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite by itself would look after 1, 3, 8 … 228, 328, 428 ms."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    holding, waiting = Database(url, SystemClock()), Database(url, SystemClock())
    monkeypatch.setattr(engine, "TURN_MAX_S", 0.2)

    with holding.transaction(SCOPE), pytest.raises(OperationalError), waiting.transaction(SCOPE):
        pytest.fail("two write at once")

    assert len(slept) > 20
    assert max(slept) <= 0.004


def test_a_writer_whose_turn_does_not_come_fails_and_has_written_nothing(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "TURN_MAX_S", 0.05)
    holding, waiting = Database(url, SystemClock()), Database(url, SystemClock())

    with holding.transaction(SCOPE) as tx:
        audit.append(tx, "test.happened", "thing:1")
        with pytest.raises(OperationalError), waiting.transaction(SCOPE):
            pytest.fail("two write at once")

    assert _counted(waiting) == 1
    with waiting.transaction(SCOPE) as tx:
        audit.append(tx, "test.happened", "thing:2")
    assert _counted(waiting) == 2
