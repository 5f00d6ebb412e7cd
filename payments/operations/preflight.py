"""
What must stand before an upgrade: revision, role, room, nobody's locks, a fresh backup.

The upgrade itself waits four seconds for a lock and then gives up whole, so a shift that is working
is disturbed for no longer; this says beforehand that it would.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text

from payments.kernel.errors import Rejected
from payments.operations.backups import sealed_file
from payments.operations.backups.sealed_file import BrokenBackup
from payments.storage.upgrading import (
    Standing,
    current_revision,
    newest_revision,
    pending,
    standing,
)

#: A migration that fills a new column writes each row once more.
_ROOM: Final = 2
_BACKUP_MAX: Final = timedelta(hours=24)
#: Who holds locks that long would hold up the upgrade; payments take milliseconds.
_LOOK_AGAIN_S: Final = 2.0
#: As long as the upgrade waits for a lock (migrations/env.py).
_WAIT_S: Final = 4.0
_HOLDERS: Final = text(
    "SELECT DISTINCT l.pid FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
    " WHERE l.granted AND l.pid <> pg_backend_pid() AND l.database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
)


class LaterSchema(Rejected):
    """The database is of a later release than this program, which can serve but not change it."""

    code = "later-schema"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at, and what was found."""

    what: str
    is_good: bool
    said: str


def preflight(engine: Engine, backups: Path | None, *, now: datetime) -> tuple[Point, ...]:
    """Look at everything; changes nothing. PostgreSQL: connected as vp_owner."""
    points = [_revision(current_revision(engine)), _backup(backups, now)]
    if engine.dialect.name == "sqlite":
        points += _of_file(engine)
    else:
        points += _of_server(engine)
    return tuple(points)


def refuse_later_schema(engine: Engine) -> None:
    """
    Leave the schema of a later release alone.

    Raises:
        LaterSchema: the database is one; the program may be started on it as it is.
    """
    found = current_revision(engine)
    if standing(found) is Standing.AHEAD:
        raise LaterSchema(
            f"the database is at {found}, which this release does not know: it runs on it as it is"
        )


def _revision(found: str | None) -> Point:
    stands = standing(found)
    if stands is Standing.EQUAL:
        return Point("schema", True, f"at {found} already; there is nothing to do")
    if stands is Standing.AHEAD:
        return Point("schema", False, f"{found} is of a later release than this program")
    missing = pending(found)
    titles = "; ".join(f"{revision} {title}" for revision, title in missing[:20])
    return Point("schema", True, f"{len(missing)} to run, {found} to {newest_revision()}: {titles}")


def _backup(folder: Path | None, now: datetime) -> Point:
    """Find the newest backup by what its head says: a copied file has another time."""
    if folder is None:
        return Point("backup", False, "not looked for: name the folder with --backups DIR")
    made = [found for path in folder.glob("*.backup") if (found := _made_at(path)) is not None]
    if not made:
        return Point("backup", False, f"there is none in {folder}: vienphi backup create")
    age = now - max(made)
    hours = age / timedelta(hours=1)
    return Point("backup", age <= _BACKUP_MAX, f"the newest is {hours:.1f} h old, 24 are allowed")


def _made_at(path: Path) -> datetime | None:
    try:
        with path.open("rb") as file:
            _, told = sealed_file.read_head(file)
        return datetime.fromisoformat(told["made_at"])
    except (OSError, BrokenBackup, KeyError, ValueError, json.JSONDecodeError):
        return None


def _of_file(engine: Engine) -> Iterator[Point]:
    path = Path(engine.url.database or "")
    size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    yield _room(size, free, str(path.parent))
    writing = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
    try:
        # Taken and given back: whoever holds it longer than this holds up the upgrade.
        writing.execute("BEGIN IMMEDIATE")
        writing.execute("ROLLBACK")
        yield Point("locks", True, "the file can be written")
    except sqlite3.OperationalError as error:
        yield Point("locks", False, f"somebody is writing: {error}")
    finally:
        writing.close()


def _of_server(engine: Engine) -> Iterator[Point]:
    with engine.connect() as connection:
        role = str(connection.scalar(text("SELECT current_user")))
        owner = connection.scalar(
            text("SELECT tableowner FROM pg_tables WHERE tablename = 'alembic_version'")
        )
        said = "owns the tables" if owner in (None, role) else f"the tables belong to {owner}"
        yield Point("role", owner in (None, role), f"{role}: {said}")
        size = int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        yield _room_of_server(connection, size)
    # Each look in a transaction of its own, so that ours holds nothing meanwhile.
    before = _holders(engine)
    if before:
        time.sleep(_LOOK_AGAIN_S)
    held = sorted(before & _holders(engine))
    named = ", ".join(map(str, held))
    if held:
        yield Point("locks", False, f"held for over {_LOOK_AGAIN_S:.0f} s by the sessions {named}")
    else:
        yield Point("locks", True, "nobody holds a table for long")


def _room_of_server(connection: Connection, size: int) -> Point:
    """Look at the disk of the server where it is this machine's, as far as the role may ask."""
    place = connection.scalar(
        text(
            "SELECT CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'MEMBER')"
            " THEN current_setting('data_directory', true) END"
        )
    )
    if place and Path(str(place)).is_dir():
        return _room(size, shutil.disk_usage(str(place)).free, str(place))
    return Point(
        "room",
        True,
        f"{_mb(size)} MB; its disk is not seen from here: {_mb(_ROOM * size)} MB free?",
    )


def _room(size: int, free: int, place: str) -> Point:
    said = f"{_mb(free)} MB free in {place}, {_mb(_ROOM * size)} MB wanted"
    return Point("room", free >= _ROOM * size, said)


def _holders(engine: Engine) -> set[int]:
    with engine.connect() as connection:
        return set(connection.scalars(_HOLDERS))


def _mb(size: int) -> int:
    return -(-size // 1_000_000)
