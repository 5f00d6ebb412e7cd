"""
Constant statements: compiled once for each kind of database, then run on the driver itself.

SQLAlchemy spends some 60 µs on each execution before and after the driver works, which is most of
the time of a statement by key. Here that is spent once: parameters and columns are converted as
SQLAlchemy converts them, and errors come out as its own.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert, Update

Convert = Callable[[Any], Any]
Write = Insert | Update
Selects = Select[Any] | CompoundSelect[Any]


class Compiled:
    """The text of a statement for one kind of database, and what its values go through."""

    def __init__(self, statement: Selects | Write, dialect: Dialect, told: Iterable[str]) -> None:
        # An INSERT takes its columns from the names that it is told.
        compiled = statement.compile(dialect=dialect, column_keys=list(told) or None)
        self.text = str(compiled)
        #: Names in the order of the question marks; None where the text names them.
        self._order = compiled.positiontup if compiled.positional else None
        #: What the statement itself holds, as the 1 of ``version + 1``.
        self._fixed: dict[str, Any] = {}
        self._asked: list[tuple[str, Convert | None]] = []
        for name, bind in compiled.binds.items():
            convert = _to(bind.type, dialect)
            if bind.required:
                self._asked.append((name, convert))
            else:
                self._fixed[name] = bind.value if convert is None else convert(bind.value)

    def parameters(self, told: Mapping[str, Any]) -> Any:
        """Convert what is *told*. Raises KeyError where a parameter is missing."""
        values = dict(self._fixed)
        for name, convert in self._asked:
            value = told[name]
            values[name] = value if convert is None else convert(value)
        return values if self._order is None else [values[name] for name in self._order]


class CompiledSelect(Compiled):
    """The rows of a select have the names and types of its columns."""

    def __init__(self, statement: Selects, dialect: Dialect) -> None:
        super().__init__(statement, dialect, ())
        columns = statement.selected_columns
        self._row = _row_of(tuple(columns.keys()))
        self._from = tuple(
            (index, convert)
            for index, column in enumerate(columns)
            if (convert := _from(column.type, dialect)) is not None
        )

    def converted(self, rows: list[tuple[Any, ...]]) -> list[Any]:
        return [self._row(self._converted(row)) for row in rows]

    def _converted(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for index, convert in self._from:
            values[index] = convert(values[index])
        return values


@lru_cache(maxsize=256)
def compiled_write(statement: Write, names: tuple[str, ...], dialect: Dialect) -> Compiled:
    """Compile a write that is told *names*, once."""
    return Compiled(statement, dialect, names)


def driver_of(connection: Connection) -> Any:
    """Give the driver's own connection, in the transaction of *connection*."""
    if not connection.in_transaction():
        # SQLAlchemy begins with its own first statement, which this may precede.
        connection.begin()
    return connection.connection.driver_connection


def on_driver(connection: Connection, text: str, parameters: Any) -> Any:
    """
    Run *text*, written for the database of *connection*, past SQLAlchemy; gives a cursor.

    Raises:
        DBAPIError: as if SQLAlchemy had run it.
    """
    driver = driver_of(connection)
    try:
        return driver.execute(text, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        raise translated(connection, error, text) from error


def translated(connection: Connection, error: Exception, text: str | None = None) -> BaseException:
    """
    Make of the driver's *error* the one of SQLAlchemy; a connection that is lost is thrown away.

    The error tells no parameter: they are names of people and accounts.
    """
    dialect = connection.dialect
    driver = connection.connection.driver_connection
    is_lost = dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]
    if is_lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        text,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )


def _row_of(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    """Make the class of a row; its names are known when the program runs, not before."""
    kind: Any = namedtuple("PreparedRow", names)  # type: ignore[misc]
    make: Callable[[Iterable[Any]], Any] = kind._make
    return make


def _to(kind: Any, dialect: Dialect) -> Convert | None:
    convert: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _from(kind: Any, dialect: Dialect) -> Convert | None:
    # The types of ours and those beside them do not ask for the driver's own type of a column.
    convert: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert
