"""Selects that screens ask all day: compiled once, and run on the driver itself."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from payments.storage.unit_of_work import UnitOfWork

Convert = Callable[[Any], Any]


class Prepared:
    """
    A constant select whose every run costs little beside the query itself.

    SQLAlchemy spends some 60 µs on each execution before and after the driver works, which is most
    of the time of a select by key. This spends that once per kind of database: types of columns
    and parameters are converted as SQLAlchemy converts them, and errors come out as its own.

    Parameters are all named. A list in an ``IN`` is not among them: its length changes the text.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self.statement: Final = statement
        self._by_dialect: dict[str, _Compiled] = {}

    def all(self, tx: UnitOfWork, /, **told: Any) -> list[Any]:
        """Run it for the facility of *tx* (``mine``); rows have the names of their columns."""
        connection = tx.connection
        compiled = self._by_dialect.get(connection.dialect.name)
        if compiled is None:
            compiled = _Compiled(self.statement, connection.dialect)
            self._by_dialect[connection.dialect.name] = compiled
        if not connection.in_transaction():
            # SQLAlchemy begins with its own first statement, which this may precede.
            connection.begin()
        told["mine"] = tx.facility
        parameters = compiled.parameters(told)
        driver: Any = connection.connection.driver_connection
        errors = connection.dialect.loaded_dbapi.Error
        try:
            rows = driver.execute(compiled.text, parameters).fetchall()
        except errors as error:
            is_lost = connection.dialect.is_disconnect(error, driver, None)
            if is_lost:
                connection.invalidate(error)
            raise DBAPIError.instance(
                compiled.text,
                None,
                error,
                errors,
                hide_parameters=True,
                connection_invalidated=is_lost,
                dialect=connection.dialect,
            ) from error
        return compiled.converted(rows)

    def first(self, tx: UnitOfWork, /, **told: Any) -> Any:
        """Give the first row, or None."""
        rows = self.all(tx, **told)
        return rows[0] if rows else None


class _Compiled:
    """The text of a select for one kind of database, and what its values go through."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        #: Names in the order of the question marks; None where the text names them.
        self._order = compiled.positiontup if compiled.positional else None
        self._fixed: dict[str, Any] = {}
        self._asked: list[tuple[str, Convert | None]] = []
        for name, bind in compiled.binds.items():
            convert = _to(bind.type, dialect)
            if bind.required:
                self._asked.append((name, convert))
            else:
                self._fixed[name] = bind.value if convert is None else convert(bind.value)
        columns = statement.selected_columns
        self._row = _row_of(tuple(columns.keys()))
        self._from = tuple(
            (index, convert)
            for index, column in enumerate(columns)
            if (convert := _from(column.type, dialect)) is not None
        )

    def parameters(self, told: Mapping[str, Any]) -> Any:
        """Convert what is *told*. Raises KeyError where a parameter is missing."""
        values = dict(self._fixed)
        for name, convert in self._asked:
            value = told[name]
            values[name] = value if convert is None else convert(value)
        return values if self._order is None else [values[name] for name in self._order]

    def converted(self, rows: list[tuple[Any, ...]]) -> list[Any]:
        return [self._row(self._converted(row)) for row in rows]

    def _converted(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for index, convert in self._from:
            values[index] = convert(values[index])
        return values


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
