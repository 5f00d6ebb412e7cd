"""The sealer orders, chains and adds up, alone and in one commit; anchors prove it elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from payments import ledger
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.ledger import anchor_keys, anchoring, anchors, commands, merkle
from payments.ledger.rows import BALANCE, OUTBOX, SEAL, SEALER
from payments.ledger.sealing import BATCH_MAX, seal_once
from payments.ledger.verifying import verify
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from tests.faults.ledgers import transfers
from tests.support.ledger import as_role, post_all, seal_all


@pytest.fixture
def worker(ledger_database: Database) -> Iterator[Database]:
    made = as_role(ledger_database, "vp_worker")
    yield made
    made.close()


def test_every_transaction_gets_the_next_number(
    worker: Database, ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    posted = post_all(ledger_database, scope, transfers(5), clock.now())

    assert seal_once(worker, scope) == 5
    assert seal_once(worker, scope) == 0
    posted += post_all(ledger_database, scope, transfers(2), clock.now())
    assert seal_once(worker, scope) == 2

    with ledger_database.reading(scope) as tx:
        seals = tx.execute(select(SEAL.c.seq, SEAL.c.txn_id).order_by(SEAL.c.seq)).all()
        waiting = tx.execute(select(func.count()).select_from(OUTBOX)).scalar_one()
    assert [tuple(seal) for seal in seals] == [
        (seq, one.txn_id) for seq, one in enumerate(posted, 1)
    ]
    assert waiting == 0


def test_one_batch_is_bounded(
    worker: Database, ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    with ledger_database.transaction(scope) as tx:
        for entry in transfers(BATCH_MAX + 1):
            ledger.post(tx, entry, effective_at=clock.now(), source="migration")

    assert [seal_once(worker, scope) for _ in range(3)] == [BATCH_MAX, 1, 0]


def test_second_sealer_leaves_the_facility_to_the_first(
    worker: Database, scope: Scope, clock: FrozenClock
) -> None:
    if not worker.is_postgres:
        pytest.skip("SQLite has one writer anyway")
    post_all(worker, scope, transfers(1), clock.now())
    seal_once(worker, scope)
    post_all(worker, scope, transfers(1), clock.now())

    with worker.transaction(scope) as first:
        first.execute(select(SEALER).with_for_update())
        assert seal_once(worker, scope) == 0
    assert seal_once(worker, scope) == 1


def test_balance_is_the_same_before_and_after_its_seal(
    worker: Database, ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    post_all(ledger_database, scope, transfers(3), clock.now())
    with ledger_database.reading(scope) as tx:
        before = ledger.queries.balances(tx)

    seal_once(worker, scope)

    with ledger_database.reading(scope) as tx:
        assert ledger.queries.balances(tx) == before
        assert tx.execute(select(func.max(BALANCE.c.seal_seq))).scalar_one() == 3


def test_proof_of_one_seal_holds_without_the_database(
    worker: Database, ledger_database: Database, scope: Scope, clock: FrozenClock, tmp_path: Path
) -> None:
    post_all(ledger_database, scope, transfers(7), clock.now())
    seal_once(worker, scope)
    anchor_keys.new_key(tmp_path / "anchor.pem")
    key = anchor_keys.read_key(tmp_path / "anchor.pem")

    with worker.transaction(scope) as tx:
        anchor = anchoring.make_anchor(tx, HospitalDay.of(clock.now()), key)
        leaf = anchoring.seal_hashes(tx, 5, 5)[0]
        path = anchoring.inclusion_proof(tx, anchor, 5)

    assert merkle.proves(leaf, 4, 7, path, anchor.root)
    assert anchor.is_signed_by(key.public_key())


def test_anchors_leave_no_seal_out_and_never_repeat(
    worker: Database, ledger_database: Database, scope: Scope, clock: FrozenClock, tmp_path: Path
) -> None:
    anchor_keys.new_key(tmp_path / "anchor.pem")
    key = anchor_keys.read_key(tmp_path / "anchor.pem")
    today = HospitalDay.of(clock.now())

    for count in (3, 4):
        post_all(ledger_database, scope, transfers(count), clock.now())
        seal_once(worker, scope)
        with worker.transaction(scope) as tx:
            anchors.export(anchoring.make_anchor(tx, today, key), tmp_path / "out")
        clock.advance(timedelta(hours=1))

    with worker.transaction(scope) as tx, pytest.raises(anchoring.NothingToAnchor):
        anchoring.make_anchor(tx, today, key)
    made = anchors.read_anchors(tmp_path / "out")
    assert [(one.first_seq, one.last_seq) for one in made] == [(1, 3), (4, 7)]
    assert verify(worker, scope, anchors=made, public_key=key.public_key()).is_sound


def test_commands_sign_and_prove_and_tell_the_first_bad_seal(
    runtime: Runtime,
    scope: Scope,
    clock: FrozenClock,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key, out = str(tmp_path / "anchor.pem"), str(tmp_path / "anchors")
    post_all(runtime.database, scope, transfers(4), clock.now())
    seal_all(runtime.database, scope)

    assert _command(runtime, scope, "anchor", "--new-key", key) == 0
    assert _command(runtime, scope, "anchor", "--key", key, "--out", out) == 0
    prove = ("verify", "--anchor", out, "--public-key", key + ".pub")
    assert _command(runtime, scope, *prove) == 0
    assert _command(runtime, scope, "balance") == 0
    assert _command(runtime, scope, "balance", "--day", "2026-11-24") == 0
    capsys.readouterr()
    _spoil(runtime.database, 3)
    assert _command(runtime, scope, *prove) == 1

    assert "first bad seal: 3" in capsys.readouterr().out


def test_keys_and_anchors_are_never_overwritten(tmp_path: Path) -> None:
    public = anchor_keys.new_key(tmp_path / "anchor.pem")

    with pytest.raises(anchor_keys.WrongAnchorKey):
        anchor_keys.new_key(tmp_path / "anchor.pem")
    with pytest.raises(anchor_keys.WrongAnchorKey):
        anchor_keys.read_key(public)
    with pytest.raises(anchor_keys.WrongAnchorKey):
        anchor_keys.read_public_key(tmp_path / "anchor.pem")
    with pytest.raises(anchors.WrongAnchor):
        anchors.read_anchors(public)
    assert (tmp_path / "anchor.pem").stat().st_mode & 0o077 == 0


def _command(runtime: Runtime, scope: Scope, *words: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["ledger", *words])
    if hasattr(args, "run_with"):
        return int(args.run_with(runtime, scope, args))
    return int(args.run(args))


def _spoil(database: Database, seq: int) -> None:
    owner = as_role(database, None)
    with owner.engine.begin() as connection:
        connection.exec_driver_sql(
            "SET LOCAL session_replication_role = replica"
            if database.is_postgres
            else "DROP TRIGGER ledger_txn_no_update"
        )
        connection.exec_driver_sql(
            "UPDATE ledger_txn SET memo = 'x'"
            f" WHERE id = (SELECT txn_id FROM ledger_seal WHERE seq = {seq})"
        )
    owner.close()
