"""DuckDB within a limit of memory: it spills to a folder of its own, and never asks the network."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from payments.engines.model import BadMemory, EngineFailed, Job, Limits, names, quoted
from payments.engines.progress import Progress

_MEMORY: Final = re.compile(r"([1-9][0-9]{0,5})(MB|GB)", re.IGNORECASE)
_MEGABYTES_MIN: Final = 100
#: DuckDB counts its pages; what it needs beside them, and Python, takes the rest of the limit.
_FOR_PAGES: Final = 0.6
#: Small limits are for small files, beside which less is held: pages get so much more.
_MORE_MEGABYTES: Final = 15
#: Each thread orders and joins in room of its own; with less it gives up instead of spilling.
_THREAD_MEGABYTES: Final = 75
#: Up to here the answer is ordered as it comes; lines of 400 bytes still fit.
_FLOWING_LINES_A_MEGABYTE: Final = 2_200


def megabytes_of(text: str) -> int:
    """
    Read a limit such as ``1GB`` or ``512MB``.

    Raises:
        BadMemory: another form, or less than DuckDB can work with.
    """
    found = _MEMORY.fullmatch(text.strip())
    if found is None:
        raise BadMemory(given=text, least=_MEGABYTES_MIN)
    megabytes = int(found[1]) * (1000 if found[2].upper() == "GB" else 1)
    if megabytes < _MEGABYTES_MIN:
        raise BadMemory(given=text, least=_MEGABYTES_MIN)
    return megabytes


@contextmanager
def connected(limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    """
    Open a database in memory that keeps the limits.

    Raises:
        EngineFailed: it was interrupted.
    """
    spill = limits.scratch / "spill"
    pages = int(limits.megabytes * _FOR_PAGES) + _MORE_MEGABYTES
    threads = max(1, min(os.cpu_count() or 1, pages // _THREAD_MEGABYTES))
    with duckdb.connect(":memory:") as connection:
        for statement in (
            f"SET memory_limit = '{pages}MB'",
            f"SET threads = {threads}",
            f"SET temp_directory = {quoted(spill)}",
            "SET preserve_insertion_order = false",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
        ):
            connection.execute(statement)
        try:
            yield connection
        except RuntimeError as error:
            # DuckDB's word for a signal that came while it worked.
            raise EngineFailed(engine="DuckDB", said=first_line(error)) from error


def answer(
    connection: duckdb.DuckDBPyConnection,
    job: Job,
    into: Path,
    progress: Progress,
    *,
    is_ordered: bool,
) -> str:
    """
    Give the scan of the answer of *job*: the statement itself, or *into*, where it was written.

    It is written where an answer that *is_ordered* is too large to classify and order at one time.

    Raises:
        EngineFailed: the disk is full, or memory too small for one of the two.
    """
    for name, file in job.files.items():
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({quoted(file)})")
    for name, amount in job.settings.items():
        connection.execute(f"CREATE TABLE {name} AS SELECT CAST({int(amount)} AS BIGINT) AS amount")
    wanted = f"SELECT {names(job.relation.answer)} FROM ({job.statement})"
    try:
        lines = sum(
            connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
            for name in job.files
        )
        if not is_ordered or lines <= job.limits.megabytes * _FLOWING_LINES_A_MEGABYTE:
            return f"({wanted})"
        with progress.of_query(connection):
            connection.execute(f"COPY ({wanted}) TO {quoted(into)} (FORMAT parquet)")
    except duckdb.Error as error:
        raise EngineFailed(engine="DuckDB", said=first_line(error)) from error
    return f"read_parquet({quoted(into)})"


def first_line(error: Exception) -> str:
    """Give what an engine says first: the rest of it is about its own inside."""
    return str(error).strip().split("\n", 1)[0][:300]
