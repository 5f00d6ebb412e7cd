"""One channel after another, with the sandbox bank that speaks to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from adapters._sandbox import feeds
from adapters._sandbox.bank import Order, Transfer
from adapters._sandbox.branch import Branch, Instruction
from adapters._sandbox.feeds import CassoFeed, SepayFeed
from adapters._wire import strict_json
from adapters.bank_transfer.sandbox import create_app, create_branch
from adapters.casso import signature as casso_signature
from adapters.sepay import signature as sepay_signature
from payments.gateway import RawNotification
from payments.kernel.clock import FrozenClock
from tests.contract.channels import ACCOUNT, BASE_URL, CHANNELS, Channel, Webhook


@pytest.fixture(params=sorted(CHANNELS))
def channel(request: pytest.FixtureRequest) -> Channel:
    return CHANNELS[request.param]


@pytest.fixture
def webhook(clock: FrozenClock) -> Webhook:
    return Webhook(clock)


@pytest.fixture
def branch(clock: FrozenClock, channel: Channel, webhook: Webhook) -> Branch:
    return create_branch(clock, {channel.slug: channel.feed}, transport=webhook, is_empty=True)


@pytest.fixture
def network(branch: Branch) -> httpx.WSGITransport:
    """The sandbox bank is all that there is on this network."""
    return httpx.WSGITransport(create_app(branch))


@pytest.fixture
def bank(network: httpx.WSGITransport) -> httpx.Client:
    return httpx.Client(transport=network, base_url=BASE_URL)


@pytest.fixture
def gateway(network: httpx.WSGITransport, channel: Channel, clock: FrozenClock) -> Any:
    return channel.adapter(clock, network)


@pytest.fixture
def notified(branch: Branch, channel: Channel, webhook: Webhook) -> Callable[..., RawNotification]:
    """Move money at the bank, and give the message that tells us of it."""

    def notified(**fields: Any) -> RawNotification:
        asked = {"account": ACCOUNT, "amount": 150_000, "memo": "VPH1234567890"} | fields
        branch.pay(Instruction(Order(**asked), feeds=(channel.slug,)))
        branch.run_due()
        return webhook.got[-1][1]

    return notified


@pytest.fixture
def resent(
    branch: Branch, channel: Channel, webhook: Webhook, clock: FrozenClock
) -> Callable[[int], RawNotification]:
    """Let the firm send its message about a transfer once more, a minute later."""

    def resent(transfer: int) -> RawNotification:
        clock.advance(timedelta(minutes=1))
        branch.courier.enqueue(transfer, channel.slug)
        branch.run_due()
        return webhook.got[-1][1]

    return resent


@dataclass
class Resigned:
    """Messages with *extra* or changed fields, signed as the firm would sign them."""

    channel: Channel
    clock: FrozenClock
    transfer: Transfer

    @property
    def names(self) -> set[str]:
        return set(self._fields(self.transfer))

    def __call__(
        self, *, memo: str = "", extra: Mapping[str, Any] | None = None
    ) -> RawNotification:
        told = replace(self.transfer, memo=memo) if memo else self.transfer
        return seal(self.channel, self._body(self._fields(told) | dict(extra or {})), self.clock)

    def _fields(self, transfer: Transfer) -> dict[str, Any]:
        match self.channel.feed:
            case SepayFeed():
                return feeds.sepay_fields(transfer)
            case CassoFeed(webhook="v2"):
                return feeds.casso_fields(transfer)
            case _:
                return feeds.casso_row(transfer)

    def _body(self, fields: dict[str, Any]) -> bytes:
        match self.channel.feed:
            case SepayFeed(body="form"):
                texts = {name: "" if one is None else str(one) for name, one in fields.items()}
                return urlencode(texts, errors="replace").encode()
            case CassoFeed(webhook="v2"):
                fields = {"error": 0, "data": fields}
            case CassoFeed(webhook="v1"):
                fields = {"error": 0, "data": [fields]}
        return json.dumps(fields).encode()


@pytest.fixture
def resigned(channel: Channel, clock: FrozenClock) -> Resigned:
    transfer = Transfer(
        number=1,
        account=ACCOUNT,
        amount=150_000,
        memo="VPH1234567890",
        payer_name="NGUYEN VAN THU",
        payer_account="0123456789",
        reference="FT26328000001",
        at=clock.now(),
        balance=100_150_000,
    )
    return Resigned(channel, clock, transfer)


@pytest.fixture
def sealed(channel: Channel, clock: FrozenClock) -> Callable[[bytes], RawNotification]:
    """Put a good proof on any bytes, where that can be done."""
    return lambda body: seal(channel, body, clock)


def seal(channel: Channel, body: bytes, clock: FrozenClock) -> RawNotification:
    match channel.feed:
        case SepayFeed(auth="hmac", credential=secret):
            timestamp = str(int(clock.now().timestamp()))
            signed = sepay_signature.sign(body, timestamp, secret)
            headers = {"x-sepay-timestamp": timestamp, "x-sepay-signature": signed}
        case SepayFeed(credential=key):
            headers = {"authorization": f"Apikey {key}"}
        case CassoFeed(webhook="v1", credential=token):
            headers = {"secure-token": token}
        case CassoFeed(credential=key):
            headers = {"x-casso-signature": _casso_signed(body, key)}
        case other:
            raise AssertionError(other)
    return RawNotification({}, headers, body, clock.now())


def _casso_signed(body: bytes, key: str) -> str:
    try:
        return casso_signature.sign(strict_json.loads(body), "1795317432000", key)
    except ValueError:
        return "t=1795317432000,v1=" + "0" * 128
