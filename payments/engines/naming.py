"""Finds the lines and columns of wrong cells, slowly, in a file that was refused."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from payments.engines import cells
from payments.engines.model import Column
from payments.kernel.errors import Problem

if TYPE_CHECKING:
    import duckdb

    from payments.engines.reading import Source

#: More would not be read by anybody; the rest comes when these are mended.
_SHOWN_MAX: Final = 20


def cells_of(text: str, delimiter: str) -> list[str]:
    """Take one line of a table apart."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return [text]


def problems(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: Sequence[Column]
) -> list[Problem]:
    """List the first wrong cells of *source*; of Parquet a line is the number of the row."""
    present = [column for column in columns if column.name in source.places]
    if source.delimiter is not None:
        found = _of_csv(source, present)
    else:
        found = _of_parquet(connection, source, present)
    return list(islice(found, _SHOWN_MAX))


def _of_csv(source: Source, columns: Sequence[Column]) -> Iterator[Problem]:
    places = {column: int(source.places[column.name][1:]) for column in columns}
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=source.delimiter or ",", strict=True)
        try:
            for row in reader:
                if reader.line_num == 1:
                    continue
                if not row:
                    continue
                if len(row) != len(source.titles):
                    facts = {"cells": len(row), "columns": len(source.titles)}
                    yield Problem(reader.line_num, "", "sheet.cells", facts)
                    continue
                for column, place in places.items():
                    problem = cells.wrong(reader.line_num, column, row[place])
                    if problem is not None:
                        yield problem
        except csv.Error:
            yield Problem(reader.line_num, "", "sheet.broken")
        except UnicodeDecodeError:
            yield Problem(_foreign_line(source), "", "sheet.encoding")


def _of_parquet(
    connection: duckdb.DuckDBPyConnection, source: Source, columns: Sequence[Column]
) -> Iterator[Problem]:
    texts = [source.places[column.name] for column in columns]
    right = " AND ".join(
        cells.is_right(column.kind, text) for column, text in zip(columns, texts, strict=True)
    )
    rows = connection.execute(
        f"SELECT file_row_number + 1, {', '.join(texts)} FROM {source.scan}"
        f" WHERE NOT ({right}) ORDER BY file_row_number LIMIT {_SHOWN_MAX}"
    ).fetchall()
    for line, *row in rows:
        for column, cell in zip(columns, row, strict=True):
            problem = cells.wrong(line, column, cell or "")
            if problem is not None:
                yield problem


def _foreign_line(source: Source) -> int | None:
    """Number the first line that is no UTF-8."""
    with source.path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None
