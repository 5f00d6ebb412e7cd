"""A1 below the web: raw SQL of our own database roles, as if the application checked nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.faults.script import Outcome
from tests.support.stage import OURS, THEIRS, Stage, runtime_at

#: Names a facility, but is read before one is known: which host is whose.
_BEFORE_FACILITY: Final = frozenset({"facility_host"})
#: The worker looks for its work here, in all facilities (decision 6).
_OPEN_TO_WORKER: Final = frozenset({"job", "ledger_outbox", "facility"})


class Sql:
    """The database, asked by our own roles without any check of ours."""

    def __init__(self, made: Stage, outcome: Outcome) -> None:
        self._url = made.address
        self._outcome = outcome
        self._made = made
        self._refused: Counter[str] = Counter()

    def attack(self) -> None:
        tables, views = self._tables("r"), self._tables("v")
        with_rows = 0
        for role in ("vp_app", "vp_worker", "vp_report"):
            runtime = runtime_at(self._url.as_role(role))
            with runtime.database.engine.connect() as connection:
                for table in (*tables, *views):
                    is_open = role == "vp_worker" and table in _OPEN_TO_WORKER
                    if not is_open and self._may(connection, table, "SELECT"):
                        with_rows += self._read(connection, table, role)
                    is_view = table in views
                    if role != "vp_report" and not (is_open or is_view):
                        self._write(connection, table, role)
            runtime.database.close()
        self._outcome.figures["tables and views with a facility"] = len(tables) + len(views)
        self._outcome.figures["writes refused"] = dict(self._refused)
        self._outcome.figures["of these with rows of ours, by three roles"] = with_rows

    def _tables(self, kind: str) -> list[str]:
        with self._made.database.engine.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = :kind"
                    " AND a.attname = 'facility_id' ORDER BY 1"
                ),
                {"kind": kind},
            ).scalars()
            return [table for table in found if table not in _BEFORE_FACILITY]

    @staticmethod
    def _may(connection: Any, table: str, what: str) -> bool:
        told = text("SELECT has_table_privilege(:t, :w)")
        return bool(connection.execute(told, {"t": table, "w": what}).scalar_one())

    def _read(self, connection: Any, table: str, role: str) -> bool:
        self._as_facility(connection, "")
        nobody = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        self._as_facility(connection, str(OURS))
        ours, theirs = connection.execute(
            text(
                f"SELECT count(*) FILTER (WHERE facility_id = {OURS}),"
                f" count(*) FILTER (WHERE facility_id <> {OURS}) FROM {table}"
            )
        ).one()
        connection.rollback()
        if nobody or theirs:
            self._outcome.failures.append(
                f"{role} reads {theirs} foreign rows of {table}, {nobody} without a facility"
            )
        return bool(ours)

    def _write(self, connection: Any, table: str, role: str) -> None:
        """Copy a row of ours to the other facility, move it there, delete what is theirs."""
        foreign = f"""(jsonb_populate_record(x.t, '{{"facility_id": {THEIRS}}}')).*"""
        one = f"(SELECT t FROM {table} t LIMIT 1) x"
        attempts = {
            "copies a row": f"INSERT INTO {table} SELECT {foreign} FROM {one}",
            "moves a row": f"UPDATE {table} SET facility_id = {THEIRS}",
            "deletes theirs": f"DELETE FROM {table} WHERE facility_id = {THEIRS}",
        }
        for what, statement in attempts.items():
            self._as_facility(connection, str(OURS))
            try:
                changed = connection.exec_driver_sql(statement).rowcount
            except DBAPIError as error:
                if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                    self._outcome.failures.append(f"{role} {what} of {table}: {error.orig!r:.200}")
                self._refused[what] += 1
            else:
                if changed:
                    self._outcome.failures.append(f"{role} {what} of {table}: {changed}")
            connection.rollback()

    @staticmethod
    def _as_facility(connection: Any, facility: str) -> None:
        connection.rollback()
        connection.execute(text("SELECT set_config('vienphi.facility', :f, true)"), {"f": facility})
