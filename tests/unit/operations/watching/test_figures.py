"""The figures are those of the rows, and their text is what Prometheus reads."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from payments import jobs
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.operations.watching.model import METRICS, Sample, text
from payments.operations.watching.queries import readiness, samples
from payments.storage.unit_of_work import Database
from payments.storage.upgrading import newest_revision
from tests.support.hospital import Hospital
from tests.support.ledger import as_role

_LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+')


def figures(hospital: Hospital, backups: Path | None = None) -> dict[str, float]:
    found = samples(hospital.runtime.database, hospital.scope, backups)
    return {" ".join((one.name, *one.labels.values())): one.value for one in found}


def test_money_of_unknown_owner_is_told_until_a_person_decides(hospital: Hospital) -> None:
    hospital.arrive(hospital.transfer("KHONG RO", vnd(70_000)))

    told = figures(hospital)

    assert told["suspense_dong"] == 70_000
    assert told["ledger_sum_dong"] == 0


def test_what_waits_for_the_sealer_is_told_with_its_age(
    hospital: Hospital, clock: FrozenClock
) -> None:
    hospital.issue()
    clock.advance(timedelta(minutes=6))

    before = figures(hospital)
    hospital.work()
    after = figures(hospital)

    assert before["ledger_unsealed"] == 1
    assert before["ledger_unsealed_seconds"] == 360
    assert (after["ledger_unsealed"], after["ledger_unsealed_seconds"]) == (0, 0)
    assert after["ledger_seals_total"] == 1


def test_a_worker_that_was_never_there_has_no_beat(hospital: Hospital, clock: FrozenClock) -> None:
    assert "worker_last_beat_timestamp_seconds" not in figures(hospital)

    with hospital.runtime.database.transaction(hospital.scope) as tx:
        jobs.beat(tx, "worker")

    assert figures(hospital)["worker_last_beat_timestamp_seconds"] == clock.now().timestamp()


def test_the_newest_backup_is_told(hospital: Hospital, tmp_path: Path) -> None:
    assert "backup_bytes" not in figures(hospital, tmp_path)
    for name, at in (("1.backup", 1_000), ("2.backup", 2_000), ("3.part", 3_000)):
        (tmp_path / name).write_bytes(b"x" * at)
        os.utime(tmp_path / name, (at, at))

    told = figures(hospital, tmp_path)

    assert told["backup_last_timestamp_seconds"] == 2_000
    assert told["backup_bytes"] == 2_000
    assert "backup_bytes" not in figures(hospital, tmp_path / "gone")


def test_every_figure_is_declared_and_every_line_can_be_read(hospital: Hospital) -> None:
    found = samples(hospital.runtime.database, hospital.scope, None)

    lines = text(found, 99001).splitlines()

    assert {one.name for one in found} <= {metric.name for metric in METRICS}
    for line in lines:
        assert line.startswith(("# HELP ", "# TYPE ")) or _LINE.fullmatch(line), line


def test_a_label_cannot_end_its_line() -> None:
    told = text([Sample("channel_down_seconds", 1, {"channel": 'a"\n\\b'})], 99001)

    assert r'channel="a\"\n\\b"' in told


def test_a_sum_of_money_is_written_whole() -> None:
    told = text([Sample("suspense_dong", 12_345_678_901_234)], 99001)

    assert "} 12345678901234\n" in told


def test_an_undeclared_figure_is_refused() -> None:
    with pytest.raises(ValueError, match="made_up"):
        text([Sample("made_up", 1)], 99001)


@pytest.mark.parametrize(
    ("revision", "is_ready"), [("", True), ("0001", False), ("9999_of_a_later_release", True)]
)
def test_only_an_older_schema_keeps_a_program_from_serving(
    database: Database, revision: str, is_ready: bool
) -> None:
    if revision:
        owner = as_role(database, None)
        with owner.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        owner.close()
    try:
        assert readiness(database.engine).is_ready is is_ready
    finally:
        # Databases of tests are lent again.
        owner = as_role(database, None)
        with owner.engine.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE alembic_version SET version_num = '{newest_revision()}'"
            )
        owner.close()
