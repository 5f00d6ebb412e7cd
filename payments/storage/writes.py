"""
Writes whose answer nobody needs: kept back and sent together, on PostgreSQL in one round trip.

A payment ends in seven of them; each alone costs a round trip, and a statement that SQLAlchemy runs
costs more than the database needs for it. So each is compiled once, and the last of them travel
with the COMMIT.
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

    def told(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        told = {**self.constants, **parameters}
        for name, convert in self.converters.items():
            told[name] = convert(told[name])
        return told


def send(connection: Connection, kept: Sequence[Kept], *, and_commit: bool) -> None:
    """
    Send *kept* in its order to PostgreSQL, with the COMMIT behind it if *and_commit*.

    Raises:
        DBAPIError: as if each had been executed by itself; nothing is committed then.
    """
    dialect = connection.dialect
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline(), driver.cursor() as cursor:
            for one in kept:
                compiled = _compiled(one.statement, tuple(one.parameters), dialect)
                cursor.execute(compiled.sql, compiled.told(one.parameters))
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


@lru_cache(maxsize=256)
def _compiled(statement: Write, names: tuple[str, ...], dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    converters = {}
    for name, bind in compiled.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            converters[name] = convert
    constants = {name: bind.value for name, bind in compiled.binds.items() if name not in names}
    return _Compiled(str(compiled), constants, converters)
