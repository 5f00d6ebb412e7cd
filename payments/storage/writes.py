"""
Writes whose answer nobody needs: kept back and sent together, on PostgreSQL in one round trip.

A payment ends in seven of them, and each alone costs a round trip; on PostgreSQL the last of them
travel with the COMMIT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect

from payments.storage.compiled import Write, compiled_write, driver_of, translated


@dataclass(frozen=True, slots=True)
class Kept:
    """A write that is still to be sent."""

    statement: Write
    parameters: Mapping[str, Any]


def send(connection: Connection, kept: Sequence[Kept], *, and_commit: bool) -> None:
    """
    Send *kept* in its order, on PostgreSQL with the COMMIT behind it if *and_commit*.

    Raises:
        DBAPIError: as if each had been executed by itself; nothing is committed then.
    """
    dialect = connection.dialect
    driver = driver_of(connection)
    try:
        if dialect.name == "sqlite":
            for one in kept:
                _run(driver, one, dialect)
            return
        with driver.pipeline(), driver.cursor() as cursor:
            for one in kept:
                _run(cursor, one, dialect)
            if and_commit:
                driver.commit()
    except dialect.loaded_dbapi.Error as error:
        raise translated(connection, error) from error


def count(connection: Connection, write: Kept) -> int:
    """Run *write* now and tell how many rows it made or changed. Raises DBAPIError."""
    dialect = connection.dialect
    driver = driver_of(connection)
    try:
        rows: int = _run(driver, write, dialect).rowcount
    except dialect.loaded_dbapi.Error as error:
        raise translated(connection, error) from error
    return rows


def _run(on: Any, write: Kept, dialect: Dialect) -> Any:
    compiled = compiled_write(write.statement, tuple(write.parameters), dialect)
    return on.execute(compiled.text, compiled.parameters(write.parameters))
