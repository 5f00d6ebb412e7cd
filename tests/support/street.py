"""A hospital on the loopback, and on the next port the sandboxes of all gateways with pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from werkzeug.serving import WSGIRequestHandler, make_server

from adapters._sandbox.bench import BASE_URL
from adapters._sandbox.stand import Stand
from adapters.payos.sandbox_api import ACCOUNT as PAYOS_ACCOUNT
from payments.app import create_app
from payments.channels import service as channels
from payments.config import Mode, Settings
from payments.demo.making import PASSWORD, USERS
from payments.demo.sandboxes import Street as Doors
from payments.gateway import Gateways
from payments.gateway.sandboxes import SandboxOptions, open_sandbox
from payments.identity.service import add_user
from payments.inbox.asking import ask_all
from payments.kernel.clock import SystemClock
from payments.kernel.scope import FacilityId, Scope
from payments.kernel.secret import Secret
from payments.keys import Keys, write_new
from payments.runtime import Runtime
from tests.support.databases import fresh_sqlite, in_memory
from tests.support.gateways import notifying, settings_of_sandbox
from tests.support.hospital import PAYEE, Hospital
from tests.support.programs import free_port


class RunningClock(SystemClock):
    """The machine's clock, which a test may move on: nobody waits for minutes."""

    def advance(self, by: timedelta) -> None:
        self._offset += by


@dataclass(frozen=True)
class Street:
    """What runs, and what a test does behind the browser's back."""

    web: str
    hospital: Hospital
    clock: RunningClock
    stands: dict[str, Stand]

    def deliver_after(self, wait: timedelta) -> None:
        """Let time pass, and what gateways have sent since arrive."""
        self.clock.advance(wait)
        for stand in self.stands.values():
            stand.run_due()

    def ask_after(self, wait: timedelta) -> None:
        """Let time pass, and the worker ask gateways what no message told."""
        self.clock.advance(wait)
        ask_all(self.hospital.runtime, self.hospital.scope)

    def link(self, invoice: UUID) -> str:
        return f"{self.web}/p/{self.hospital.view(invoice).pay_token}"


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:  # type: ignore[override]
        """Say nothing: a page is asked for all the time."""


@contextmanager
def street(folder: Path) -> Iterator[Street]:
    """Serve a furnished hospital and all sandboxes; messages come within the request they tell."""
    web_port, gateway_port = free_port(), free_port()
    web, base_url = f"http://127.0.0.1:{web_port}", f"http://127.0.0.1:{gateway_port}"
    clock = RunningClock()
    with in_memory(folder) as place, closing(fresh_sqlite(place / "street.db", clock)) as database:
        settings = _settings(folder, web)
        gateways = Gateways.named(settings.gateways)
        runtime = Runtime(settings, database, gateways, clock, Keys.read(settings.keys_file))
        hospital = Hospital(runtime, Scope(FacilityId(99001), "user:test", "street"))
        for login, name, role in USERS:
            add_user(runtime, hospital.scope, login=login, name=name, role=role, password=PASSWORD)
        notify = {name: f"{web}/webhooks/{name}" for name in notifying()}
        options = SandboxOptions(notify=notify, is_immediate=True)
        stands = {name: open_sandbox(name, options, clock) for name in notify}
        _connect(hospital, base_url)
        with (
            _served(web_port, create_app(runtime)),
            _served(gateway_port, Doors(list(stands.values()))),
        ):
            yield Street(web, hospital, clock, stands)  # type: ignore[arg-type]


def _settings(folder: Path, web: str) -> Settings:
    write_new(folder / "keys.json", demo=True)
    return Settings(
        mode=Mode.TRIAL,
        database_url=Secret("unused://"),
        keys_file=folder / "keys.json",
        gateways=("bank_transfer", "casso", "sepay", *notifying()),
        hosts=("127.0.0.1",),
        public_url=web,
        proxy_hops=0,
        code_prefix="VPH",
        code_minutes=15,
        log_level="ERROR",
        facility=None,
        second_factor=False,
    )


def _connect(hospital: Hospital, base_url: str) -> None:
    """Add a channel of every gateway, led to its sandbox; payOS pays to an account of ours."""
    runtime = hospital.runtime
    with runtime.database.transaction(hospital.scope) as tx:
        channels.add_account(tx, "trial", type(PAYEE)(PAYEE.bin, PAYOS_ACCOUNT, PAYEE.holder))
        for name in notifying():
            told = settings_of_sandbox(name)
            led = {key: base_url if value == BASE_URL else value for key, value in told.items()}
            channels.put(tx, runtime, slug=name, adapter=name, settings=led)


@contextmanager
def _served(port: int, app: object) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
