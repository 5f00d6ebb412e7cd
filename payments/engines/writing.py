"""The parts of an answer into one file, ordered, whole or not at all; and how many of each."""

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

_FORMATS: Final = {".csv": "FORMAT csv, HEADER true", ".parquet": "FORMAT parquet"}


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

    The rows are ordered by all columns, so the same lines give the same bytes on every engine. A
    file of this name is replaced at the end, in one step.

    Raises:
        EngineFailed: the disk is full, or memory too small to order the rows.
    """
    how = format_of(out)
    # Beside the target, for a rename is one step only within a file system.
    half = out.with_name(f".{out.name}.{secrets.token_hex(6)}.part")
    verdict = relation.answer[0].name
    try:
        with progress.of_query(connection):
            connection.execute(
                f"COPY (SELECT {_shown(relation.answer)} FROM {scan} ORDER BY ALL NULLS FIRST)"
                f" TO {quoted(half)} ({how})"
            )
        counts = connection.execute(
            f"SELECT {verdict}, count(*) FROM {scan} GROUP BY {verdict}"
        ).fetchall()
        os.replace(half, out)
    except (duckdb.Error, OSError) as error:
        raise EngineFailed(engine="DuckDB", said=first_line(error)) from error
    finally:
        half.unlink(missing_ok=True)
    return dict(counts)


def _shown(columns: Sequence[Column]) -> str:
    """Hundredths are written as đồng with two decimals, exactly."""
    return ", ".join(
        f'CAST({one.name} AS DECIMAL(20, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS "{one.shown}"'
        if one.kind.is_hundredths
        else f'{one.name} AS "{one.shown}"'
        for one in columns
    )
