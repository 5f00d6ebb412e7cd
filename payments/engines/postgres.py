"""PostgreSQL: temporary tables of one session, gone with it."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from payments.engines.duck import connected, first_line
from payments.engines.exchange import scan_of, sql_type
from payments.engines.model import EngineFailed, EngineMissing, Job, names, quoted
from payments.engines.progress import Progress

if TYPE_CHECKING:
    from psycopg import Connection

_CHUNK_BYTES: Final = 256 * 1024
#: Text in the order of its bytes as everywhere else, not as a language orders letters.
_BY_BYTES: Final = ' COLLATE "C"'


def run(job: Job, into: Path, progress: Progress, url: str) -> str:
    """
    Run *job* at *url*, whose role may make temporary tables; returns the scan of the answer.

    Raises:
        EngineMissing: the extra ``postgres`` is not installed.
        EngineFailed: the server refuses.
    """
    try:
        psycopg: Any = import_module("psycopg")
    except ImportError as error:
        raise EngineMissing(engine="PostgreSQL", needs="vienphi[postgres]") from error
    target = into / "answer.csv"
    try:
        with psycopg.connect(re.sub(r"^postgresql\+\w+:", "postgresql:", url)) as connection:
            _prepare(connection, job, into)
            progress.show(None)
            _answer(connection, job, target)
            connection.rollback()
    except psycopg.Error as error:
        raise EngineFailed(engine="PostgreSQL", said=first_line(error)) from error
    return scan_of(target, job.relation.answer)


def _prepare(connection: Connection, job: Job, into: Path) -> None:
    with connection.cursor() as cursor, connected(job.limits) as reading:
        # Without nested loops: they look at every pair where the guess of rows is wrong.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SET LOCAL statement_timeout = 0")
        for table in job.relation.inputs:
            listed = ", ".join(
                f"{one.name} {sql_type(one.kind)}{_BY_BYTES if one.kind.is_text else ''}"
                for one in table.columns
            )
            cursor.execute(f"CREATE TEMP TABLE {table.name} ({listed}) ON COMMIT DROP".encode())
            lines = into / f"{table.name}.csv"
            reading.execute(
                f"COPY (SELECT {names(table.columns)} FROM read_parquet"
                f"({quoted(job.files[table.name])})) TO {quoted(lines)} (FORMAT csv, HEADER false)"
            )
            with (
                lines.open("rb") as file,
                cursor.copy(f"COPY {table.name} FROM STDIN (FORMAT csv)".encode()) as copy,
            ):
                while chunk := file.read(_CHUNK_BYTES):
                    copy.write(chunk)
            lines.unlink()
            cursor.execute(f"ANALYZE {table.name}".encode())
        for name, amount in job.settings.items():
            cursor.execute(
                f"CREATE TEMP TABLE {name} ON COMMIT DROP AS"
                f" SELECT CAST({int(amount)} AS BIGINT) AS amount".encode()
            )


def _answer(connection: Connection, job: Job, target: Path) -> None:
    statement = (
        f"COPY (SELECT {names(job.relation.answer)} FROM ({job.statement}) answer) TO STDOUT"
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(f"{statement} (FORMAT csv)".encode()) as copy,
        target.open("wb") as file,
    ):
        for chunk in copy:
            file.write(chunk)
