"""Short runs of the fault scripts of the ledger; the long ones are in their own docstrings."""

from __future__ import annotations

from pathlib import Path

from payments.kernel.clock import FrozenClock
from payments.ledger.verifying import verify
from payments.storage.unit_of_work import Database
from tests.faults import close_day, restore_drill, sealer, tamper
from tests.faults.damages import DAMAGES
from tests.faults.ledgers import SCOPE, Ledgers
from tests.support.databases import Cluster
from tests.support.hospital import Hospital


def test_every_kind_of_damage_is_found_and_named(tmp_path: Path) -> None:
    assert tamper.run(tmp_path, len(DAMAGES), 7) == []


def test_damage_on_a_server_is_found_and_named(tmp_path: Path, cluster: Cluster) -> None:
    # Each trial copies a database; all kinds of damage are in the long run.
    assert tamper.run(tmp_path, 4, 7, cluster) == []


def test_anchor_of_another_key_or_a_missing_anchor_is_found(tmp_path: Path) -> None:
    ledgers = Ledgers.made(tmp_path, None)
    others = Ledgers.made(tmp_path / "other", None)
    key = ledgers.key.public_key()

    with ledgers.fresh() as database:
        assert verify(database, SCOPE, anchors=ledgers.anchors, public_key=key).is_sound
        for anchors, public in (
            (ledgers.anchors, others.key.public_key()),
            (others.anchors, key),
            (ledgers.anchors[1:], key),
        ):
            assert not verify(database, SCOPE, anchors=anchors, public_key=public).is_sound


def test_killed_sealer_loses_nothing(database: Database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)

    assert sealer.run(url, 5, 1) == []


def test_a_day_that_closes_during_payments_loses_and_doubles_none(
    hospital: Hospital, clock: FrozenClock
) -> None:
    assert close_day.run(hospital, clock, 7, rounds=2).failures == []


def test_a_backup_made_during_payments_comes_back_whole_and_only_with_its_key() -> None:
    # Acceptance 22: the restored ledger's sum, chain and audit head are those of the backup.
    assert restore_drill.run(7, payments=12).failures == []
