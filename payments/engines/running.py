"""One run of a relation from files to a file, on the engine that was chosen."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import duckdb

from payments.engines import duck, postgres, reading, spark, sqlite, writing
from payments.engines.model import Job, Limits, Relation
from payments.engines.progress import Progress
from payments.kernel.errors import InvalidField, Problem, Rejected
from payments.sheets.problems import UnreadableSheet


class Engine(StrEnum):
    DUCKDB = "duckdb"
    POSTGRES = "postgres"
    SPARK = "spark"
    SQLITE = "sqlite"


class UnreadableLines(Rejected):
    """A file of lines is refused: *file*, and what is wrong by line and column."""

    code = "unreadable-lines"

    def __init__(self, file: Path, problems: tuple[Problem, ...]) -> None:
        super().__init__(file=file.name)
        self.file = file
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Request:
    """
    What to run: *files* by input of the relation, *out* is written whole or not.

    *database* is asked by PostgreSQL alone, *master* by Spark; *memory* is a limit as ``1GB``.
    """

    relation: Relation
    files: Mapping[str, Path]
    out: Path
    engine: Engine = Engine.DUCKDB
    memory: str = "1GB"
    settings: Mapping[str, int] = field(default_factory=dict)
    database: str = ""
    master: str = spark.HERE


def run(request: Request, progress: Progress) -> dict[str, int]:
    """
    Run *request* and give how many rows each verdict has.

    Raises:
        UnreadableLines: a file is refused; nothing was written.
        BadMemory, InvalidField: what was asked makes no sense.
        EngineMissing, EngineFailed: the engine is not there, or gave up; nothing was written.
    """
    megabytes = duck.megabytes_of(request.memory)
    writing.format_of(request.out)
    if request.engine is Engine.POSTGRES and not request.database:
        raise InvalidField("database", "engine_database")
    # Beside the result and not in the machine's folder, which may be kept in memory.
    with tempfile.TemporaryDirectory(prefix=".vienphi-", dir=request.out.parent) as folder:
        scratch = Path(folder)
        limits = Limits(megabytes, scratch)
        with duck.connected(limits) as connection:
            files = _staged(request, scratch, connection, progress)
            job = Job(request.relation, files, limits, request.settings)
            if request.engine is Engine.DUCKDB:
                progress.step(request.engine.value)
                scan = duck.answer(
                    connection,
                    job,
                    scratch / "answer.parquet",
                    progress,
                    is_ordered=writing.is_ordered(request.out),
                )
                return writing.write(connection, request.relation, scan, request.out, progress)
        progress.step(request.engine.value)
        scan = _work(request, job, progress)
        progress.step(request.out.name)
        with duck.connected(limits) as connection:
            return writing.write(connection, request.relation, scan, request.out, progress)


def _staged(
    request: Request, scratch: Path, connection: duckdb.DuckDBPyConnection, progress: Progress
) -> dict[str, Path]:
    files = {}
    for table in request.relation.inputs:
        path = request.files[table.name]
        progress.step(path.name)
        into = scratch / f"{table.name}.parquet"
        try:
            files[table.name] = reading.stage(connection, path, table, into, progress)
        except UnreadableSheet as refusal:
            raise UnreadableLines(path, refusal.problems) from refusal
    return files


def _work(request: Request, job: Job, progress: Progress) -> str:
    into = job.limits.scratch / "answer"
    into.mkdir()
    match request.engine:
        case Engine.DUCKDB:
            raise AssertionError("DuckDB writes its answer itself")
        case Engine.SQLITE:
            return sqlite.run(job, into, progress)
        case Engine.POSTGRES:
            return postgres.run(job, into, progress, request.database)
        case Engine.SPARK:
            return spark.run(job, into, progress, request.master)
