"""Vectors of the audit's chain; and whoever changes what was noted is found, on both databases."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from payments import audit
from payments.audit_chain import commands
from payments.audit_chain.chain import AUDIT_SEAL, BODY_VERSIONS, body
from payments.audit_chain.sealing import BATCH_MAX, LATE_MAX, earliest, head, seal_once
from payments.audit_chain.verifying import verify
from payments.kernel.scope import FacilityId, Scope
from payments.ledger import heads
from payments.ledger.heads import Head
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import Database
from tests.support.ledger import as_role

EVENT = (
    99001,
    "01a20c1d-90d9-71c5-94e4-2dcbcddc8f6c",
    "2026-11-24T00:30:00.000000Z",
    "user:thu",
    "r1",
    "invoice.issued",
    "invoice:1",
    '{"total": 150000, "why": "khám"}',
)
FIRST = (
    '{"about":"invoice:1","actor":"user:thu","at":"2026-11-24T00:30:00.000000Z",'
    '"facility_id":99001,"facts":"{\\"total\\": 150000, \\"why\\": \\"khám\\"}",'
    '"genesis_at":"2026-11-24T00:31:00.000000Z","genesis_chain":"audit","genesis_tenant":"99001",'
    '"id":"01a20c1d-90d9-71c5-94e4-2dcbcddc8f6c","kind":"invoice.issued","request_id":"r1"}'
)


def note(database: Database, scope: Scope, count: int) -> None:
    with database.transaction(scope) as tx:
        for number in range(count):
            audit.append(tx, "test.noted", f"thing:{number}", number=number, who="Thử \"'\\")


def seal(database: Database, scope: Scope) -> int:
    worker = as_role(database, "vp_worker")
    total = 0
    while sealed := seal_once(worker, scope):
        total += sealed
    worker.close()
    return total


def events(database: Database, scope: Scope) -> list[UUID]:
    with database.reading(scope) as tx:
        rows = tx.execute(select(AUDIT_SEAL.c.event_id).order_by(AUDIT_SEAL.c.seq))
        return list(rows.scalars())


@pytest.fixture
def sealed(database: Database, scope: Scope) -> Database:
    note(database, scope, 6)
    seal(database, scope)
    note(database, scope, 3)
    seal(database, scope)
    return database


def vandalize(database: Database, *statements: str) -> None:
    """Run *statements* with all rights, triggers and foreign keys off."""
    owner = as_role(database, None)
    with owner.engine.connect() as connection:
        if database.is_postgres:
            connection.exec_driver_sql("SET session_replication_role = replica")
        else:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            for table in ("audit_event", "audit_seal"):
                for verb in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER {table}_no_{verb}")
            connection.exec_driver_sql("BEGIN")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
        connection.invalidate()
    owner.close()


def test_version_1_writes_this_text_for_ever() -> None:
    assert body(1, EVENT, "2026-11-24T00:31:00.000000Z").decode() == FIRST
    assert hashlib.sha256(bytes(32) + FIRST.encode()).hexdigest() == (
        "42d0198bed0ecf66f100fbb1fdf0522dfc94f337bc8df00aceffbf3c347aa609"
    )


def test_columns_of_a_version_are_frozen() -> None:
    assert BODY_VERSIONS[1] == (
        "facility_id", "id", "at", "actor", "request_id", "kind", "about", "facts",
    )  # fmt: skip


def test_every_event_is_sealed_once_in_the_order_of_its_making(
    sealed: Database, scope: Scope
) -> None:
    found = events(sealed, scope)

    assert len(found) == 9
    assert found == sorted(found)
    assert seal(sealed, scope) == 0
    report = verify(sealed, scope)
    assert (report.seals, report.findings) == (9, ())


def test_one_batch_is_bounded(database: Database, scope: Scope) -> None:
    note(database, scope, BATCH_MAX + 1)
    worker = as_role(database, "vp_worker")

    assert [seal_once(worker, scope) for _ in range(3)] == [BATCH_MAX, 1, 0]
    worker.close()
    assert verify(database, scope).is_sound


def test_event_that_commits_after_a_younger_one_is_sealed(database: Database, scope: Scope) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite has one writer")
    with database.transaction(scope) as slow:
        audit.append(slow, "test.slow", "thing:slow")
        note(database, scope, 2)
        assert seal(database, scope) == 2

    assert seal(database, scope) == 1
    assert verify(database, scope).is_sound


def test_chains_of_two_facilities_are_two(postgres: Database, scope: Scope) -> None:
    theirs = Scope(FacilityId(99002), "user:test", "r")
    for one in (scope, theirs):
        note(postgres, one, 2)
        seal(postgres, one)

    ours, other = verify(postgres, scope), verify(postgres, theirs)
    assert ours.is_sound
    assert other.is_sound
    assert (ours.seals, other.seals) == (2, 2)
    assert ours.head != other.head


_EDITS = {
    "kind": "kind = 'other'",
    "actor": "actor = 'user:other'",
    "request": "request_id = 'other'",
    "about": "about = 'thing:other'",
    "facts": "facts = '{}'",
    "moment": "at = '2026-11-24T00:00:00.000001Z'",
}


@pytest.mark.parametrize("edit", sorted(_EDITS))
def test_edited_event_is_found(sealed: Database, scope: Scope, edit: str) -> None:
    target = events(sealed, scope)[3]

    vandalize(sealed, f"UPDATE audit_event SET {_EDITS[edit]} WHERE id = '{target}'")

    assert verify(sealed, scope).first_bad_seq == 4


def test_deleted_event_is_found(sealed: Database, scope: Scope) -> None:
    target = events(sealed, scope)[4]

    vandalize(sealed, f"DELETE FROM audit_event WHERE id = '{target}'")

    assert verify(sealed, scope).first_bad_seq == 5


def test_deleted_event_with_its_seal_is_found(sealed: Database, scope: Scope) -> None:
    target = events(sealed, scope)[4]

    vandalize(
        sealed,
        f"DELETE FROM audit_seal WHERE event_id = '{target}'",
        f"DELETE FROM audit_event WHERE id = '{target}'",
    )

    assert verify(sealed, scope).first_bad_seq == 5


def test_closed_gap_in_the_chain_is_found(sealed: Database, scope: Scope) -> None:
    target = events(sealed, scope)[4]
    later = [f"UPDATE audit_seal SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(6, 10)]

    vandalize(sealed, f"DELETE FROM audit_seal WHERE event_id = '{target}'", *later)

    assert verify(sealed, scope).first_bad_seq == 5


def test_reordered_events_are_found(sealed: Database, scope: Scope) -> None:
    moves = [(2, 99), (5, 2), (99, 5)]

    vandalize(sealed, *(f"UPDATE audit_seal SET seq = {b} WHERE seq = {a}" for a, b in moves))

    assert verify(sealed, scope).first_bad_seq == 2


def test_edited_seal_is_found(sealed: Database, scope: Scope) -> None:
    zeros = f"'\\x{'00' * 32}'" if sealed.is_postgres else "zeroblob(32)"

    vandalize(sealed, f"UPDATE audit_seal SET hash = {zeros} WHERE seq = 7")

    assert verify(sealed, scope).first_bad_seq == 7


def test_event_put_in_afterwards_is_found_and_never_sealed(sealed: Database, scope: Scope) -> None:
    first = events(sealed, scope)[0]
    forged = UUID(int=first.int - (round(LATE_MAX.total_seconds() * 2_000) << 80))
    columns = "facility_id, at, actor, request_id, kind, about, facts"

    vandalize(
        sealed,
        f"INSERT INTO audit_event (id, {columns})"
        f" SELECT '{forged}', {columns} FROM audit_event WHERE id = '{first}'",
    )

    assert seal(sealed, scope) == 0
    [finding] = verify(sealed, scope).findings
    assert str(forged) in finding.what


def test_earliest_id_is_five_minutes_before() -> None:
    made = new_id()

    assert (made.int >> 80) - (earliest(made).int >> 80) == 300_000
    assert earliest(UUID(int=7)) == UUID(int=0)


def exported(database: Database, scope: Scope, path: Path, at: datetime) -> None:
    with database.reading(scope) as tx:
        heads.append(path, [Head.of(tx.facility, "audit", head(tx), at)])


def _rebuilt(database: Database, scope: Scope) -> None:
    vandalize(database, "DELETE FROM audit_seal", "UPDATE audit_event SET kind = 'clean'")
    seal(database, scope)


def _rolled_back(database: Database, scope: Scope) -> None:
    last = events(database, scope)[-1]
    vandalize(
        database,
        f"DELETE FROM audit_seal WHERE event_id = '{last}'",
        f"DELETE FROM audit_event WHERE id = '{last}'",
    )


@pytest.mark.parametrize(("harm", "seq"), [(_rebuilt, 9), (_rolled_back, 9)])
def test_chain_that_was_made_anew_or_cut_is_found_by_an_exported_head(
    sealed: Database,
    scope: Scope,
    tmp_path: Path,
    harm: Callable[[Database, Scope], None],
    seq: int,
) -> None:
    exported(sealed, scope, tmp_path / "heads", datetime(2026, 11, 24, tzinfo=UTC))
    told = heads.read(tmp_path / "heads")
    assert verify(sealed, scope, exported=told).is_sound

    harm(sealed, scope)

    assert verify(sealed, scope).is_sound
    assert verify(sealed, scope, exported=told).first_bad_seq == seq


def test_command_names_the_first_bad_seal(
    runtime: Runtime, sealed: Database, scope: Scope, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["audit", "verify"])

    assert args.run_with(runtime, scope, args) == 0
    vandalize(sealed, f"DELETE FROM audit_event WHERE id = '{events(sealed, scope)[2]}'")
    capsys.readouterr()

    assert args.run_with(runtime, scope, args) == 1
    assert "first bad seal: 3" in capsys.readouterr().out
