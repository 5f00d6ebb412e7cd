"""What migrations say of every table: STRICT on SQLite, forced policies on PostgreSQL."""

from __future__ import annotations

from typing import Any, Final

from alembic import op
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, text

from payments.storage.columns import METADATA, Whole

#: Sees all facilities on the few tables from which it takes its work.
WORKER: Final = "vp_worker"
_FACILITY: Final = "facility_id = NULLIF(current_setting('vienphi.facility', true), '')::int"


FACILITY: Final = "facility_id"


def facility_column() -> Column[int]:
    return Column(FACILITY, Whole, nullable=False)


def must(name: str, type_: Any) -> Column[Any]:
    """A column that every row fills."""
    return Column(name, type_, nullable=False)


def may(name: str, type_: Any) -> Column[Any]:
    """A column that a row may leave empty."""
    return Column(name, type_, nullable=True)


def check(table: str, name: str, rule: str) -> CheckConstraint:
    return CheckConstraint(rule, name=f"ck_{table}_{name}")


def refers(table: str, name: str, to: str, *pairs: tuple[str, str]) -> ForeignKeyConstraint:
    """A foreign key over several columns (mine, theirs), the facility first."""
    return ForeignKeyConstraint(
        [FACILITY, *(mine for mine, _ in pairs)],
        [f"{to}.{FACILITY}", *(f"{to}.{theirs}" for _, theirs in pairs)],
        name=f"fk_{table}_{name}_{to}",
    )


def points_at(table: str, column: str, name: str, target: str) -> ForeignKeyConstraint:
    """A foreign key that shares the facility column, so that it cannot leave the facility."""
    return ForeignKeyConstraint(
        [FACILITY, column],
        [f"{target}.{FACILITY}", f"{target}.{name}"],
        name=f"fk_{table}_{column}_{target}",
    )


def of_facility(table: str) -> ForeignKeyConstraint:
    """The foreign key to the facility itself."""
    return ForeignKeyConstraint(
        [FACILITY], [f"facility.{FACILITY}"], name=f"fk_{table}_{FACILITY}_facility"
    )


def is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def create_table(name: str, *items: Any, app: str = "SELECT, INSERT", worker: str = "") -> None:
    """
    Create a table of a facility with its policies and grants.

    *app* is what vp_app may do, *worker* what vp_worker may do (the same where it is empty).
    """
    op.create_table(name, *items, sqlite_strict=True)
    if is_postgres():
        protect(name)
        grant(name, app=app, worker=worker or app)


def create_reference_table(name: str, *items: Any, app: str = "SELECT") -> None:
    """Create one of the few tables without a facility: all roles read it, the owner writes."""
    op.create_table(name, *items, sqlite_strict=True)
    if is_postgres():
        grant(name, app=app, worker=app)


def protect(name: str) -> None:
    """Force row-level security: each role but the owner sees the rows of its facility only."""
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY owner ON {name} TO vp_owner USING (true) WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY facility ON {name} TO vp_app, vp_report, vp_worker"
        f" USING ({_FACILITY}) WITH CHECK ({_FACILITY})"
    )


def open_to_worker(name: str) -> None:
    """Let the worker see the rows of all facilities, to find its work."""
    if is_postgres():
        op.execute(f"CREATE POLICY worker ON {name} TO {WORKER} USING (true) WITH CHECK (true)")


def grant(name: str, *, app: str, worker: str) -> None:
    op.execute(f"GRANT {app} ON {name} TO vp_app")
    op.execute(f"GRANT {worker} ON {name} TO {WORKER}")
    op.execute(f"GRANT SELECT ON {name} TO vp_report, vp_backup")


def append_only(name: str) -> None:
    """Refuse UPDATE and DELETE (and TRUNCATE) by trigger: the second lock behind the grants."""
    if not is_postgres():
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name}"
                f" BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION vienphi_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME"
        " USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for verb in ("UPDATE", "DELETE", "TRUNCATE"):
        row = "FOR EACH STATEMENT" if verb == "TRUNCATE" else "FOR EACH ROW"
        op.execute(
            f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name}"
            f" {row} EXECUTE FUNCTION vienphi_append_only()"
        )


def change_check(table: str, name: str, before: str, after: str) -> None:
    """
    Put the rule *after* in the place of *before*; the rows are as they were.

    SQLite cannot alter a rule. Rebuilding the table would drop what points at it, so its stored
    text is changed, as SQLite's own page on ALTER TABLE describes for rules without content.
    """
    if is_postgres():
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({after})")
        return
    bind = op.get_bind()
    version = bind.execute(text("PRAGMA schema_version")).scalar_one()
    op.execute("PRAGMA writable_schema = ON")
    changed = bind.execute(
        text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
            " WHERE type = 'table' AND name = :table AND instr(sql, :before) > 0"
        ),
        {"table": table, "before": f"CHECK ({before})", "after": f"CHECK ({after})"},
    )
    if changed.rowcount != 1:
        raise LookupError(f"{table} has no rule {before!r}")
    # Every connection reads the schema anew when this number changes.
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")


def drop_tables(*names: str) -> None:
    for name in names:
        op.execute(text(f"DROP TABLE {name}"))


__all__ = [
    "METADATA",
    "append_only",
    "change_check",
    "create_reference_table",
    "create_table",
    "drop_tables",
    "is_postgres",
    "open_to_worker",
]
