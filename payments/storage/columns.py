"""Column types with one meaning on SQLite (STRICT tables) and on PostgreSQL."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine
from uuid_utils.compat import uuid7

#: One metadata for every table of every capability; ``tables.py`` of the root imports them all.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_1_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Whole = Integer
#: đồng, sequence numbers: 64 bits on PostgreSQL; SQLite's INTEGER has them anyway.
Dong = BigInteger().with_variant(Integer(), "sqlite")
Words = Text
Blob = LargeBinary


def mine(table: Table) -> ColumnElement[bool]:
    """
    Say "rows of this facility" in a statement that is made once; it is run with ``mine=facility``.

    Statements of the hot path are constants: making one costs several times what running it costs.
    """
    return table.c.facility_id == bindparam("mine")


def new_id() -> uuid.UUID:
    """Make an identifier whose order is the order of making (UUID version 7)."""
    return uuid7()


class _PerDialect(TypeDecorator[Any]):
    """A type of PostgreSQL that SQLite keeps as one of the five types of a STRICT table."""

    # SQLAlchemy reads cache_ok from each class itself, so every one below repeats it.
    cache_ok = True
    plain: TypeEngine[Any]

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        on_sqlite = dialect.name == "sqlite"
        return dialect.type_descriptor(self.plain if on_sqlite else self.impl_instance)


class UtcTime(_PerDialect):
    """An aware moment. SQLite: text in UTC with six decimals, so that text order is time order."""

    impl = DateTime(timezone=True)
    cache_ok = True
    plain = Text()

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time is not stored")
        moment = value.astimezone(UTC)
        if dialect.name != "sqlite":
            return moment
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        moment: datetime = value
        return moment.astimezone(UTC)


class Day(_PerDialect):
    """A calendar day in Vietnam."""

    impl = Date()
    cache_ok = True
    plain = Text()

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class Id(_PerDialect):
    """A 128-bit identifier; on SQLite as text, readable for the person who looks."""

    impl = Uuid()
    cache_ok = True
    plain = Text()

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        return uuid.UUID(value) if isinstance(value, str) else value


class Flag(_PerDialect):
    """Yes or no."""

    impl = Boolean()
    cache_ok = True
    plain = Integer()

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)
