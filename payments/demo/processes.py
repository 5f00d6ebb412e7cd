"""Starts web, worker and the two sandboxes on the loopback, waits for them, ends them together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Final

import httpx

from payments.demo.making import Place
from payments.kernel.errors import Conflict, Unavailable

#: A small machine that does other work reads its programs from disk for a minute.
_START_MAX_S: Final = 120.0
_STOP_MAX_S: Final = 10.0


class PortTaken(Conflict):
    code = "port-taken"


def refuse_taken_ports(place: Place) -> None:
    """Raises PortTaken before anything is made: another demo may be running."""
    for port in (place.port, place.bank_port, place.portal_port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise PortTaken(
                    f"port {port} is in use: is a demo running? choose another with --port"
                ) from None


class Programs:
    """The programs of the demo, as children of this one."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._children: list[subprocess.Popen[bytes]] = []
        self._is_stopping = False

    def run(self) -> int:
        """Start all, wait until one ends or a signal comes, end the rest. Returns the exit code."""
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        try:
            self._start()
            self.wait_for_health()
            return self._watch()
        finally:
            self._stop()

    def wait_for_health(self) -> None:
        """Raises Unavailable when the web or the bank does not answer in time."""
        until = time.monotonic() + _START_MAX_S
        # Not for the portal: a desk works without it.
        waiting = {f"{self._place.web_url}/readyz", f"{self._place.bank_url}/"}
        while waiting and time.monotonic() < until and not self._is_stopping:
            waiting = {url for url in waiting if not _answers(url)}
            if any(child.poll() is not None for child in self._children):
                raise self._ended()
            time.sleep(0.1)
        if waiting and not self._is_stopping:
            raise Unavailable(f"no answer from {', '.join(sorted(waiting))}")

    def _start(self) -> None:
        place = self._place
        python = sys.executable
        kept = {k: v for k, v in os.environ.items() if not k.startswith("VIENPHI_")}
        environ = {**kept, **place.environ()}
        web = [python, "-m", "gunicorn", "-c", "python:payments.gunicorn", "--bind"]
        web += [f"127.0.0.1:{place.port}", "--workers", "1", "--log-level", "warning", "wsgi:app"]
        bank = [python, "-m", "adapters.bank_transfer.sandbox", "--port", str(place.bank_port)]
        bank += ["--data", str(place.data), "--speed", "20"]
        for feed in ("sepay", "casso"):
            bank += [f"--webhook-{feed}", f"{place.web_url}/webhooks/{feed}"]
        bank += ["--open-codes", f"{place.web_url}/sandbox/open-codes"]
        worker = [python, "-m", "payments.cli", "worker"]
        portal = [python, "-m", "adapters.bhyt_portal.sandbox_program"]
        portal += ["--port", str(place.portal_port)]
        commands = {"web": web, "worker": worker, "bank": bank, "portal": portal}
        for name, command in commands.items():
            self._children.append(_child(command, environ, place.data / f"{name}.log"))

    def _watch(self) -> int:
        while not self._is_stopping:
            for child in self._children:
                if child.poll() is not None:
                    raise self._ended()
            time.sleep(0.2)
        return 0

    def _ended(self) -> Unavailable:
        return Unavailable(
            f"a program of the demo ended: see the *.log files in {self._place.data}"
        )

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _stop(self) -> None:
        for child in self._children:
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + _STOP_MAX_S
        for child in self._children:
            try:
                child.wait(timeout=max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _child(command: list[str], environ: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as told:
        # A session of its own: Ctrl-C reaches the parent alone, which ends the children in order.
        return subprocess.Popen(  # noqa: S603 - our own programs
            command, env=dict(environ), stdout=told, stderr=told, start_new_session=True
        )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
