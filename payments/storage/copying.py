"""
Moves a facility from one database to another: every row of every table, in one commit.

The tables come from the target's own schema, so that a table that no module declares stops the copy
instead of being left behind. Whoever calls verifies the chain and the balances on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, insert, inspect, select
from sqlalchemy.dialects import postgresql, sqlite

from payments.kernel.errors import Rejected
from payments.kernel.scope import FacilityId
from payments.storage.columns import METADATA

_ROWS_AT_ONCE: Final = 1_000
#: The tool's own table: both databases are migrated before one is copied to the other.
_NOT_OURS: Final = {"alembic_version"}
#: Made when the target was founded; the same rows are left alone.
_FOUNDED: Final = {"facility", "facility_host", "installation"}


class CannotCopy(Rejected):
    """The target holds the facility already, is another kind of database, or is not known whole."""

    code = "cannot-copy"


def copy(source: Engine, target: Engine, facility: FacilityId) -> dict[str, int]:
    """
    Copy all rows of *facility* and tell how many per table; *target* is migrated and founded.

    On PostgreSQL *target* is connected as vp_owner. Triggers stay on.

    Raises:
        CannotCopy: *target* holds rows of the facility, is of the other mode, or has a table that
            no module of this release declares.
    """
    tables = _in_order(target)
    with source.connect() as reading, target.begin() as writing:
        _see_facility(reading, facility)
        _see_facility(writing, facility)
        _refuse_other_mode(reading, writing)
        for table in tables:
            _refuse_rows(writing, table, facility)
        return {table.name: _copy_table(reading, writing, table, facility) for table in tables}


def _in_order(target: Engine) -> list[Table]:
    """Sort so that no row comes before one that it points at, else as the modules declare."""
    inspector = inspect(target)
    names = set(inspector.get_table_names()) - _NOT_OURS
    unknown = names - METADATA.tables.keys()
    if unknown:
        raise CannotCopy(f"no module declares {', '.join(sorted(unknown))}")
    waiting = [table for table in METADATA.sorted_tables if table.name in names]
    points_at = {
        name: {key["referred_table"] for key in inspector.get_foreign_keys(name)} - {name}
        for name in names
    }
    ordered: list[Table] = []
    while waiting:
        done = {table.name for table in ordered}
        ready = next((table for table in waiting if points_at[table.name] <= done), None)
        if ready is None:
            raise CannotCopy(f"{waiting[0].name} and others point at each other in a circle")
        waiting.remove(ready)
        ordered.append(ready)
    return ordered


def _see_facility(connection: Connection, facility: FacilityId) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT set_config('vienphi.facility', %s, true)", (str(facility),)
        )


def _refuse_other_mode(reading: Connection, writing: Connection) -> None:
    mode = select(METADATA.tables["installation"].c.mode)
    here, there = reading.scalar(mode), writing.scalar(mode)
    if here != there:
        raise CannotCopy(f"this database is {here}, the target is {there or 'not founded'}")


def _refuse_rows(writing: Connection, table: Table, facility: FacilityId) -> None:
    if table.name in _FOUNDED or "facility_id" not in table.c:
        return
    held = select(table.c.facility_id).where(table.c.facility_id == facility).limit(1)
    if writing.execute(held).first() is not None:
        raise CannotCopy(f"the target holds rows of facility {facility} in {table.name}")


def _copy_table(
    reading: Connection, writing: Connection, table: Table, facility: FacilityId
) -> int:
    rows = select(table).order_by(*table.primary_key.columns)
    if "facility_id" in table.c:
        rows = rows.where(table.c.facility_id == facility)
    statement: Any = insert(table)
    if table.name in _FOUNDED or "facility_id" not in table.c:
        upsert = postgresql.insert if writing.dialect.name == "postgresql" else sqlite.insert
        statement = upsert(table).on_conflict_do_nothing()
    count = 0
    streamed = reading.execute(rows, execution_options={"yield_per": _ROWS_AT_ONCE})
    for piece in streamed.mappings().partitions():
        values: list[Mapping[str, Any]] = [dict(row) for row in piece]
        writing.execute(statement, values)
        count += len(values)
    return count
