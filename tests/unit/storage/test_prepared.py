"""A prepared select gives what SQLAlchemy gives, and fails as SQLAlchemy fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, bindparam, column, literal, select, table
from sqlalchemy.exc import DBAPIError

from payments.intents.rows import INTENT
from payments.invoicing import queries as invoicing
from payments.invoicing import repository
from payments.invoicing.rows import INVOICE
from payments.kernel.scope import FacilityId, Scope
from payments.patients.rows import PATIENT
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import Database
from tests.support.hospital import Hospital

THEIRS = Scope(FacilityId(99002), "user:theirs", "request-theirs")


@pytest.mark.parametrize("rows", [INVOICE, INTENT, PATIENT], ids=lambda rows: rows.name)
def test_values_have_the_types_that_sqlalchemy_gives(hospital: Hospital, rows: Table) -> None:
    hospital.show(hospital.issue())
    statement = select(rows).where(mine(rows))

    with hospital.runtime.database.reading(hospital.scope) as tx:
        ours = Prepared(statement).all(tx)
        theirs = tx.execute(statement, {"mine": tx.facility}).all()

    assert len(ours) == 1
    assert [row._asdict() for row in ours] == [row._asdict() for row in theirs]
    assert [[type(value) for value in row] for row in ours] == [
        [type(value) for value in row] for row in theirs
    ]


def test_parameters_are_converted_as_columns_are(hospital: Hospital) -> None:
    intent = hospital.show(hospital.issue())
    statement = Prepared(
        select(INTENT.c.code).where(
            mine(INTENT),
            INTENT.c.id == bindparam("intent"),
            INTENT.c.expires_at > bindparam("now"),
        )
    )

    with hospital.runtime.database.reading(hospital.scope) as tx:
        found = statement.first(tx, intent=intent.id, now=tx.now())
        ended = statement.first(tx, intent=intent.id, now=tx.now() + timedelta(days=1))

    assert found.code == intent.code
    assert ended is None


def test_another_facility_reads_nothing_of_ours(hospital: Hospital) -> None:
    hospital.issue()
    statement = Prepared(select(INVOICE.c.id).where(mine(INVOICE)))

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert len(statement.all(tx)) == 1
    with hospital.runtime.database.reading(THEIRS) as tx:
        assert statement.all(tx) == []


def test_forgotten_parameter_is_a_mistake_of_ours(database: Database, scope: Scope) -> None:
    statement = Prepared(select(INVOICE.c.id).where(mine(INVOICE), INVOICE.c.id == bindparam("x")))

    with database.reading(scope) as tx, pytest.raises(KeyError):
        statement.all(tx)


def test_failure_is_the_one_of_sqlalchemy_and_tells_no_value(
    database: Database, scope: Scope
) -> None:
    missing = table("no_such_table", column("name"))
    statement = Prepared(select(missing.c.name).where(missing.c.name == bindparam("name")))

    with database.reading(scope) as tx, pytest.raises(DBAPIError) as failure:
        statement.all(tx, name="NGUYỄN VĂN THỬ")

    assert "NGUYỄN" not in str(failure.value)
    with database.reading(scope) as tx:
        assert Prepared(select(literal(1).label("one"))).first(tx).one == 1


def test_lost_connection_is_replaced_for_the_next_request(postgres: Database, scope: Scope) -> None:
    alive = Prepared(select(literal(1).label("one")))

    with postgres.reading(scope) as tx:
        driver: Any = tx.connection.connection.driver_connection
        driver.close()
        with pytest.raises(DBAPIError) as failure:
            alive.all(tx)

    assert failure.value.connection_invalidated
    with postgres.reading(scope) as tx:
        assert alive.first(tx).one == 1


def test_a_write_of_the_same_transaction_is_seen(hospital: Hospital) -> None:
    invoice = hospital.issue()

    with hospital.runtime.database.transaction(hospital.scope) as tx:
        before = invoicing.version(tx, invoice)
        repository.touch(tx, invoice)
        assert invoicing.version(tx, invoice) == before + 1


def test_all_reads_of_a_block_see_one_moment(hospital: Hospital) -> None:
    """SQLite gives a snapshot; PostgreSQL shows each statement what is committed by then."""
    if hospital.runtime.database.is_postgres:
        pytest.skip("READ COMMITTED")
    statement = Prepared(select(INVOICE.c.id).where(mine(INVOICE)))
    hospital.issue()

    with hospital.runtime.database.reading(hospital.scope) as tx:
        before = statement.all(tx)
        hospital.issue()
        assert statement.all(tx) == before
