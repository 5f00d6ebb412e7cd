"""``vienphi db upgrade --check`` changes nothing and names what stands in the way."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from payments import cli
from payments.kernel.clock import FrozenClock
from payments.keys import Keys, write_new
from payments.operations import preflight as looking
from payments.operations.backups import service
from payments.operations.backups.recipients import FromRing
from payments.operations.preflight import Point, preflight
from payments.storage.engine import make_engine
from payments.storage.unit_of_work import Database
from payments.storage.upgrading import (
    Standing,
    current_revision,
    downgrade,
    newest_revision,
    pending,
    standing,
)
from tests.support.databases import fresh_sqlite
from tests.support.ledger import as_role

NOW = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def file(tmp_path: Path, clock: FrozenClock) -> Path:
    fresh_sqlite(tmp_path / "vienphi.db", clock).close()
    return tmp_path / "vienphi.db"


@pytest.fixture
def backups(tmp_path: Path, file: Path) -> Path:
    """A folder with a backup that was made at NOW."""
    write_new(tmp_path / "keys.json")
    folder = tmp_path / "backups"
    folder.mkdir()
    recipient = FromRing(Keys.read(tmp_path / "keys.json"))
    service.create(f"sqlite:///{file}", folder / "1.backup", recipient, clock=FrozenClock(NOW))
    return folder


def points(file: Path, backups: Path | None, *, now: datetime = NOW) -> dict[str, Point]:
    engine = make_engine(f"sqlite:///{file}")
    found = {one.what: one for one in preflight(engine, backups, now=now)}
    engine.dispose()
    return found


def test_nothing_in_the_way_is_good(file: Path, backups: Path) -> None:
    assert all(one.is_good for one in points(file, backups).values())


def test_what_is_to_run_is_listed_in_order(file: Path, backups: Path) -> None:
    engine = make_engine(f"sqlite:///{file}")
    former, first, last = (revision for revision, _ in pending(None)[-3:])
    downgrade(engine, former)

    said = points(file, backups)["schema"].said

    assert said.startswith(f"2 to run, {former} to {last}: {first} ")
    assert f"; {last} " in said
    assert current_revision(engine) == former
    engine.dispose()


@pytest.mark.parametrize(("hours", "is_good"), [(24, True), (25, False)])
def test_an_old_backup_stands_in_the_way(
    file: Path, backups: Path, hours: int, is_good: bool
) -> None:
    now = NOW + timedelta(hours=hours)

    assert points(file, backups, now=now)["backup"].is_good is is_good


def test_a_copied_file_is_as_old_as_its_content(file: Path, backups: Path) -> None:
    shutil.copy(backups / "1.backup", backups / "2.backup")

    assert not points(file, backups, now=NOW + timedelta(days=3))["backup"].is_good


def test_what_is_no_backup_does_not_count(file: Path, tmp_path: Path) -> None:
    (tmp_path / "x.backup").write_bytes(b"nothing")

    assert not points(file, tmp_path)["backup"].is_good
    assert not points(file, None)["backup"].is_good


def test_a_full_disk_stands_in_the_way(
    file: Path, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking.shutil, "disk_usage", lambda _: Usage(10, 9, 1_000))

    assert not points(file, backups)["room"].is_good


def test_somebody_who_writes_stands_in_the_way(
    file: Path, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_WAIT_S", 0.05)
    writing = sqlite3.connect(file, isolation_level=None)
    writing.execute("BEGIN IMMEDIATE")

    assert not points(file, backups)["locks"].is_good
    writing.execute("ROLLBACK")
    assert points(file, backups)["locks"].is_good
    writing.close()


def test_on_a_server_the_owner_is_wanted_and_a_held_table_is_named(
    postgres: Database, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_LOOK_AGAIN_S", 0.05)
    owner = as_role(postgres, "vp_owner")

    def on(database: Database) -> dict[str, Point]:
        return {one.what: one for one in preflight(database.engine, backups, now=NOW)}

    assert all(one.is_good for one in on(owner).values())
    assert not on(postgres)["role"].is_good
    with postgres.engine.connect() as holding:
        holding.exec_driver_sql("LOCK TABLE facility IN ACCESS SHARE MODE")
        pid = holding.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        assert str(pid) in on(owner)["locks"].said
        assert not on(owner)["locks"].is_good
    owner.close()


def test_the_command_says_it_and_changes_nothing(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = make_engine(f"sqlite:///{file}")
    former = pending(None)[-2][0]
    downgrade(engine, former)

    code = cli.main(["db", "upgrade", "--check", "--url", f"sqlite:///{file}"])

    said = capsys.readouterr().out
    assert code == 1
    assert "NOT backup" in said
    assert "nothing was changed" in said
    assert current_revision(engine) == former
    engine.dispose()


def test_a_schema_of_a_later_release_is_served_and_not_touched(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changing = sqlite3.connect(file)
    changing.execute("UPDATE alembic_version SET version_num = '9999'")
    changing.commit()
    changing.close()

    assert cli.main(["db", "upgrade", "--url", f"sqlite:///{file}"]) == 2
    assert "runs on it as it is" in capsys.readouterr().err
    assert cli.main(["db", "check", "--url", f"sqlite:///{file}", "--mode", "trial"]) == 0


def test_revisions_stand_before_equal_and_after() -> None:
    assert standing(None) is Standing.BEHIND
    assert standing("0001") is Standing.BEHIND
    assert standing(newest_revision()) is Standing.EQUAL
    assert standing("of a later release") is Standing.AHEAD
    assert pending(newest_revision()) == ()
    assert pending(None)[0][0] == "0001"
