"""A transaction commits whole or not at all, and sees one facility."""

from __future__ import annotations

import pytest
from sqlalchemy import func, insert, literal, select
from sqlalchemy.exc import IntegrityError

from payments import audit
from payments.kernel.scope import FacilityId, Scope
from payments.patients.rows import PATIENT
from payments.storage.columns import new_id
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


def test_a_read_sees_what_was_written_before_it(database: Database, scope: Scope) -> None:
    with database.transaction(scope) as tx:
        audit.append(tx, "test.happened", "thing:1")
        seen = tx.execute(select(func.count()).select_from(audit.AUDIT_EVENT)).scalar_one()

    assert seen == 1


def test_a_write_that_is_refused_refuses_the_transaction(database: Database, scope: Scope) -> None:
    def work(tx: UnitOfWork) -> None:
        audit.append(tx, "test.happened", "thing:1")
        tx.write(insert(PATIENT), _patient(tx, "A1"))
        tx.write(insert(PATIENT), _patient(tx, "A1"))

    with pytest.raises(IntegrityError):
        database.run(scope, work)

    assert _count(database, scope) == 0


def test_a_connection_that_breaks_under_a_write_has_the_work_done_again(
    postgres: Database, scope: Scope
) -> None:
    tries = []

    def work(tx: UnitOfWork) -> None:
        tries.append(tx)
        pid = tx.execute(select(func.pg_backend_pid())).scalar_one()
        audit.append(tx, "test.happened", "thing:1")
        if len(tries) == 1:
            with postgres.transaction(scope) as other:
                other.execute(select(func.pg_terminate_backend(pid)))

    postgres.run(scope, work)

    assert len(tries) == 2
    assert _count(postgres, scope) == 1


def _patient(tx: UnitOfWork, number: str) -> dict[str, object]:
    return {
        "facility_id": tx.facility,
        "id": new_id(),
        "file_number": number,
        "name_sealed": b"x",
        "birth_year": 1958,
    }
