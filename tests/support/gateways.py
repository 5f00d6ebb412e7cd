"""A hospital that collects through gateways, each at its own sandbox in this process."""

from __future__ import annotations

import importlib.util
import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import entry_points
from typing import Any
from uuid import UUID

import httpx

from adapters._sandbox import faults
from adapters._sandbox.bench import BASE_URL, Webhook
from adapters._sandbox.stand import Stand
from adapters._sandbox.wire import SandboxTransport
from adapters.payos.sandbox_api import ACCOUNT as PAYOS_ACCOUNT
from payments.channels import service as channels
from payments.gateway import Capability, Gateways, RawNotification, Reply, Verdict
from payments.gateway.sandboxes import SandboxOptions, open_sandbox
from payments.gateway.schema import settings_of
from payments.inbox.service import accept
from payments.intents import attempts
from payments.intents import repository as intents
from payments.intents.attempts import GatewayAttempt
from payments.intents.model import Intent
from payments.intents.opening import AttemptRequest, open_attempt
from payments.kernel.clock import FrozenClock
from payments.kernel.money import Money
from payments.receipts.rows import PAYMENT
from tests.support.hospital import PAYEE, Hospital

_EPOCH = datetime(2026, 11, 24, tzinfo=UTC)
RETURN_URL = "http://localhost/back"


def notifying() -> tuple[str, ...]:
    """Name the adapters that open pages of their own and notify, ours and those to come."""
    return able_to(Capability.OPENS, Capability.NOTIFIES)


@cache
def able_to(*wanted: Capability) -> tuple[str, ...]:
    """Name the adapters with a sandbox that declare all that is *wanted*."""
    found = []
    sandboxes = {point.name for point in entry_points(group="vienphi.sandboxes")}
    for point in sorted(entry_points(group="vienphi.gateways"), key=lambda one: one.name):
        if importlib.util.find_spec(point.value.partition(":")[0]) is None:
            # Installed for another checkout: its package is not here.
            continue
        if point.name in sandboxes and hasattr(_module(point.value), "SANDBOX_SETTINGS"):
            made = point.load()(settings_of_sandbox(point.name), None, FrozenClock(_EPOCH))
            if made.supports >= set(wanted):
                found.append(point.name)
    return tuple(found)


def settings_of_sandbox(name: str) -> dict[str, str]:
    """Give the public settings of the sandbox *name*, led to this process."""
    [point] = entry_points(group="vienphi.gateways", name=name)
    declared = settings_of(point.load())
    urls = {one.name: BASE_URL for one in declared if one.name.endswith("_url")}
    return {**_module(point.value).SANDBOX_SETTINGS, **urls}


def _module(value: str) -> Any:
    """Import the module of settings beside the package that *value* names, or the package."""
    package = value.partition(":")[0]
    try:
        return importlib.import_module(f"{package}.settings")
    except ModuleNotFoundError:
        return importlib.import_module(package)


@dataclass
class GatewayDesk:
    """One gateway in front of a furnished hospital; what the gateway sends waits in ``got``."""

    hospital: Hospital
    name: str
    stand: Stand
    webhook: Webhook
    _counter: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def got(self) -> list[RawNotification]:
        return self.webhook.got

    def open(self, invoice: UUID, *, key: str = "", follow: bool = True) -> UUID:
        """Let a payer ask for the gateway's page, and *follow* it."""
        runtime = self.hospital.runtime
        asked = AttemptRequest(
            invoice,
            self.name,
            key or f"open-{next(self._counter):08d}",
            RETURN_URL,
            payer_ip="127.0.0.1",
        )
        intent = open_attempt(runtime, self.hospital.scope, asked)
        shown = self.attempt(intent).shown
        if shown is not None and follow:
            self.follow(shown)
        return intent

    def follow(self, shown: Any) -> None:
        browser = httpx.Client(transport=self.hospital.runtime.transport, base_url=BASE_URL)
        if hasattr(shown, "fields"):
            body = "&".join(str(httpx.QueryParams([pair])) for pair in shown.fields)
            kind = {"content-type": "application/x-www-form-urlencoded"}
            browser.post(shown.url, content=body, headers=kind)
        elif hasattr(shown, "url"):
            browser.get(shown.url)

    def intent(self, intent: UUID) -> Intent:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            return intents.get(tx, intent)

    def attempt(self, intent: UUID) -> GatewayAttempt:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            found = attempts.of_intent(tx, intent)
        assert found is not None
        return found

    def wire(self, intent: UUID) -> str:
        """Name the order of *intent* as the sandbox's book does."""
        names = (self.intent(intent).code, str(self.attempt(intent).number))
        for order in self.stand.orders:
            # The stand-in of ZaloPay adds the app to the orders of its second one.
            bare = order.reference.partition("@")[0]
            if any(bare == one or bare.endswith(f"_{one}") for one in names):
                return order.reference
        raise AssertionError(f"no order of {names} at {self.name}")

    def play(self, intent: UUID, act: str, **fault: Any) -> list[RawNotification]:
        """Let the payer act; returns what the gateway sends, which is not delivered yet."""
        before = len(self.got)
        self.stand.play(self.wire(intent), act, faults.from_fields(fault) if fault else None)
        return self.got[before:]

    def deliver(self, *raws: RawNotification) -> list[Reply]:
        runtime, scope = self.hospital.runtime, self.hospital.scope
        return [accept(runtime, scope, self.name, raw) for raw in raws]

    def replies(self, verdict: Verdict) -> Reply:
        return self.adapter.reply(verdict)

    @property
    def adapter(self) -> Any:
        runtime = self.hospital.runtime
        return runtime.gateways.build(
            self.name, settings_of_sandbox(self.name), runtime.transport, runtime.clock
        )


def desk(hospital: Hospital, name: str, **settings: str) -> GatewayDesk:
    """Add a channel of the adapter *name* with *settings*, connected to a sandbox of its own."""
    clock = hospital.runtime.clock
    webhook = Webhook(clock, lambda: made.replies(Verdict.STORED))
    options = SandboxOptions(
        notify={name: f"http://localhost/webhooks/{name}"}, is_immediate=True, transport=webhook
    )
    stand = open_sandbox(name, options, clock)
    assert isinstance(stand, Stand)
    builds = {
        one.name: one.load()
        for one in entry_points(group="vienphi.gateways")
        if one.name in {name, "bank_transfer", "casso", "sepay"}
    }
    hospital.runtime = replace(
        hospital.runtime, gateways=Gateways(builds), transport=SandboxTransport(stand.app)
    )
    made = GatewayDesk(hospital, name, stand, webhook)
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        if name == "payos":
            # Its money lands on an account of ours: the one that the sandbox tells.
            channels.add_account(tx, "trial", replace(PAYEE, account=PAYOS_ACCOUNT))
        told = {**settings_of_sandbox(name), **settings}
        channels.put(tx, hospital.runtime, slug=name, adapter=name, settings=told)
    return made


def received(hospital: Hospital) -> Money:
    """Sum what gateways have given us, by the rows of payments."""
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(PAYMENT.select().where(PAYMENT.c.method == "gateway")).all()
    return Money(sum(row.received for row in rows))
