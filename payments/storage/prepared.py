"""Selects that are asked all day: compiled once, and run on the driver itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, Table

from payments.storage.compiled import CompiledSelect, Selects, driver_of, translated
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork


class Prepared:
    """
    A constant select whose every run costs little beside the query itself.

    Parameters are all named. A list in an ``IN`` is not among them: its length changes the text.

    With *locks* its rows of these tables are kept until the commit. PostgreSQL locks a row in the
    order of *locks*, and answers with what the last one held once it was free. Several tables only
    for a select of a single row: of several, a table's second row would come too late.
    """

    def __init__(self, statement: Selects, *, locks: Mapping[Lock, Table] | None = None) -> None:
        if locks:
            assert isinstance(statement, Select), "the rows of a union belong to no table"
            statement = statement.with_for_update(of=tuple(locks.values()))
        self.statement: Final = statement
        self._locks: Final = tuple(locks or ())
        self._by_dialect: dict[str, CompiledSelect] = {}

    def all(self, tx: UnitOfWork, /, **told: Any) -> list[Any]:
        """
        Run it for the facility of *tx* (``mine``); rows have the names of their columns.

        Raises:
            LockOrderBroken: a kind that comes later in the one order is already held.
        """
        for kind in self._locks:
            tx.holding(kind)
        connection = tx.connection
        dialect = connection.dialect
        compiled = self._by_dialect.get(dialect.name)
        if compiled is None:
            compiled = self._by_dialect[dialect.name] = CompiledSelect(self.statement, dialect)
        told["mine"] = tx.facility
        parameters = compiled.parameters(told)
        driver = driver_of(connection)
        try:
            rows = driver.execute(compiled.text, parameters).fetchall()
        except dialect.loaded_dbapi.Error as error:
            raise translated(connection, error, compiled.text) from error
        return compiled.converted(rows)

    def first(self, tx: UnitOfWork, /, **told: Any) -> Any:
        """Give the first row, or None."""
        rows = self.all(tx, **told)
        return rows[0] if rows else None

    def one(self, tx: UnitOfWork, /, **told: Any) -> Any:
        """Give the only row; another number of rows is a mistake of ours."""
        [row] = self.all(tx, **told)
        return row
