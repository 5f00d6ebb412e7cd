"""Our programs as children: they can be killed by their numbers, and only they."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from payments.gateway import RawNotification
from tests.support.stage import Address

ROOT: Final = Path(__file__).parents[2]
_START_MAX_S: Final = 60.0
_ANSWER_MAX_S: Final = 30.0
#: gunicorn lets requests end for twenty.
_STOP_MAX_S: Final = 25.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def children_of(pid: int) -> list[int]:
    """List the living children of *pid*, in the order of their birth."""
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(child) for child in told.split()]


def cpu_of(pid: int) -> float:
    """Sum the seconds of processor time of *pid*, its living children and those it has buried."""
    own = _cpu_ticks(pid, with_buried=True)
    ticks = own + sum(_cpu_ticks(child, with_buried=False) for child in children_of(pid))
    return ticks / os.sysconf("SC_CLK_TCK")


def _cpu_ticks(pid: int, *, with_buried: bool) -> int:
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # utime, stime, then those of children that were waited for.
    return sum(int(value) for value in told[11 : 15 if with_buried else 13])


def until(is_so: Callable[[], bool], *, seconds: float, what: str) -> float:
    """Wait until *is_so*; returns how long it took. Raises TimeoutError naming *what*."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began


class Program:
    """One child in a session of its own; its standard error goes to *log*."""

    def __init__(self, address: Address, log: Path, *arguments: str) -> None:
        self._address = address
        self._log = log
        self._arguments = arguments
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None, "not started"
        return self.process.pid

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self._arguments],
                cwd=ROOT,
                env=self._address.environ() | {"PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_MAX_S)
        except subprocess.TimeoutExpired:
            orphans = children_of(self.pid)
            self.process.kill()
            self.process.wait()
            for orphan in orphans:
                with suppress(ProcessLookupError):
                    os.kill(orphan, signal.SIGKILL)

    def last_words(self) -> str:
        """Quote the end of the log, for a program that should be running."""
        return self._log.read_text(errors="replace")[-2_000:]

    def log_text(self) -> str:
        """Give all that the program has written."""
        return self._log.read_text(errors="replace")

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, "not started"
        return self.process


class Web(Program):
    """``gunicorn wsgi:app`` with *workers*, on a port of its own."""

    def __init__(
        self,
        address: Address,
        log: Path,
        *,
        workers: int,
        threads: int = 8,
        log_level: str = "critical",
    ) -> None:
        self.port = free_port()
        self.workers = workers
        super().__init__(
            address, log, "-m", "gunicorn", "-c", "python:tests.support.gunicorn_warm",
            "--bind", f"127.0.0.1:{self.port}", "--workers", str(workers),
            "--threads", str(threads), "--log-level", log_level,
            *(() if log_level == "critical" else ("--access-logfile", "-")), "wsgi:app",
        )  # fmt: skip

    def start(self) -> None:
        super().start()
        until(self.answers, seconds=_START_MAX_S, what="the web answers")

    def answers(self) -> bool:
        assert self.is_running(), f"gunicorn ended: {self.last_words()}"
        return Client(self.port).get("/readyz") == 200

    def worker_pids(self) -> list[int]:
        return children_of(self.pid)


class Worker(Program):
    """``vienphi worker``, as vp_worker."""

    def __init__(self, address: Address, log: Path) -> None:
        super().__init__(address.as_role("vp_worker"), log, "-m", "payments.cli", "worker")


class Client:
    """Speaks HTTP from one thread at a time; a line that breaks is the status 0."""

    def __init__(self, port: int, *, timeout_s: float = _ANSWER_MAX_S) -> None:
        self._port = port
        self._timeout_s = timeout_s
        self._lines = threading.local()

    def get(self, path: str) -> int:
        return self._ask("GET", path, None, {})

    def tell(self, channel: str, raw: RawNotification) -> int:
        """Send a message to the webhook of *channel*; returns the status once all was read."""
        return self._ask("POST", f"/webhooks/{channel}", raw.body, dict(raw.headers))

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> int:
        line = getattr(self._lines, "line", None)
        if line is None:
            line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout_s)
            self._lines.line = line
        try:
            line.request(method, path, body=body, headers=headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            line.close()
            self._lines.line = None
            return 0
        return int(answer.status)
