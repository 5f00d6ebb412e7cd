"""The sandbox bank in this process, and a webhook of ours that keeps what it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from adapters._sandbox.branch import Branch
from adapters._sandbox.feeds import CassoFeed, Feed, SepayFeed
from adapters.bank_transfer.sandbox import create_app, create_branch, demo_settings
from payments.gateway import RawNotification
from payments.kernel.clock import FrozenClock

ACCOUNT = demo_settings("http://localhost")["bank_transfer"]["account"]


@dataclass
class Webhook(httpx.BaseTransport):
    """Answers *statuses* in turn, then 200; -1 is a line that breaks."""

    clock: FrozenClock
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[str, RawNotification]] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw = RawNotification({}, headers, request.read(), self.clock.now())
        self.got.append((request.url.path.rpartition("/")[2], raw))
        status = self.statuses.pop(0) if self.statuses else 200
        if status < 0:
            raise httpx.ConnectError("no route")
        return httpx.Response(status, json={"success": status == 200})

    def told(self, channel: str) -> list[RawNotification]:
        return [raw for name, raw in self.got if name == channel]


@pytest.fixture
def webhook(clock: FrozenClock) -> Webhook:
    return Webhook(clock)


FEEDS: Mapping[str, Feed] = {
    "sepay": SepayFeed("http://localhost/webhooks/sepay"),
    "casso": CassoFeed("http://localhost/webhooks/casso"),
}


@pytest.fixture
def branch(clock: FrozenClock, webhook: Webhook) -> Branch:
    return create_branch(clock, FEEDS, transport=webhook, is_empty=True)


@pytest.fixture
def bank(branch: Branch) -> httpx.Client:
    """Our browser and our programs at the sandbox bank."""
    transport = httpx.WSGITransport(create_app(branch, is_immediate=True))
    return httpx.Client(transport=transport, base_url="http://localhost")


@pytest.fixture
def order(bank: httpx.Client) -> Callable[..., Any]:
    """Order a transfer with defaults, as a program does."""

    def order(**fields: Any) -> Any:
        asked = {"account": ACCOUNT, "amount": 250_000, "memo": "VPH1234567890"} | fields
        return bank.post("/sandbox/transfers", json=asked).raise_for_status().json()

    return order
