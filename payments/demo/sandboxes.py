"""``vienphi sandbox``: the stand-ins of gateways, one or all of them in one program."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from werkzeug.serving import WSGIRequestHandler, make_server

from payments.gateway import sandboxes
from payments.gateway.sandboxes import Sandbox, SandboxOptions
from payments.kernel.clock import SystemClock
from payments.kernel.errors import InvalidField

#: How often the program looks for messages that are due.
_TICK_S: Final = 0.1
#: Serves what nobody else claims: the bank has pages at the root.
_LAST: Final = "bank"


def add_commands(subparsers: Any) -> None:
    parser = subparsers.add_parser("sandbox", help="stand-ins of gateways, for trials")
    parser.add_argument("name", help="all, or one of: " + ", ".join(sandboxes.names()))
    parser.add_argument("--payer", choices=("manual", "auto"), default="manual")
    parser.add_argument("--port", type=int, default=8090, help="0 chooses a free one")
    parser.add_argument("--speed", type=float, default=1.0, help="60: retries in seconds")
    parser.add_argument(
        "--notify",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="where messages go, for gateways that are not told with each order",
    )
    parser.set_defaults(run=_run)


class Street:
    """Several sandboxes at one root: told apart by the host's name, else by path and headers."""

    def __init__(self, doors: Sequence[Sandbox]) -> None:
        self.doors = sorted(doors, key=lambda one: one.name == _LAST)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        door = self._door(environ)
        if door is None:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"no sandbox serves this path\n"]
        return door.app(environ, start_response)

    def _door(self, environ: Mapping[str, Any]) -> Sandbox | None:
        host = str(environ.get("HTTP_HOST", "")).partition(":")[0].lower()
        named = (one for one in self.doors if host in one.hosts)
        claiming = (one for one in self.doors if one.claims(environ))
        return next(named, None) or next(claiming, None)

    def run_due(self) -> int:
        return sum(one.run_due() for one in self.doors)


class _Handler(WSGIRequestHandler):
    """Breaks the line where an answer is lost, instead of letting the caller wait."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log a call without what stands behind its path: at the portal that is a session."""
        self.log("info", '"%s %s" %s %s', self.command, self.path.partition("?")[0], code, size)

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        self.close_connection = True


def options_of(args: argparse.Namespace) -> SandboxOptions:
    """Read the arguments. Raises InvalidField for a ``--notify`` that is no NAME=URL."""
    notify = {}
    for item in args.notify:
        name, found, url = item.partition("=")
        if not found or not url.startswith(("http://", "https://")):
            raise InvalidField("--notify", "sandbox_notify")
        notify[name] = url
    return SandboxOptions(payer=args.payer, notify=notify, speed=args.speed)


def _run(args: argparse.Namespace) -> int:
    options, clock = options_of(args), SystemClock()
    names = sandboxes.names() if args.name == "all" else (args.name,)
    street = Street([sandboxes.open_sandbox(name, options, clock) for name in names])
    server = make_server("127.0.0.1", args.port, street, threaded=True, request_handler=_Handler)
    stop = threading.Event()
    courier = threading.Thread(target=_deliver_until, args=(street, stop), daemon=True)

    def end(*_: object) -> None:
        stop.set()
        # shutdown waits for serve_forever, which runs in the thread that the signal interrupted.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    courier.start()
    for door in street.doors:
        print(f"{door.name}: http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
    courier.join(timeout=1)
    return 0


def _deliver_until(street: Street, stop: threading.Event) -> None:
    while not stop.wait(_TICK_S):
        street.run_due()
