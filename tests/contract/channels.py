"""The channels that notify, each with its adapter and the sandbox feed that speaks to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import httpx

from adapters import casso, sepay
from adapters._sandbox.feeds import CassoFeed, Feed, SepayFeed
from adapters.bank_transfer.sandbox import demo_settings
from adapters.casso.settings import SANDBOX_SETTINGS as CASSO
from adapters.sepay.settings import SANDBOX_SETTINGS as SEPAY
from payments.gateway import RawNotification, Transport
from payments.gateway.registry import Build
from payments.kernel.clock import Clock, FrozenClock

BASE_URL: Final = "http://localhost"
ACCOUNT: Final = demo_settings(BASE_URL)["bank_transfer"]["account"]
OTHER_ACCOUNT: Final = "99001000002"


@dataclass(frozen=True)
class Channel:
    """How one kind of channel is set up on both sides."""

    slug: str
    build: Build
    settings: Mapping[str, str]
    feed: Feed

    def adapter(self, clock: Clock, transport: Transport | None = None):
        return self.build(self.settings, transport, clock)


def _sepay(auth: str, body: str, api: str) -> Channel:
    credential = {"hmac": "webhook_secret", "apikey": "webhook_key"}[auth]
    settings = {
        "auth": auth,
        "body": body,
        "api": api,
        credential: SEPAY[credential],
        "api_token": SEPAY["api_token"],
        "api_url": BASE_URL + ("/userapi" if api == "v1" else "/v2"),
    }
    feed = SepayFeed(f"{BASE_URL}/webhooks/sepay", auth, body, SEPAY[credential])
    return Channel("sepay", sepay.build, settings, feed)


def _casso(webhook: str) -> Channel:
    credential = {"v2": "checksum_key", "v1": "secure_token"}[webhook]
    settings = {
        "webhook": webhook,
        credential: CASSO[credential],
        "api_key": CASSO["api_key"],
        "api_url": BASE_URL,
    }
    feed = CassoFeed(f"{BASE_URL}/webhooks/casso", webhook, CASSO[credential])
    return Channel("casso", casso.build, settings, feed)


CHANNELS: Final[Mapping[str, Channel]] = MappingProxyType(
    {
        "sepay-hmac": _sepay("hmac", "json", "v1"),
        "sepay-hmac-form": _sepay("hmac", "form", "v2"),
        "sepay-apikey": _sepay("apikey", "json", "v2"),
        "sepay-apikey-form": _sepay("apikey", "form", "v1"),
        "casso-v2": _casso("v2"),
        "casso-v1": _casso("v1"),
    }
)


@dataclass
class Webhook(httpx.BaseTransport):
    """Our side of the line: answers *statuses* in turn, then 200; -1 is a line that breaks."""

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

    def told(self, slug: str) -> list[RawNotification]:
        return [raw for name, raw in self.got if name == slug]
