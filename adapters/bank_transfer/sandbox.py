"""
The bank that does not exist, with its feeds: in a test through ``create_app``, or as a program.

    python -m adapters.bank_transfer.sandbox --port 8081 --data DIR \\
        --webhook-sepay http://127.0.0.1:8080/webhooks/sepay \\
        --webhook-casso http://127.0.0.1:8080/webhooks/casso [--speed 60]
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from flask import Flask
from werkzeug.serving import make_server

from adapters._sandbox.application import application
from adapters._sandbox.bank import BIN, Account
from adapters._sandbox.branch import Branch, open_branch
from adapters._sandbox.feeds import CassoFeed, Feed, SepayFeed
from adapters._sandbox.journal import FileJournal, Journal, MemoryJournal
from adapters._sandbox.open_codes import asked_from
from adapters._sandbox.page import OpenCodes
from adapters.casso.settings import SANDBOX_SETTINGS as CASSO
from adapters.sepay.settings import SANDBOX_SETTINGS as SEPAY
from payments.gateway.sandboxes import SandboxOptions, Wsgi
from payments.kernel.clock import Clock, SystemClock

#: The money account of the sample hospital, and one for its payouts.
ACCOUNTS: Final = (
    Account("99001000001", "BENH VIEN DA KHOA THU NGHIEM"),
    Account("99001000002", "BENH VIEN DA KHOA THU NGHIEM"),
)
BOOKS: Final = "sandbox-bank.jsonl"
#: How often the program looks for messages that are due.
_TICK_S: Final = 0.2


def demo_settings(base_url: str) -> dict[str, dict[str, str]]:
    """Give channel → settings of the adapters that fit the sandbox at *base_url*."""
    base = base_url.rstrip("/")
    return {
        "bank_transfer": {
            "bin": BIN,
            "account": ACCOUNTS[0].number,
            "holder": ACCOUNTS[0].holder,
            "notified_by": "sepay,casso",
        },
        "sepay": {
            "auth": "hmac",
            "webhook_secret": SEPAY["webhook_secret"],
            "api": "v1",
            "api_token": SEPAY["api_token"],
            "api_url": f"{base}/userapi",
        },
        "casso": {
            "webhook": "v2",
            "checksum_key": CASSO["checksum_key"],
            "api_key": CASSO["api_key"],
            "api_url": base,
        },
    }


def create_branch(
    clock: Clock,
    feeds: Mapping[str, Feed],
    *,
    journal: Journal | None = None,
    transport: httpx.BaseTransport | None = None,
    speed: float = 1.0,
    is_empty: bool = False,
) -> Branch:
    """Open the bank with the sample accounts; without *journal* it forgets with the process."""
    kept = MemoryJournal() if journal is None else journal
    return open_branch(
        ACCOUNTS, feeds, clock, kept, transport=transport, speed=speed, is_empty=is_empty
    )


def create_app(
    branch: Branch, open_codes: OpenCodes | None = None, *, is_immediate: bool = False
) -> Flask:
    """Make the WSGI application over *branch*, for ``httpx.WSGITransport`` or a server."""
    return application(branch, open_codes, is_immediate=is_immediate)


def open_books(
    data: Path, clock: Clock, webhooks: Mapping[str, str], transport: httpx.BaseTransport
) -> Flask:
    """
    Make the application over the books that the program keeps in *data*, in this process.

    Messages are sent at once, through *transport* to *webhooks* (feed → address): so that a past
    can be lived through under a moved *clock*.
    """
    made: dict[str, Callable[[str], Feed]] = {"sepay": SepayFeed, "casso": CassoFeed}
    feeds = {name: made[name](url) for name, url in webhooks.items()}
    journal = FileJournal(data / BOOKS)
    branch = create_branch(clock, feeds, journal=journal, transport=transport, is_empty=True)
    return create_app(branch, is_immediate=True)


@dataclass(frozen=True, slots=True)
class Counter:
    """The bank beside the sandboxes of gateways; it takes whatever no other claims."""

    branch: Branch
    app: Wsgi
    name: str = "bank"
    hosts: frozenset[str] = frozenset({"my.sepay.vn", "userapi.sepay.vn", "oauth.casso.vn"})

    def claims(self, environ: Mapping[str, Any]) -> bool:
        return True

    def run_due(self) -> int:
        return self.branch.run_due()


def open_sandbox(options: SandboxOptions, clock: Clock) -> Counter:
    """Open the bank with its feeds; ``options.notify`` names the webhooks of sepay and casso."""
    made: dict[str, Callable[[str], Feed]] = {"sepay": SepayFeed, "casso": CassoFeed}
    feeds = {
        name: make(options.notify[name]) for name, make in made.items() if name in options.notify
    }
    branch = create_branch(clock, feeds, transport=options.transport, speed=options.speed)
    app = application(branch, is_immediate=options.is_immediate, is_rate_limited=True)
    return Counter(branch, app.wsgi_app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve on loopback until interrupted."""
    args = _arguments(arguments)
    feeds: dict[str, Feed] = {}
    if args.webhook_sepay:
        feeds["sepay"] = SepayFeed(args.webhook_sepay)
    if args.webhook_casso:
        feeds["casso"] = CassoFeed(args.webhook_casso)
    journal: Journal = FileJournal(args.data / BOOKS) if args.data else MemoryJournal()
    branch = create_branch(
        SystemClock(), feeds, journal=journal, speed=args.speed, is_empty=args.empty
    )
    codes = asked_from(args.open_codes, httpx.Client(trust_env=False)) if args.open_codes else None
    app = application(branch, codes, is_rate_limited=True)
    server = make_server("127.0.0.1", args.port, app, threaded=True)
    stop = threading.Event()
    courier = threading.Thread(target=_deliver_until, args=(branch, stop), daemon=True)
    signal.signal(signal.SIGTERM, lambda *_: _stop(stop, server.shutdown))
    signal.signal(signal.SIGINT, lambda *_: _stop(stop, server.shutdown))
    courier.start()
    print(f"Ngân hàng Thử nghiệm: http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
    courier.join(timeout=1)
    return 0


def _deliver_until(branch: Branch, stop: threading.Event) -> None:
    while not stop.wait(_TICK_S):
        branch.run_due()


def _stop(stop: threading.Event, shutdown: Callable[[], None]) -> None:
    stop.set()
    # shutdown waits for serve_forever, which runs in the thread that the signal interrupted.
    threading.Thread(target=shutdown, daemon=True).start()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Ngân hàng Thử nghiệm (loopback only)")
    parser.add_argument("--port", type=int, default=8081, help="0 chooses a free one")
    parser.add_argument("--data", type=Path, help="keep the books here; without it in memory")
    parser.add_argument("--webhook-sepay", default="", metavar="URL")
    parser.add_argument("--webhook-casso", default="", metavar="URL")
    parser.add_argument("--open-codes", default="", metavar="URL", help="JSON list of open codes")
    parser.add_argument("--speed", type=float, default=1.0, help="60: retries in seconds")
    parser.add_argument("--empty", action="store_true", help="start without a first transaction")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
