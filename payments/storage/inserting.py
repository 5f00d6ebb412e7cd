"""Insert where a row with the same key may be there already: an answer, not an error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from payments.storage.unit_of_work import UnitOfWork


def insert_new(tx: UnitOfWork, table: Table, values: Mapping[str, Any]) -> bool:
    """
    Insert a row of this facility; say False when a unique key of *table* refuses it.

    PostgreSQL waits for a running transaction with the same key, so False means that its row is
    committed and the next select sees it.
    """
    statement = _insert(table, is_postgres=tx.is_postgres)
    return tx.count(statement, {"facility_id": tx.facility, **values}) == 1


def insert_or_leave(tx: UnitOfWork, table: Table, values: Mapping[str, Any]) -> None:
    """Insert a row of this facility unless one with its key is there; at the latest at commit."""
    tx.write(_insert(table, is_postgres=tx.is_postgres), {"facility_id": tx.facility, **values})


@cache
def _insert(table: Table, *, is_postgres: bool) -> Insert:
    dialect = postgresql if is_postgres else sqlite
    statement: Insert = dialect.insert(table).on_conflict_do_nothing()
    return statement
