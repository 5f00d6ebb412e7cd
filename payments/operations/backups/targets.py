"""Brings a copy into an empty place, and refuses any other: a restore never replaces anything."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, cast

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from payments.kernel.errors import Conflict
from payments.operations.backups import postgres_tools
from payments.operations.backups.facts import Facts
from payments.operations.backups.sealed_file import BrokenBackup
from payments.storage.engine import make_engine

_SAID_MAX: Final = 300
_OURS: Final = text(
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'"
)


class PlaceInUse(Conflict):
    """Something stands where the backup should go; it is left as it is."""

    code = "place-in-use"


class NotRestored(Conflict):
    """The server refused a part of the backup; the whole of it was taken back."""

    code = "not-restored"


def put(url: str, wanted: Facts, content: Iterator[bytes], *, tools: Path | None = None) -> None:
    """
    Write *content* into the empty database at *url* (a new file, or as vp_owner on PostgreSQL).

    Raises:
        PlaceInUse: the place is not empty, or of the other kind.
        NotRestored, NoTool, BrokenBackup: nothing was kept.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != wanted.engine:
        raise PlaceInUse(
            f"the backup is of {wanted.engine}; {parsed.get_backend_name()} is no place"
        )
    if wanted.engine == "sqlite":
        _new_file(Path(parsed.database or ""), content)
    else:
        _empty_database(parsed, wanted, content, tools)


def refuse_in_use(url: str) -> None:
    """Look before anything is read. Raises PlaceInUse."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _refuse_file(Path(parsed.database or ""))
        return
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            if connection.scalar(_OURS):
                raise PlaceInUse(
                    f"{parsed.database} holds tables: make an empty database with createdb and"
                    " `vienphi db roles --database NAME --run URL`"
                )
    finally:
        engine.dispose()


def _refuse_file(path: Path) -> None:
    # The files beside it too: an old log would be taken for the log of the new file.
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-journal")):
        if name.exists():
            raise PlaceInUse(f"{name} exists: name a file that does not, or move it away")


def _new_file(path: Path, content: Iterator[bytes]) -> None:
    _refuse_file(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in content:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a move: it fails where a file has come into being meanwhile.
        os.link(name, path)
    except FileExistsError:
        raise PlaceInUse(f"{path} exists: name a file that does not") from None
    finally:
        os.unlink(name)


def _empty_database(url: URL, wanted: Facts, content: Iterator[bytes], tools: Path | None) -> None:
    rendered = url.render_as_string(hide_password=False)
    refuse_in_use(rendered)
    engine = make_engine(rendered)
    with engine.connect() as connection:
        server = int(str(connection.scalar(text("SHOW server_version_num")))) // 10_000
    tool, _ = postgres_tools.find("pg_restore", max(server, wanted.tool), tools)
    with postgres_tools.reached(url) as address, tempfile.TemporaryFile() as said:
        # In one transaction: half a hospital must never look like a whole one.
        command = [str(tool), "--single-transaction", "--exit-on-error", "--no-owner",
                   "--no-password", f"--dbname={address}"]  # fmt: skip
        running = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said)  # noqa: S603
        try:
            _feed(cast("IO[bytes]", running.stdin), content)
        except BrokenBackup:
            running.kill()
            running.wait()
            with suppress(BrokenPipeError):
                cast("IO[bytes]", running.stdin).close()
            raise
        if code := running.wait():
            said.seek(0)
            last = said.read().decode(errors="replace").strip()[-_SAID_MAX:]
            raise NotRestored(f"pg_restore ended with {code}: {last}")
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        # A dump carries no statistics: without them the first hours are slow.
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _feed(pipe: IO[bytes], content: Iterator[bytes]) -> None:
    try:
        for piece in content:
            pipe.write(piece)
        pipe.close()
    except BrokenPipeError:
        # The tool has ended by itself; its exit code and words say why.
        with suppress(BrokenPipeError):
            pipe.close()
        for _ in content:
            continue
