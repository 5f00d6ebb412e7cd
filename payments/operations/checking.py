"""Checks a database from outside the programs: is it ours, is it whole, do the policies bind."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from payments.kernel.errors import VienphiError
from payments.storage import installation
from payments.storage.upgrading import Standing, current_revision, newest_revision, standing

#: Without a facility by intent: what every role may read before it knows where it is.
REFERENCE_TABLES: Final = frozenset({"alembic_version", "facility_host", "installation"})


def findings(engine: Engine, *, mode: str) -> list[str]:
    """List what is wrong with the database; empty when the programs may use it."""
    found, newest = current_revision(engine), newest_revision()
    if standing(found) is Standing.BEHIND:
        return [f"schema is at {found}, this release needs {newest}: run `vienphi db upgrade`"]
    wrong = []
    try:
        installation.check(engine, mode=mode)
    except VienphiError as error:
        wrong.append(str(error))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            wrong += _sqlite_findings(connection)
        else:
            wrong += unprotected_tables(connection)
    return wrong


def unprotected_tables(connection: Connection) -> list[str]:
    """Name the tables of a facility whose rows another facility could see (PostgreSQL)."""
    rows = connection.execute(
        text(
            "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
    )
    forced = {row.relname: row.forced for row in rows}
    with_policy = set(
        connection.scalars(text("SELECT tablename FROM pg_policies WHERE policyname = 'facility'"))
    )
    wrong = []
    for name in sorted(inspect(connection).get_table_names()):
        if name in REFERENCE_TABLES:
            continue
        if not forced.get(name) or name not in with_policy:
            wrong.append(f"table {name} has no forced policy of its facility")
    return wrong


def _sqlite_findings(connection: Connection) -> list[str]:
    wrong = [
        f"the file is damaged: {line}"
        for line in connection.scalars(text("PRAGMA quick_check"))
        if line != "ok"
    ]
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    wrong += [f"a row of {row[0]} points at nothing" for row in broken]
    loose = connection.scalars(
        text(
            "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict"
            " AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
        )
    )
    return wrong + [f"table {name} is not STRICT" for name in loose]
