"""``vienphi backup``: what it makes comes back proven; what is wrong brings nothing back."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from payments import audit, cli
from payments.audit_chain import sealing as audit_sealing
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.keys import Keys, WrongKeys, rotate, write_new
from payments.operations.backups import postgres_tools, service
from payments.operations.backups.postgres_tools import NoTool
from payments.operations.backups.recipients import FromRing, Opener
from payments.operations.backups.sources import NotBackedUp, WrongRole
from payments.storage.unit_of_work import Database
from tests.faults.ledgers import transfers
from tests.support.databases import fresh_sqlite
from tests.support.ledger import post_all, seal_all


@pytest.fixture
def source(tmp_path: Path, clock: FrozenClock, scope: Scope) -> Path:
    """A SQLite facility with sealed and waiting transactions and events."""
    path = tmp_path / "source.db"
    made = fresh_sqlite(path, clock)
    post_all(made, scope, transfers(4), clock.now())
    with made.transaction(scope) as tx:
        audit.append(tx, "test.noted", "thing:1")
    seal_all(made, scope)
    audit_sealing.seal_once(made, scope)
    post_all(made, scope, transfers(1), clock.now())
    made.close()
    return path


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    write_new(tmp_path / "keys.json")
    return tmp_path / "keys.json"


def vienphi(*arguments: object) -> int:
    return cli.main([str(one) for one in arguments])


def test_a_backup_comes_back_proven(
    source: Path, keys_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, back = tmp_path / "one.backup", tmp_path / "back.db"

    assert (
        vienphi("backup", "create", file, "--url", f"sqlite:///{source}", "--keys", keys_file) == 0
    )
    assert vienphi("backup", "verify", file, "--keys", keys_file) == 0
    assert (
        vienphi("backup", "restore", file, "--url", f"sqlite:///{back}", "--keys", keys_file) == 0
    )

    said = capsys.readouterr().out
    assert said.count("4 sealed transactions") == 2
    assert "sum 0 đ" in said
    assert said.rstrip().endswith(": proven")
    assert back.stat().st_mode & 0o077 == 0
    assert file.stat().st_mode & 0o077 == 0


def test_nothing_readable_stands_in_a_backup(source: Path, keys_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.backup"

    service.create(f"sqlite:///{source}", file, FromRing(Keys.read(keys_file)))

    content = file.read_bytes()
    assert b"SQLite format" not in content
    assert b"ledger" not in content
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_server_that_makes_backups_cannot_open_them(
    source: Path, keys_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, pair = tmp_path / "one.backup", tmp_path / "pair"
    assert vienphi("backup", "key", pair) == 0
    assert (
        vienphi("backup", "create", file, "--url", f"sqlite:///{source}", "--to", f"{pair}.pub")
        == 0
    )

    assert vienphi("backup", "verify", file, "--keys", keys_file) == 2
    assert "private key" in capsys.readouterr().err
    assert vienphi("backup", "verify", file, "--private", pair) == 0


def test_without_its_key_nothing_comes_back(
    source: Path, keys_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, back, other = tmp_path / "one.backup", tmp_path / "back.db", tmp_path / "other.json"
    write_new(other)
    service.create(f"sqlite:///{source}", file, FromRing(Keys.read(keys_file)))

    for arguments in ([], ["--keys", other]):
        assert vienphi("backup", "restore", file, "--url", f"sqlite:///{back}", *arguments) == 2
        assert not back.exists()
    assert "give --keys" in capsys.readouterr().err


def test_a_key_that_was_rotated_still_opens_older_backups(
    source: Path, keys_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "one.backup"
    service.create(f"sqlite:///{source}", file, FromRing(Keys.read(keys_file)))

    rotate(keys_file, "backup")

    _, proof = service.verify(file, Opener(Keys.read(keys_file)))
    assert proof is not None
    assert proof.findings == ()


def test_a_place_in_use_is_left_as_it_is(source: Path, keys_file: Path, tmp_path: Path) -> None:
    file, used = tmp_path / "one.backup", tmp_path / "used.db"
    service.create(f"sqlite:///{source}", file, FromRing(Keys.read(keys_file)))
    used.write_bytes(b"something else")

    assert (
        vienphi("backup", "restore", file, "--url", f"sqlite:///{used}", "--keys", keys_file) == 2
    )
    assert used.read_bytes() == b"something else"
    # The log of a file that is gone would be taken for the log of the new one.
    (tmp_path / "gone.db-wal").write_bytes(b"old")
    gone = f"sqlite:///{tmp_path / 'gone.db'}"
    assert vienphi("backup", "restore", file, "--url", gone, "--keys", keys_file) == 2


def test_a_backup_is_never_overwritten_and_never_plain(
    source: Path, keys_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "one.backup"
    file.write_bytes(b"kept")
    url = f"sqlite:///{source}"

    assert vienphi("backup", "create", file, "--url", url, "--keys", keys_file) == 2
    assert vienphi("backup", "create", tmp_path / "two", "--url", url) == 2

    assert file.read_bytes() == b"kept"
    assert not (tmp_path / "two").exists()


def test_a_mistyped_database_makes_neither_database_nor_backup(
    keys_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotBackedUp):
        service.create(
            f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "b", FromRing(Keys.read(keys_file))
        )

    assert {path.name for path in tmp_path.iterdir()} == {"keys.json"}


def test_a_database_that_was_damaged_before_is_restored_and_not_proven(
    source: Path, keys_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaging = sqlite3.connect(source)
    damaging.execute("DROP TRIGGER ledger_posting_no_update")
    damaging.execute("UPDATE ledger_posting SET amount = amount + 1 WHERE line = 1")
    damaging.commit()
    damaging.close()
    file = tmp_path / "one.backup"
    service.create(f"sqlite:///{source}", file, FromRing(Keys.read(keys_file)))

    assert vienphi("backup", "verify", file, "--keys", keys_file) == 1
    assert "is not what was sealed" in capsys.readouterr().err


def test_a_keys_file_of_an_earlier_release_names_the_command_that_helps(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_new(path)
    told = json.loads(path.read_text())
    del told["purposes"]["backup"]
    path.write_text(json.dumps(told))

    with pytest.raises(WrongKeys, match="vienphi keys rotate FILE --purpose backup"):
        FromRing(Keys.read(path)).made()
    rotate(path, "backup")
    assert FromRing(Keys.read(path)).made()


def test_a_role_that_sees_one_facility_makes_no_backup(
    postgres: Database, keys_file: Path, tmp_path: Path
) -> None:
    url = postgres.engine.url.render_as_string(hide_password=False)

    with pytest.raises(WrongRole, match="vp_backup"):
        service.create(url, tmp_path / "b", FromRing(Keys.read(keys_file)))


def test_a_machine_without_the_tool_is_told_which_package(tmp_path: Path) -> None:
    with pytest.raises(NoTool, match="postgresql-client-99"):
        postgres_tools.find("pg_dump", 99)
    with pytest.raises(NoTool, match="none"):
        postgres_tools.find("pg_dump", 15, tmp_path)
