"""A transaction commits whole or not at all, and sees one facility."""

from __future__ import annotations

import pytest
from sqlalchemy import func, literal, select

from payments import audit
from payments.kernel.scope import FacilityId, Scope
from payments.storage.locks import Lock, LockOrderBroken
from payments.storage.unit_of_work import Database, UnitOfWork


def _count(database: Database, scope: Scope) -> int:
    with database.reading(scope) as tx:
        return tx.execute(select(func.count()).select_from(audit.AUDIT_EVENT)).scalar_one()


def test_a_block_that_ends_is_kept(database: Database, scope: Scope) -> None:
    with database.transaction(scope) as tx:
        audit.append(tx, "test.happened", "thing:1")

    assert _count(database, scope) == 1


def test_a_block_that_raises_leaves_nothing(database: Database, scope: Scope) -> None:
    def work(tx: UnitOfWork) -> None:
        audit.append(tx, "test.happened", "thing:1")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.run(scope, work)

    assert _count(database, scope) == 0


def test_another_facility_sees_nothing(postgres: Database, scope: Scope) -> None:
    with postgres.transaction(scope) as tx:
        audit.append(tx, "test.happened", "thing:1")

    assert _count(postgres, Scope(FacilityId(99002), "user:x", "r")) == 0


def test_locks_out_of_order_are_refused(database: Database, scope: Scope) -> None:
    anything = select(literal(1))

    with database.transaction(scope) as tx:
        tx.lock(Lock.INVOICE, anything)
        with pytest.raises(LockOrderBroken):
            tx.lock(Lock.ENCOUNTER, anything)
