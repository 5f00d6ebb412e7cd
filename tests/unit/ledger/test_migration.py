"""The migration of the ledger goes forward and back, and makes what the rows declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from payments.ledger import rows
from payments.storage import roles
from payments.storage.columns import METADATA
from payments.storage.engine import make_engine
from payments.storage.unit_of_work import Database
from payments.storage.upgrading import current_revision, downgrade, upgrade
from tests.support.databases import Cluster

TABLES = {name for name in METADATA.tables if name.startswith("ledger_")}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        name = f"{cluster.template}_empty_ledger"
        cluster.run(f'CREATE DATABASE "{name}"')
        cluster.run(*roles.database_statements(name), database=name)
        engine = make_engine(cluster.url_of(name, "vp_owner"))
    yield engine
    engine.dispose()


def test_ledger_can_be_taken_back_and_made_again(empty: Engine) -> None:
    upgrade(empty, "0002c")
    assert set(inspect(empty).get_table_names()) >= TABLES

    downgrade(empty, "0001")
    assert not TABLES & set(inspect(empty).get_table_names())

    upgrade(empty, "0002c")
    assert current_revision(empty) == "0002c"


def test_rows_declare_what_the_migration_makes(database: Database) -> None:
    inspector = inspect(database.engine)
    for name in TABLES:
        table = METADATA.tables[name]
        made = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
        assert made == {column.name: column.nullable for column in table.columns}
        assert inspector.get_pk_constraint(name)["constrained_columns"] == [
            column.name for column in table.primary_key
        ]
        keys = {tuple(key["constrained_columns"]) for key in inspector.get_foreign_keys(name)}
        assert keys == {
            tuple(column.name for column in key.columns) for key in table.foreign_key_constraints
        }


def test_every_key_and_index_begins_with_the_facility(database: Database) -> None:
    inspector = inspect(database.engine)
    for name in TABLES:
        groups = [inspector.get_pk_constraint(name)["constrained_columns"]]
        groups += [key["constrained_columns"] for key in inspector.get_foreign_keys(name)]
        groups += [index["column_names"] for index in inspector.get_indexes(name)]
        groups += [unique["column_names"] for unique in inspector.get_unique_constraints(name)]
        assert {columns[0] for columns in groups} == {"facility_id"}, name


def test_view_is_no_table_of_ours() -> None:
    assert rows.ENTRY.name not in METADATA.tables
