"""
Copies a running database: SQLite by its online backup, PostgreSQL by pg_dump in one snapshot.

Nobody waits for it: SQLite's writers go on beside a reader (WAL), pg_dump takes the locks of a
reader. The facts are read in the same snapshot, so they are those of the copy.
"""

from __future__ import annotations

import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final, cast

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, make_url

from payments.kernel.errors import Rejected, Unavailable
from payments.operations.backups import facts, postgres_tools
from payments.operations.backups.facts import Facts
from payments.storage.engine import make_engine

_READ_BYTES: Final = 1 << 20
_SAID_MAX: Final = 300


class NotBackedUp(Unavailable):
    """The database could not be copied whole; no backup was kept."""

    code = "not-backed-up"


class WrongRole(Rejected):
    """The role does not see every row; a backup of a part would look like one of all."""

    code = "wrong-role"


@dataclass(frozen=True, slots=True)
class Copying:
    """What is known before the first byte, and the bytes."""

    facts: Facts
    content: Iterator[bytes]


@contextmanager
def copying(url: str, *, release: str, at: datetime, tools: Path | None) -> Iterator[Copying]:
    """
    Copy the database at *url*; of SQLite a plain copy lies in a closed folder beside the file.

    Raises:
        NotBackedUp, WrongRole, NoTool: also while the content is read.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with _sqlite(parsed, release, at) as made:
            yield made
    else:
        with _postgres(parsed, release, at, tools) as made:
            yield made


@contextmanager
def _sqlite(url: URL, release: str, at: datetime) -> Iterator[Copying]:
    source = Path(url.database or "")
    if not source.is_file():
        raise NotBackedUp(f"there is no database file {source}")
    with tempfile.TemporaryDirectory(prefix=".vienphi-", dir=source.parent) as folder:
        copied = Path(folder) / "copy.db"
        _copy_file(source, copied)
        engine = make_engine(f"sqlite:///{copied}")
        try:
            with engine.connect() as connection:
                found = facts.read(connection, release=release, tool=0, at=at)
        finally:
            engine.dispose()
        yield Copying(found, _read(copied))


def _copy_file(source: Path, copied: Path) -> None:
    # By URI and read only: a name that is mistyped must not become an empty database.
    reading = sqlite3.connect(f"file:{source.resolve()}?mode=ro", uri=True, timeout=15)
    writing = sqlite3.connect(copied)
    try:
        # In one step: a copy in several begins anew whenever somebody else has written.
        reading.backup(writing, pages=-1)
    except sqlite3.Error as error:
        raise NotBackedUp(f"{source}: {error}") from error
    finally:
        writing.close()
        reading.close()


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            yield piece


@contextmanager
def _postgres(url: URL, release: str, at: datetime, tools: Path | None) -> Iterator[Copying]:
    engine = make_engine(url.render_as_string(hide_password=False))
    try:
        isolated = engine.execution_options(isolation_level="REPEATABLE READ")
        with isolated.connect() as connection, postgres_tools.reached(url) as address:
            _refuse_bound_role(connection)
            server = int(str(connection.scalar(text("SHOW server_version_num")))) // 10_000
            tool, version = postgres_tools.find("pg_dump", server, tools)
            snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
            found = facts.read(connection, release=release, tool=version, at=at)
            # Not compressed: we do that once, for both kinds of database.
            command = [str(tool), "--format=custom", "--compress=0", "--no-password", "--no-owner",
                       f"--snapshot={snapshot}", f"--dbname={address}"]  # fmt: skip
            yield Copying(found, _output(command))
            connection.rollback()
    finally:
        engine.dispose()


def _refuse_bound_role(connection: Connection) -> None:
    role, sees_all = connection.execute(
        text(
            "SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        )
    ).one()
    if not sees_all:
        raise WrongRole(f"{role} sees the rows of one facility: connect as vp_backup")


def _output(command: list[str]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)  # noqa: S603
        try:
            output = cast("IO[bytes]", running.stdout)
            while piece := output.read(_READ_BYTES):
                yield piece
        finally:
            # Whoever stops reading ends the tool, which would else wait for ever.
            if running.poll() is None:
                cast("IO[bytes]", running.stdout).close()
            code = running.wait()
        if code:
            said.seek(0)
            last = said.read().decode(errors="replace").strip()[-_SAID_MAX:]
            raise NotBackedUp(f"pg_dump ended with {code}: {last}")
