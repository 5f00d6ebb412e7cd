"""What the files have in common: rows as a stream, and the roll-up that they must equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, select

from payments.identity.rows import STAFF
from payments.kernel.money import ZERO, Money
from payments.ledger import queries as ledger
from payments.ledger.rows import ACCOUNT, ENTRY
from payments.statements.model import Reading
from payments.storage.unit_of_work import UnitOfWork

#: Rows of one step, and ids of one question to the database.
PAGE: Final = 500


def streamed(tx: UnitOfWork, statement: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
    """Run *statement* and give its rows by the page: a year is never held at once."""
    found = tx.execute(statement.execution_options(stream_results=True, yield_per=PAGE))
    yield from found.partitions(PAGE)


def account_ids(tx: UnitOfWork, controls: Iterable[str]) -> dict[int, str]:
    """List the accounts of *controls* by id."""
    wanted = set(controls)
    rows = tx.execute(
        select(ACCOUNT.c.id, ACCOUNT.c.code).where(ACCOUNT.c.facility_id == tx.facility)
    )
    return {row.id: row.code for row in rows if row.code.partition(":")[0] in wanted}


def rolled_up(reading: Reading, controls: Iterable[str]) -> Money:
    """Ask the roll-up what moved on the accounts of *controls*, debit positive."""
    wanted = set(controls)
    return sum(
        (
            moved.debit - moved.credit
            for day in reading.span
            for moved in ledger.day_totals(reading.tx, day)
            if moved.account.partition(":")[0] in wanted
        ),
        ZERO,
    )


def asked(
    tx: UnitOfWork, statement: Select[Any], column: Any, ids: Iterable[UUID]
) -> Iterator[Row[Any]]:
    """Ask for the rows whose *column* is one of *ids*, so many at once as an engine takes."""
    # By their numbers: comparing ids as such costs more than asking for them.
    wanted = sorted(set(ids), key=attrgetter("int"))
    for start in range(0, len(wanted), PAGE):
        yield from tx.execute(statement.where(column.in_(wanted[start : start + PAGE])))


def of_facility(one: Any, other: Any, condition: Any) -> Any:
    """Join two tables within the facility."""
    return (one.c.facility_id == other.c.facility_id) & condition


def subjects(tx: UnitOfWork, kind: str, txns: Iterable[UUID]) -> dict[UUID, UUID]:
    """Name the subject of *kind* of each transaction that has one."""
    statement = select(ENTRY.c.txn_id, ENTRY.c.subject_id).where(
        ENTRY.c.facility_id == tx.facility, ENTRY.c.subject_type == kind
    )
    return {row.txn_id: row.subject_id for row in asked(tx, statement, ENTRY.c.txn_id, txns)}


def people(tx: UnitOfWork) -> dict[str, str]:
    """Name every member of the staff as an actor is written: ``user:<id>``."""
    rows = tx.execute(select(STAFF.c.id, STAFF.c.name).where(STAFF.c.facility_id == tx.facility))
    return {f"user:{row.id}": row.name for row in rows}
