"""The migrated schema is the one that the modules declare; each table is bound to its facility."""

from __future__ import annotations

import importlib
import pkgutil

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

import payments
from payments.operations.checking import REFERENCE_TABLES, findings, unprotected_tables
from payments.storage.columns import METADATA
from payments.storage.unit_of_work import Database
from payments.storage.upgrading import downgrade, upgrade
from tests.support.databases import Cluster


def _load_every_module() -> None:
    for module in pkgutil.walk_packages(payments.__path__, "payments."):
        if module.name != "payments.gunicorn":
            importlib.import_module(module.name)


def test_every_table_of_the_database_is_declared_with_the_same_columns(database: Database) -> None:
    _load_every_module()
    inspector = inspect(database.engine)

    tables = set(inspector.get_table_names()) - {"alembic_version"}

    assert tables == set(METADATA.tables)
    for name in tables:
        found = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
        assert found == {c.name: c.nullable for c in METADATA.tables[name].c}, name


def test_every_key_begins_with_the_facility(database: Database) -> None:
    inspector = inspect(database.engine)

    for name in set(inspector.get_table_names()) - REFERENCE_TABLES:
        keys = [inspector.get_pk_constraint(name)["constrained_columns"]]
        keys += [key["column_names"] for key in inspector.get_unique_constraints(name)]
        keys += [key["constrained_columns"] for key in inspector.get_foreign_keys(name)]
        keys += [index["column_names"] for index in inspector.get_indexes(name)]
        for key in keys:
            assert key[0] == "facility_id", (name, key)


def test_every_table_of_a_facility_has_a_forced_policy(postgres: Database) -> None:
    with postgres.engine.connect() as connection:
        assert unprotected_tables(connection) == []


def test_a_table_without_policy_is_named(cluster: Cluster, postgres: Database) -> None:
    name = postgres.engine.url.database
    assert name is not None
    cluster.run("CREATE TABLE naked (facility_id int)", database=name)

    with postgres.engine.connect() as connection:
        assert unprotected_tables(connection) == [
            "table naked has no forced policy of its facility"
        ]


def test_a_fresh_database_is_good(database: Database) -> None:
    assert findings(database.engine, mode="trial") == []
    assert findings(database.engine, mode="production") != []


def test_sqlite_tables_are_strict(database: Database) -> None:
    if database.is_postgres:
        return
    with database.engine.connect() as connection:
        loose = connection.scalars(
            text("SELECT name FROM pragma_table_list WHERE type='table' AND NOT strict")
        )
        assert {name for name in loose if not name.startswith("sqlite_")} == {"alembic_version"}


def test_an_empty_copy_goes_back_and_forth(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from payments.storage.engine import make_engine

    engine = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(engine)

    downgrade(engine, "base")

    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        # Constraint and index details differ by dialect; a missing table or column must not.
        missing = [d for d in compare_metadata(context, METADATA) if d[0] in _MISSING]
    assert missing == []


_MISSING = {"add_table", "remove_table", "add_column", "remove_column"}
