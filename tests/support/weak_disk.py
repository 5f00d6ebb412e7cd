"""A PostgreSQL on a disk whose power can be cut, that may be slow, and may lie of its flushes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.support.own_postgres import OwnPostgres
from tests.support.programs import children_of

_SOURCE: Final = Path(__file__).with_name("disk.c")
#: Small segments: each flush of the log copies one.
_SEGMENTS: Final = ("--wal-segsize=1",)
#: What says that somebody runs on these data, and where; a machine that starts has neither.
_OF_THE_RUNNING: Final = ("postmaster.pid", "postmaster.opts")


class NoCompiler(RuntimeError):
    """There is no C compiler, so nothing can stand between PostgreSQL and its disk."""


class WeakDisk:
    """The server, what a power cut would leave, and the knobs of its disk."""

    def __init__(self, place: Path) -> None:
        place.chmod(0o755)
        self._place = place
        self._knobs = place / "knobs"
        self._knobs.mkdir()
        self._knobs.chmod(0o755)
        (place / "server").mkdir()
        self.shadow = place / "shadow"
        self.server = OwnPostgres(
            place / "server",
            initdb=_SEGMENTS,
            environ={
                "LD_PRELOAD": str(_built(place)),
                "DISK_FROM": str(place / "server" / "data"),
                "DISK_SHADOW": str(self.shadow),
                "DISK_DROPS": str(self._knobs / "drops"),
                "DISK_SLOW": str(self._knobs / "slow"),
            },
        )
        _copy(self.server.data, self.shadow)

    def lies(self, *, whether: bool) -> None:
        """Let the disk say from now on that it has flushed, and keep nothing of it."""
        self._knob("drops", whether=whether)

    def is_slow(self, *, whether: bool) -> None:
        """Let each flush wait half a second."""
        self._knob("slow", whether=whether)

    def _knob(self, name: str, *, whether: bool) -> None:
        path = self._knobs / name
        if whether:
            path.touch()
        else:
            path.unlink(missing_ok=True)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Hold every process of the server where it is: nothing is written until the end."""
        stopped: list[int] = []
        try:
            # The postmaster first: it starts no other meanwhile.
            for pid in (self.server.pid, *children_of(self.server.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    stopped.append(pid)
            yield
        finally:
            for pid in reversed(stopped):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def image(self, name: str) -> OwnPostgres:
        """Copy what a power cut now would leave; it is to be started as any server is."""
        place = self._place / name
        place.mkdir()
        found = OwnPostgres(place, is_copy=True)
        _copy(self.shadow, found.data)
        for left in _OF_THE_RUNNING:
            (found.data / left).unlink(missing_ok=True)
        return found


@contextmanager
def weak_disk() -> Iterator[WeakDisk]:
    """Make and start one, and take it away at the end. Raises NoCompiler."""
    place = Path(tempfile.mkdtemp(prefix="vienphi-disk-"))
    disk: WeakDisk | None = None
    try:
        disk = WeakDisk(place)
        disk.server.start()
        yield disk
    finally:
        if disk is not None:
            disk.server.stop()
        shutil.rmtree(place, ignore_errors=True)


def _built(place: Path) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCompiler("no C compiler (cc, gcc) on this machine")
    made = place / "disk.so"
    options = ("-shared", "-fPIC", "-O2", "-o", str(made), str(_SOURCE), "-ldl")
    subprocess.run([compiler, *options], check=True)
    made.chmod(0o755)
    return made


def _copy(source: Path, target: Path) -> None:
    """Copy with owners and modes, which PostgreSQL looks at."""
    subprocess.run(["cp", "-a", f"{source}/.", str(_made(target, source))], check=True)


def _made(target: Path, like: Path) -> Path:
    target.mkdir(exist_ok=True)
    owner = like.stat()
    os.chown(target, owner.st_uid, owner.st_gid)
    target.chmod(0o700)
    return target
