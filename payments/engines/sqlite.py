"""
SQLite: no other program is needed. It runs a relation over parts of the lines.

Its FULL JOIN looks at every pair of rows; in parts of some hundred lines that stays quick, and
rows of one part never meet those of another.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from payments.engines.duck import connected, first_line
from payments.engines.exchange import scan_of, sql_type
from payments.engines.model import EngineFailed, Job, names, quoted
from payments.engines.progress import Progress

#: Lines of all inputs together that one run of the relation sees; one name may bring more.
_PART_LINES: Final = 400

Rows = list[list[tuple[Any, ...]]]


def run(job: Job, into: Path, progress: Progress) -> str:
    """Run *job* part by part; its answer lies below *into*, and the scan of it is returned."""
    target = into / "answer.csv"
    inputs = job.relation.inputs
    with (
        connected(job.limits) as reading,
        sqlite3.connect(":memory:") as connection,
        target.open("w", encoding="utf-8", newline="") as file,
    ):
        for table in inputs:
            listed = ", ".join(f"{one.name} {sql_type(one.kind)}" for one in table.columns)
            connection.execute(f"CREATE TABLE {table.name} ({listed})")
        for name, amount in job.settings.items():
            connection.execute(f"CREATE TABLE {name} AS SELECT {int(amount)} AS amount")
        writer = csv.writer(file, lineterminator="\n")
        statement = f"SELECT {names(job.relation.answer)} FROM ({job.statement})"
        whole, done = _lines(reading, job), 0
        for part in _parts(reading, job):
            try:
                writer.writerows(_answer(connection, statement, job, part))
            except sqlite3.Error as error:
                raise EngineFailed(engine="SQLite", said=first_line(error)) from error
            done += sum(map(len, part))
            progress.show(done / whole if whole else None)
    return scan_of(target, job.relation.answer)


def _answer(
    connection: sqlite3.Connection, statement: str, job: Job, part: Rows
) -> Sequence[tuple[Any, ...]]:
    for table, rows in zip(job.relation.inputs, part, strict=True):
        marks = ", ".join("?" * len(table.columns))
        connection.execute(f"DELETE FROM {table.name}")
        connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
    return connection.execute(statement).fetchall()


def _lines(reading: duckdb.DuckDBPyConnection, job: Job) -> int:
    return sum(
        reading.execute(f"SELECT count(*) FROM read_parquet({quoted(file)})").fetchall()[0][0]
        for file in job.files.values()
    )


def _parts(reading: duckdb.DuckDBPyConnection, job: Job) -> Iterator[Rows]:
    """Give all lines, those of one name together, in parts that SQLite does well."""
    inputs, key = job.relation.inputs, job.relation.parted_by
    streams = [
        _Stream(
            reading.cursor().execute(
                f"SELECT {key}, {names(table.columns)} FROM read_parquet"
                f"({quoted(job.files[table.name])}) ORDER BY {key} NULLS FIRST"
            )
        )
        for table in inputs
    ]
    part: Rows = [[] for _ in inputs]
    while any(stream.rows for stream in streams):
        # NULL comes first and counts as the least name.
        least = min(_rank(stream.rows[0][0]) for stream in streams if stream.rows)
        for place, stream in enumerate(streams):
            while stream.rows and _rank(stream.rows[0][0]) == least:
                part[place].append(stream.take())
        if sum(map(len, part)) >= _PART_LINES:
            yield part
            part = [[] for _ in inputs]
    if any(part):
        yield part


def _rank(name: str | None) -> bytes:
    return b"" if name is None else name.encode()


class _Stream:
    """Rows of one input, in order; the first of *rows* is next."""

    _FETCHED: Final = 5_000

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self.rows: list[tuple[Any, ...]] = []
        self._fill()

    def take(self) -> tuple[Any, ...]:
        row = self.rows.pop(0)
        if not self.rows:
            self._fill()
        return row[1:]

    def _fill(self) -> None:
        self.rows = self._cursor.fetchmany(self._FETCHED)
