"""
Writes whose answer nobody needs: kept back and sent together, on PostgreSQL in one round trip.

A payment ends in seven of them; each alone costs a round trip, and a statement that SQLAlchemy runs
costs more than the database needs for it. So each is compiled once, and on PostgreSQL the last of
them travel with the COMMIT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert, Update

Write = Insert | Update


@dataclass(frozen=True, slots=True)
class Kept:
    """A write that is still to be sent."""

    statement: Write
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    #: What the statement itself holds, as the 1 of ``version + 1``.
    constants: Mapping[str, Any]
    converters: Mapping[str, Callable[[Any], Any]]
    #: The names in the order of their marks; None where the driver takes names.
    order: tuple[str, ...] | None

    def told(self, parameters: Mapping[str, Any]) -> dict[str, Any] | tuple[Any, ...]:
        told = {**self.constants, **parameters}
        for name, convert in self.converters.items():
            told[name] = convert(told[name])
        return told if self.order is None else tuple(told[name] for name in self.order)


def send(connection: Connection, kept: Sequence[Kept], *, and_commit: bool) -> None:
    """
    Send *kept* in its order, on PostgreSQL with the COMMIT behind it if *and_commit*.

    Raises:
        DBAPIError: as if each had been executed by itself; nothing is committed then.
    """
    dialect = connection.dialect
    driver: Any = connection.connection.driver_connection
    try:
        if dialect.name == "sqlite":
            _run(driver.cursor(), kept, dialect)
            return
        with driver.pipeline(), driver.cursor() as cursor:
            _run(cursor, kept, dialect)
            if and_commit:
                driver.commit()
    except dialect.loaded_dbapi.Error as error:
        is_lost = dialect.is_disconnect(error, driver, None)
        if is_lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None,
            None,
            error,
            dialect.loaded_dbapi.Error,
            connection_invalidated=is_lost,
            dialect=dialect,
        ) from error


def _run(cursor: Any, kept: Sequence[Kept], dialect: Dialect) -> None:
    for one in kept:
        compiled = _compiled(one.statement, tuple(one.parameters), dialect)
        cursor.execute(compiled.sql, compiled.told(one.parameters))


@lru_cache(maxsize=256)
def _compiled(statement: Write, names: tuple[str, ...], dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    converters = {}
    for name, bind in compiled.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            converters[name] = convert
    constants = {name: bind.value for name, bind in compiled.binds.items() if name not in names}
    order = None if compiled.positiontup is None else tuple(compiled.positiontup)
    return _Compiled(str(compiled), constants, converters, order)
