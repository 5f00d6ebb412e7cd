"""A head that was exported convicts a ledger that was rolled back or built anew."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.ledger import commands, heads
from payments.ledger.heads import Head, WrongHeads
from payments.ledger.verifying import verify
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from payments.worker import Worker, export_heads
from tests.faults.ledgers import transfers
from tests.support.databases import fresh_sqlite
from tests.support.ledger import as_role, post_all, seal_all

_AT = datetime(2026, 11, 24, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def exporting(runtime: Runtime, tmp_path: Path) -> Iterator[Runtime]:
    """The worker's runtime, which exports heads to a file."""
    worker = as_role(runtime.database, "vp_worker")
    settings = replace(runtime.settings, heads_file=tmp_path / "heads")
    yield replace(runtime, settings=settings, database=worker)
    worker.close()


def verify_by(runtime: Runtime, scope: Scope, path: Path) -> int:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["ledger", "verify", "--heads", str(path)])
    return int(args.run_with(runtime, scope, args))


def test_worker_exports_both_chains_of_every_facility_it_sees(
    exporting: Runtime, scope: Scope, clock: FrozenClock, tmp_path: Path
) -> None:
    post_all(exporting.database, scope, transfers(3), clock.now())
    worker = Worker(exporting, only="seal")

    worker.round()
    worker.round()

    told = heads.read(tmp_path / "heads")
    ours = [(one.chain, one.seq) for one in told if one.facility == scope.facility]
    # Once in five minutes, however often the worker goes round.
    assert ours == [("ledger", 3), ("audit", 0)]
    assert {one.facility for one in told} == (
        {99001, 99002} if exporting.database.is_postgres else {99001}
    )


def test_ledger_that_went_on_is_sound(
    exporting: Runtime, scope: Scope, clock: FrozenClock, tmp_path: Path
) -> None:
    for _ in range(3):
        post_all(exporting.database, scope, transfers(2), clock.now())
        seal_all(exporting.database, scope)
        export_heads(exporting, scope)
        clock.advance(timedelta(minutes=5))

    assert verify_by(exporting, scope, tmp_path / "heads") == 0


def test_database_that_was_rolled_back_is_found(
    runtime: Runtime,
    scope: Scope,
    clock: FrozenClock,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = fresh_sqlite(tmp_path / "live.db", clock)
    post_all(database, scope, transfers(4), clock.now())
    seal_all(database, scope)
    database.close()
    shutil.copy(tmp_path / "live.db", tmp_path / "backup.db")
    post_all(database, scope, transfers(3), clock.now())
    seal_all(database, scope)
    settings = replace(runtime.settings, heads_file=tmp_path / "heads")
    export_heads(replace(runtime, settings=settings, database=database), scope)
    database.close()
    restored = Database(f"sqlite:///{tmp_path / 'backup.db'}", clock)

    assert verify(restored, scope).is_sound
    assert verify_by(replace(runtime, database=restored), scope, tmp_path / "heads") == 1
    assert "first bad seal: 5" in capsys.readouterr().out
    restored.close()


def test_database_that_was_built_anew_is_found(
    database: Database, scope: Scope, clock: FrozenClock, tmp_path: Path
) -> None:
    honest = fresh_sqlite(tmp_path / "honest.db", clock)
    for one in (honest, database):
        # The same money, in a ledger whose chain began at another moment.
        post_all(one, scope, transfers(5), clock.now())
        seal_all(one, scope)
        clock.advance(timedelta(seconds=1))
    head = verify(honest, scope).head
    honest.close()

    report = verify(
        database, scope, exported=[Head.of(scope.facility, "ledger", (5, head), clock.now())]
    )

    assert verify(database, scope).is_sound
    assert report.first_bad_seq == 5


def test_heads_of_others_say_nothing_about_us(
    database: Database, scope: Scope, clock: FrozenClock
) -> None:
    post_all(database, scope, transfers(2), clock.now())
    seal_all(database, scope)
    others = [Head.of(99002, "ledger", (9, bytes(32)), _AT), Head.of(99001, "audit", (9, b""), _AT)]

    assert verify(database, scope, exported=others).is_sound


def test_what_is_written_is_read_again_in_order(tmp_path: Path) -> None:
    told = [Head.of(99001, "ledger", (seq, bytes([seq] * 32)), _AT) for seq in (1, 2)]

    for one in told:
        heads.append(tmp_path / "heads", [one])

    assert heads.read(tmp_path / "heads") == tuple(told)


@pytest.mark.parametrize("cut", [1, 20, 60, 117])
def test_line_that_a_power_cut_left_does_not_spoil_the_file(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "heads"
    first, second, third = (Head.of(99001, "ledger", (seq, bytes(32)), _AT) for seq in (1, 2, 3))
    heads.append(path, [first])
    with path.open("ab") as file:
        file.write(second.line.encode()[:cut])

    heads.append(path, [third])

    # Cut behind its last letter the line is whole.
    assert heads.read(path)[0] == first
    assert heads.read(path)[-1] == third


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello\n",
        "99001 ledger -1 " + "0" * 64 + " 2026-11-24T00:30:00.000000Z\n",
        "\x00",
        "x" * 300,
    ],
)
def test_file_that_no_worker_wrote_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "heads").write_text(text, encoding="utf-8")

    with pytest.raises(WrongHeads):
        heads.read(tmp_path / "heads")
    with pytest.raises(WrongHeads):
        heads.read(tmp_path / "nothing")


def test_file_that_cannot_be_written_does_not_end_the_worker(
    exporting: Runtime, scope: Scope, tmp_path: Path
) -> None:
    (tmp_path / "heads").mkdir()

    assert export_heads(exporting, scope) == 0
