"""The database itself refuses what no program may do: the negative cases, by raw SQL."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from payments import ledger
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.kernel.scope import FacilityId, Scope
from payments.ledger.model import Posting, entry, fingerprint_of
from payments.ledger.sealing import Incomplete, seal_once
from payments.ledger.verifying import verify
from payments.storage.unit_of_work import Database
from tests.support.ledger import as_role, post_all, seal_all

OPENING = entry(
    "opening",
    "opening:1",
    fingerprint_of(1),
    Posting("1010", "3000", vnd(5)),
    Posting("1010", "3000", vnd(6)),
)


@pytest.fixture
def txn(database: Database, scope: Scope, clock: FrozenClock) -> UUID:
    """A complete transaction of two postings between the accounts 1 and 2."""
    return post_all(database, scope, [OPENING], clock.now())[0].txn_id


def write(database: Database, *statements: str) -> None:
    """Run raw *statements* in one transaction of our facility."""
    with database.engine.begin() as connection:
        if database.is_postgres:
            connection.exec_driver_sql("SELECT set_config('vienphi.facility', '99001', true)")
        for statement in statements:
            connection.exec_driver_sql(statement)


def a_txn(
    txn_id: UUID,
    key: str = "raw:1",
    count: int = 1,
    *,
    facility: int = 99001,
    reverses: UUID | None = None,
) -> str:
    reversed_id = "NULL" if reverses is None else f"'{reverses}'"
    return (
        "INSERT INTO ledger_txn (facility_id, id, idem_key, fingerprint, kind, posting_count,"
        " effective_at, booked_on, period_id, created_at, actor_id, source, request_id,"
        f" reverses_id, memo) SELECT {facility}, '{txn_id}', '{key}', fingerprint, 'raw', {count},"
        " effective_at, booked_on, period_id, created_at, 'raw', 'job', 'raw',"
        f" {reversed_id}, '' FROM ledger_txn WHERE idem_key = 'opening:1'"
    )


def a_posting(
    txn_id: UUID,
    line: int = 1,
    count: int = 1,
    *,
    amount: str = "10",
    debit: int = 1,
    credit: int = 2,
) -> str:
    return (
        "INSERT INTO ledger_posting (facility_id, txn_id, line, posting_count, debit_account_id,"
        f" credit_account_id, currency, amount) VALUES (99001, '{txn_id}', {line}, {count},"
        f" {debit}, {credit}, 'VND', {amount})"
    )


def a_place_in_the_queue(txn_id: UUID) -> str:
    return (
        "INSERT INTO ledger_outbox (facility_id, txn_id, created_at)"
        f" VALUES (99001, '{txn_id}', '2026-11-24T00:30:00.000000Z')"
    )


@pytest.mark.usefixtures("txn")
def test_an_honest_row_is_taken(database: Database, scope: Scope) -> None:
    other = uuid4()

    write(database, a_txn(other), a_posting(other), a_place_in_the_queue(other))

    assert verify(database, scope).is_sound


@pytest.mark.usefixtures("txn")
@pytest.mark.parametrize("amount", ["0", "-1", str(2**60), str(10**15 + 1)])
def test_amount_out_of_bounds_is_refused(database: Database, amount: str) -> None:
    other = uuid4()

    with pytest.raises(DBAPIError, match="amount"):
        write(database, a_txn(other), a_posting(other, amount=amount))


@pytest.mark.usefixtures("txn")
def test_fraction_is_refused_by_sqlite(database: Database) -> None:
    if database.is_postgres:
        pytest.skip("PostgreSQL rounds; the posting function takes integers only")
    other = uuid4()

    with pytest.raises(DBAPIError, match="amount"):
        write(database, a_txn(other), a_posting(other, amount="1.5"))


@pytest.mark.usefixtures("txn")
def test_same_account_on_both_sides_is_refused(database: Database) -> None:
    other = uuid4()

    with pytest.raises(DBAPIError, match="two_accounts"):
        write(database, a_txn(other), a_posting(other, debit=1, credit=1))


@pytest.mark.parametrize(("line", "count"), [(1, 2), (3, 2), (3, 3)])
def test_late_line_of_a_complete_transaction_is_refused(
    database: Database, txn: UUID, line: int, count: int
) -> None:
    with pytest.raises(DBAPIError):
        write(database, a_posting(txn, line, count))


@pytest.mark.usefixtures("txn")
def test_missing_line_is_refused_at_the_end(database: Database) -> None:
    other = uuid4()

    with pytest.raises(DBAPIError, match="incomplete"):
        write(database, a_txn(other, count=2), a_posting(other, 1, 2), a_place_in_the_queue(other))


@pytest.mark.usefixtures("txn")
def test_missing_line_is_found_where_nothing_refuses_it(
    database: Database, scope: Scope, owner: Database
) -> None:
    other = uuid4()
    switched_off = (
        "SET LOCAL session_replication_role = replica"
        if owner.is_postgres
        else "DROP TRIGGER ledger_outbox_complete"
    )
    write(
        owner,
        switched_off,
        a_txn(other, count=2),
        a_posting(other, 1, 2),
        a_place_in_the_queue(other),
    )

    assert any(str(other) in one.what for one in verify(database, scope).findings)
    worker = as_role(database, "vp_worker")
    with pytest.raises(Incomplete, match=str(other)):
        seal_once(worker, scope)
    worker.close()


@pytest.mark.usefixtures("txn")
def test_posting_under_another_facilitys_transaction_is_refused(postgres: Database) -> None:
    theirs = Scope(FacilityId(99002), "user:theirs", "r")
    [posted] = post_all(postgres, theirs, [OPENING], postgres.clock.now())

    with pytest.raises(DBAPIError, match="foreign key"):
        write(postgres, a_posting(posted.txn_id))


def test_writing_for_another_facility_is_refused(postgres: Database, scope: Scope) -> None:
    post_all(postgres, scope, [OPENING], postgres.clock.now())

    with pytest.raises(DBAPIError, match="row-level security"):
        write(postgres, a_txn(uuid4(), facility=99002))


def test_posting_on_accounts_that_the_facility_lacks_is_refused(
    database: Database, txn: UUID
) -> None:
    other = uuid4()

    with pytest.raises(DBAPIError):
        write(database, a_txn(other), a_posting(other, credit=777))


@pytest.mark.parametrize("table", ["ledger_txn", "ledger_posting", "ledger_seal"])
@pytest.mark.parametrize("verb", ["update", "delete", "truncate"])
@pytest.mark.parametrize("who", ["program", "owner"])
def test_history_cannot_be_changed(
    database: Database, scope: Scope, owner: Database, txn: UUID, table: str, verb: str, who: str
) -> None:
    seal_all(database, scope)
    if verb == "truncate" and not database.is_postgres:
        pytest.skip("SQLite has no TRUNCATE")
    statement = {
        "update": f"UPDATE {table} SET facility_id = facility_id",
        "delete": f"DELETE FROM {table}",
        "truncate": f"TRUNCATE {table} CASCADE",
    }[verb]

    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        write(database if who == "program" else owner, statement)


def test_replacing_a_posting_is_refused(database: Database, txn: UUID) -> None:
    if database.is_postgres:
        pytest.skip("INSERT OR REPLACE is SQLite's")

    with pytest.raises(DBAPIError, match="append-only"):
        write(
            database,
            "INSERT OR REPLACE INTO ledger_posting (facility_id, txn_id, line, posting_count,"
            f" debit_account_id, credit_account_id, currency, amount) VALUES (99001, '{txn}', 1, 2,"
            " 1, 2, 'VND', 999)",
        )


@pytest.mark.usefixtures("txn")
def test_reused_key_is_refused(database: Database) -> None:
    with pytest.raises(DBAPIError, match="idem_key"):
        write(database, a_txn(uuid4(), "opening:1"))


def test_second_reversal_is_refused(database: Database, scope: Scope, txn: UUID) -> None:
    with database.transaction(scope) as tx:
        ledger.reverse(tx, txn, reason="test")

    with pytest.raises(DBAPIError, match="reverses_id"):
        write(database, a_txn(uuid4(), reverses=txn))


def test_transaction_cannot_reverse_itself(database: Database, txn: UUID) -> None:
    other = uuid4()

    with pytest.raises(DBAPIError, match="reverses_other"):
        write(database, a_txn(other, reverses=other))


def test_program_cannot_seal(postgres: Database) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        write(postgres, "DELETE FROM ledger_outbox")
