"""A facility moves to another database with its chain and its balances."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import payments
from payments import audit, ledger
from payments.audit_chain import sealing as audit_sealing
from payments.audit_chain import verifying as audit_verifying
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.ledger.verifying import verify
from payments.storage.copying import CannotCopy, copy
from payments.storage.unit_of_work import Database
from tests.faults.ledgers import transfers
from tests.support.databases import fresh_sqlite
from tests.support.ledger import as_role, control_balances, post_all, seal_all


@pytest.fixture(autouse=True)
def every_table() -> None:
    """Import every module that declares a table: only then is the table known."""
    root = Path(payments.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if " METADATA," in path.read_text(encoding="utf-8"):
            parts = path.relative_to(root.parent).with_suffix("").parts
            importlib.import_module(".".join(parts).removesuffix(".__init__"))


@pytest.fixture
def source(tmp_path: Path, clock: FrozenClock, scope: Scope) -> Iterator[Database]:
    """A SQLite facility with sealed, waiting and reversed transactions and a closed day."""
    made = fresh_sqlite(tmp_path / "source.db", clock)
    posted = post_all(made, scope, transfers(8), clock.now())
    seal_all(made, scope)
    post_all(made, scope, transfers(2), clock.now())
    with made.transaction(scope) as tx:
        ledger.reverse(tx, posted[0].txn_id, reason="test")
        ledger.periods.close_day(tx, posted[0].booked_on)
    yield made
    made.close()


def test_copy_keeps_chain_and_balances(source: Database, postgres: Database, scope: Scope) -> None:
    owner = as_role(postgres, "vp_owner")

    counts = copy(source.engine, owner.engine, scope.facility)

    owner.close()
    before, after = verify(source, scope), verify(postgres, scope)
    assert before.is_sound
    assert after.is_sound
    assert (after.head, after.seals, after.postings) == (
        before.head,
        before.seals,
        before.postings,
    )
    assert counts["ledger_txn"] == 11
    assert control_balances(postgres, scope) == control_balances(source, scope)


def test_copied_facility_goes_on(source: Database, postgres: Database, scope: Scope) -> None:
    owner = as_role(postgres, "vp_owner")
    copy(source.engine, owner.engine, scope.facility)
    owner.close()

    post_all(postgres, scope, transfers(3), postgres.clock.now())
    seal_all(postgres, scope)

    report = verify(postgres, scope)
    assert report.is_sound, report.findings
    assert report.seals == 14


def test_copy_from_sqlite_to_sqlite_is_the_same(
    source: Database, tmp_path: Path, clock: FrozenClock, scope: Scope
) -> None:
    target = fresh_sqlite(tmp_path / "target.db", clock)

    copy(source.engine, target.engine, scope.facility)

    assert verify(target, scope).head == verify(source, scope).head
    target.close()


def test_copy_keeps_the_chain_of_the_audit(
    source: Database, postgres: Database, scope: Scope
) -> None:
    with source.transaction(scope) as tx:
        for number in range(5):
            audit.append(tx, "test.noted", f"thing:{number}", who="Thử")
    sealed = audit_sealing.seal_once(source, scope)
    with source.transaction(scope) as tx:
        audit.append(tx, "test.noted", "thing:waiting")
    owner = as_role(postgres, "vp_owner")

    copy(source.engine, owner.engine, scope.facility)

    owner.close()
    before, after = (audit_verifying.verify(one, scope) for one in (source, postgres))
    assert (after.findings, after.head, after.seals) == ((), before.head, sealed)
    worker = as_role(postgres, "vp_worker")
    assert audit_sealing.seal_once(worker, scope) == 1
    worker.close()
    assert audit_verifying.verify(postgres, scope).is_sound


def test_second_copy_is_refused(source: Database, postgres: Database, scope: Scope) -> None:
    owner = as_role(postgres, "vp_owner")
    copy(source.engine, owner.engine, scope.facility)

    with pytest.raises(CannotCopy):
        copy(source.engine, owner.engine, scope.facility)

    owner.close()
