"""
The gateways' own clients, unmodified, against our stand-ins on loopback.

What a stand-in gets wrong, a client that its vendor (or many shops) made finds out. Python clients
come with the test extra; Node's are installed by

    npm ci --ignore-scripts --prefix tests/contract/sdks

Without Node they are skipped; with ``CI=true`` a missing one is a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from adapters._sandbox.stand import Stand
from payments.gateway.sandboxes import OpenSandbox, SandboxOptions
from payments.kernel.clock import SystemClock

HERE = Path(__file__).parent
_TIMEOUT_S = 60


@dataclass
class Shop(httpx.BaseTransport):
    """The merchant's webhook: keeps what comes, and thanks for it."""

    got: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.got.append(request)
        return httpx.Response(200, json={"success": True, "RspCode": "00"})


@dataclass
class Street:
    """A stand-in at *url*, and the shop that it tells."""

    stand: Stand
    url: str
    shop: Shop

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def play(self, reference: str, act: str = "pay") -> httpx.Request:
        """Let the payer act, and give the message that came of it."""
        self.stand.play(reference, act)
        return self.shop.got[-1]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: requests are no news."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Break the line where an answer is lost, instead of letting the caller wait."""
        self.close_connection = True


@contextmanager
def serving(name: str, open_sandbox: OpenSandbox) -> Iterator[Street]:
    """Serve a stand-in at a free port of loopback, by the machine's own clock."""
    shop = Shop()
    options = SandboxOptions(
        notify={name: "http://127.0.0.1:9/webhooks"}, is_immediate=True, transport=shop
    )
    stand = open_sandbox(options, SystemClock())
    assert isinstance(stand, Stand)
    server = make_server("127.0.0.1", 0, stand.app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Street(stand, f"http://127.0.0.1:{server.server_port}", shop)
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()


@pytest.fixture
def node() -> Callable[..., Any]:
    """Run one of the scripts beside this file: words in by standard input, facts out as JSON."""
    program = shutil.which("node")
    if program is None or not (HERE / "node_modules").is_dir():
        reason = "needs Node and: npm ci --ignore-scripts --prefix tests/contract/sdks"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    def run(script: str, **given: Any) -> Any:
        done = subprocess.run(
            [program, str(HERE / script)],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            env={"PATH": os.environ.get("PATH", ""), "TZ": "Asia/Ho_Chi_Minh"},
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run
