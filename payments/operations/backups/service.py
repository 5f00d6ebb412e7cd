"""
Make, verify and restore a backup.

A backup is believed when its last chunk has opened; a restored database when both chains of every
facility are recomputed from its rows and end where the backup said, the entries sum to 0 đ, and
every table has its rows.
"""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, Final

from payments.kernel.clock import Clock, SystemClock
from payments.kernel.errors import Conflict
from payments.operations.backups import sealed_file, sources, targets
from payments.operations.backups.facts import Facts, Proof, prove
from payments.operations.backups.recipients import Opener, Recipient
from payments.operations.backups.sealed_file import BrokenBackup, SealingWriter
from payments.storage.unit_of_work import Database

#: Rows compress to a quarter at level 1 already; more costs time and gains little.
_LEVEL: Final = 1
#: Bytes that tell how long the facts are.
_LENGTH: Final = 4


class BackupExists(Conflict):
    """A file of that name is there; backups are never overwritten."""

    code = "backup-exists"


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup."""

    facts: Facts
    bytes: int


def create(
    url: str,
    file: Path,
    recipient: Recipient,
    *,
    clock: Clock | None = None,
    tools: Path | None = None,
) -> Made:
    """
    Back up the database at *url* (PostgreSQL: as vp_backup) into the new *file*, mode 0600.

    It bears another name until it is whole and on the disk.

    Raises:
        BackupExists, NotBackedUp, WrongRole, NoTool, WrongKeys: nothing was kept.
    """
    if file.exists():
        raise BackupExists(f"{file} exists; backups are never overwritten")
    clock = clock or SystemClock()
    key, told = recipient.made()
    release, now = version("vienphi"), clock.now()
    head = {"key": told, "made_at": now.isoformat(timespec="seconds"), "release": release}
    handle, part = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with (
            os.fdopen(handle, "wb") as out,
            sources.copying(url, release=release, at=now, tools=tools) as source,
        ):
            writer = SealingWriter(out, key, head)
            for piece in _packed(source.facts, source.content):
                writer.write(piece)
            writer.close()
            out.flush()
            os.fsync(out.fileno())
        size = os.stat(part).st_size
        os.rename(part, file)
        _flush_folder(file.parent)
        return Made(source.facts, size)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def verify(file: Path, opener: Opener, *, tools: Path | None = None) -> tuple[Facts, Proof | None]:
    """
    Open the whole *file*; a SQLite one is also restored into a closed folder and proven.

    The proof of a PostgreSQL one needs a server: restore it into an empty database.

    Raises:
        BrokenBackup, WrongKeys: it is not whole, or the key was not brought along.
    """
    with opened(file, opener) as (wanted, content):
        if wanted.engine != "sqlite":
            for _ in content:
                continue
            return wanted, None
        with tempfile.TemporaryDirectory(prefix="vienphi-") as folder:
            url = f"sqlite:///{folder}/verified.db"
            targets.put(url, wanted, content, tools=tools)
            return wanted, _proven(url, wanted)


def restore(
    file: Path, url: str, opener: Opener, *, tools: Path | None = None
) -> tuple[Facts, Proof]:
    """
    Restore *file* into the empty place at *url* (PostgreSQL: as vp_owner) and prove it.

    Raises:
        PlaceInUse, NotRestored, BrokenBackup, WrongKeys, NoTool: nothing was kept.
    """
    targets.refuse_in_use(url)
    with opened(file, opener) as (wanted, content):
        targets.put(url, wanted, content, tools=tools)
    return wanted, _proven(url, wanted)


def read_facts(file: Path, opener: Opener) -> Facts:
    """Read what *file* says of itself, from its first chunk only. Raises as ``verify``."""
    with opened(file, opener) as (wanted, _):
        return wanted


@contextmanager
def opened(file: Path, opener: Opener) -> Iterator[tuple[Facts, Iterator[bytes]]]:
    """Give what *file* says of itself, and its content, proven piece by piece."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise BrokenBackup(f"{file}: {error.strerror}") from error
    with source:
        head, told = sealed_file.read_head(source)
        key = opener.key(told.get("key", {}))
        plain = sealed_file.opened(source, key, head)
        first = next(plain)
        size = int.from_bytes(first[:_LENGTH])
        wanted = Facts.of(_parsed(first[_LENGTH : _LENGTH + size]))
        yield wanted, _unpacked(first[_LENGTH + size :], plain)


def _packed(wanted: Facts, content: Iterator[bytes]) -> Iterator[bytes]:
    told = json.dumps(wanted.told(), sort_keys=True).encode()
    if len(told) + _LENGTH > sealed_file.CHUNK_BYTES:
        raise ValueError("the facts of a backup must fit into its first chunk")
    yield len(told).to_bytes(_LENGTH) + told
    packing = zlib.compressobj(_LEVEL)
    for piece in content:
        yield packing.compress(piece)
    yield packing.flush()


def _unpacked(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    unpacking = zlib.decompressobj()
    for piece in chain((first,), rest):
        # Only proven bytes come here, made by ``create``: their size is that of the database.
        if plain := unpacking.decompress(piece):
            yield plain
    yield unpacking.flush()
    if not unpacking.eof:
        raise BrokenBackup("the content of the backup ends too early")


def _parsed(told: bytes) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = json.loads(told)
    except ValueError as error:
        raise BrokenBackup("what the backup says of itself cannot be read") from error
    return parsed


def _proven(url: str, wanted: Facts) -> Proof:
    database = Database(url, SystemClock())
    try:
        return prove(database, wanted)
    finally:
        database.close()


def _flush_folder(folder: Path) -> None:
    """Let the new name outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
