"""The parts of an answer into one file, whole or not at all; and how many of each."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from payments.engines.duck import first_line
from payments.engines.model import Column, EngineFailed, Relation, quoted
from payments.engines.progress import Progress
from payments.kernel.errors import InvalidField

#: Names of lines all differ: a dictionary is made for the few verdicts alone.
_DISTINCT_MAX: Final = 64
_FORMATS: Final = {
    ".csv": "FORMAT csv, HEADER true",
    ".parquet": f"FORMAT parquet, DICTIONARY_SIZE_LIMIT {_DISTINCT_MAX}",
}


def format_of(path: Path) -> str:
    """
    Say how a file of this name is written.

    Raises:
        InvalidField: neither CSV nor Parquet.
    """
    found = _FORMATS.get(path.suffix.lower())
    if found is None or path.is_dir() or not path.parent.is_dir():
        raise InvalidField("out", "out_file", file=path.name)
    return found


def write(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    scan: str,
    out: Path,
    progress: Progress,
) -> dict[str, int]:
    """
    Write the answer that *scan* reads to *out* and count its rows by verdict.

    CSV, which people read and compare, is ordered by all columns: the same lines give the same
    bytes on every engine. Parquet holds the same rows in no order: whoever reads it orders what is
    needed, and a third of the time is saved. A file of this name is replaced in one step.

    Raises:
        EngineFailed: the disk is full, or memory too small to order the rows.
    """
    how = format_of(out)
    order = " ORDER BY ALL NULLS FIRST" if is_ordered(out) else ""
    # Beside the target, for a rename is one step only within a file system.
    half = out.with_name(f".{out.name}.{secrets.token_hex(6)}.part")
    try:
        with progress.of_query(connection):
            connection.execute(
                f"COPY (SELECT {_shown(relation.answer)} FROM {scan}{order})"
                f" TO {quoted(half)} ({how})"
            )
        counts = connection.execute(_counting(relation.answer, half, out)).fetchall()
        os.replace(half, out)
    except (duckdb.Error, OSError) as error:
        raise EngineFailed(engine="DuckDB", said=first_line(error)) from error
    finally:
        half.unlink(missing_ok=True)
    return dict(counts)


def is_ordered(out: Path) -> bool:
    """Say whether a file of this name is CSV, whose rows have an order."""
    return out.suffix.lower() == ".csv"


def _counting(columns: Sequence[Column], written: Path, out: Path) -> str:
    """Count what was written by verdict: the answer itself may be long in the making."""
    verdict = columns[0].shown
    scan = f"read_parquet({quoted(written)})"
    if is_ordered(out):
        listed = ", ".join(f"'{one.shown}': 'VARCHAR'" for one in columns)
        scan = (
            f"read_csv({quoted(written)}, columns = {{{listed}}}, delim = ',', header = true,"
            " auto_detect = false, quote = '\"', escape = '\"')"
        )
    return f'SELECT "{verdict}", count(*) FROM {scan} GROUP BY ALL'


def _shown(columns: Sequence[Column]) -> str:
    """Hundredths are written as đồng with two decimals, exactly."""
    return ", ".join(
        f'CAST({one.name} AS DECIMAL(20, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS "{one.shown}"'
        if one.kind.is_hundredths
        else f'{one.name} AS "{one.shown}"'
        for one in columns
    )
