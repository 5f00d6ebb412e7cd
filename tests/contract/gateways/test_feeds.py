"""SePay and Casso, bank feeds, and the transfer that they tell of keep the same promises."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from adapters import bank_transfer
from adapters._sandbox.bank import Order
from adapters._sandbox.branch import Instruction
from adapters._wire import strict_json
from adapters.bank_transfer.sandbox import create_app, create_branch, demo_settings
from adapters.casso import signature as casso_signature
from adapters.sepay import signature as sepay_signature
from payments.gateway import Attempt, AttemptRef, RawNotification
from payments.gateway.testing import Act, GatewayContract, Vector
from payments.kernel.clock import FrozenClock
from payments.kernel.money import Money
from tests.contract.channels import ACCOUNT, BASE_URL, CHANNELS, Channel, Webhook
from tests.contract.conftest import seal
from tests.contract.gateways import vectors


def _sepay_accepts(vector: Mapping[str, Any]) -> bool:
    headers, body = vector["input"]["headers"], vector["input"]["raw_body"].encode()
    if "Authorization" in headers:
        return sepay_signature.has_key(headers["Authorization"], vector["key"])
    return sepay_signature.is_authentic(
        body, headers["X-SePay-Timestamp"], headers["X-SePay-Signature"], vector["key"]
    )


def _casso_accepts(vector: Mapping[str, Any]) -> bool:
    body, header = vector["input"]["body"], vector["input"]["header"]
    return casso_signature.is_authentic(body, header, vector["key"])


VECTORS = {
    "sepay": [(one, _sepay_accepts) for one in vectors.of("v-sepay-webhook")],
    "casso": [(one, _casso_accepts) for one in vectors.of("v-casso")],
}


class FeedBench:
    """A feed at the sandbox bank; it opens nothing and knows one act."""

    acts = frozenset({Act.PAY})

    def __init__(self, clock: FrozenClock, channel: Channel) -> None:
        self.clock, self.channel = clock, channel
        self.webhook = Webhook(clock)
        self.branch = create_branch(
            clock, {channel.slug: channel.feed}, transport=self.webhook, is_empty=True
        )
        network = httpx.WSGITransport(create_app(self.branch))
        self.gateway: Any = channel.adapter(clock, network)
        names = ("webhook_secret", "webhook_key", "checksum_key", "api_token", "api_key")
        self.secrets = tuple(channel.settings[one] for one in names if one in channel.settings)
        self.vectors = tuple(
            Vector(one["id"], one["expect"] == "accept", lambda one=one, check=check: check(one))
            for one, check in VECTORS[channel.slug]
        )
        self._number = 0

    def opened(self, amount: Money) -> tuple[Attempt, AttemptRef]:
        self._number += 1
        code = f"VPH{self._number:09d}"
        return Attempt(code, amount, self.clock.now()), AttemptRef(code, amount, self.clock.now())

    def play(self, attempt: Attempt, act: Act, **fault: Any) -> RawNotification:
        order = Order(ACCOUNT, attempt.amount.dong, attempt.reference)
        self.branch.pay(Instruction(order, feeds=(self.channel.slug,)))
        self.branch.run_due()
        return self.webhook.got[-1][1]

    def again(self, attempt: Attempt) -> RawNotification:
        transfers = self.branch.bank.transfers()
        [number] = [one.number for one in transfers if one.memo == attempt.reference]
        self.branch.courier.enqueue(number, self.channel.slug)
        self.branch.run_due()
        return self.webhook.got[-1][1]

    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        for name in self._fields(raw):
            yield name, replace(raw, body=self._body({**self._fields(raw), name: "9"}))

    def resigned(self, raw: RawNotification, changes: Mapping[str, str]) -> RawNotification:
        return seal(self.channel, self._body({**self._fields(raw), **changes}), self.clock)

    def _fields(self, raw: RawNotification) -> dict[str, Any]:
        if self._is_form:
            return dict(parse_qsl(raw.body.decode(), keep_blank_values=True))
        read: Any = strict_json.loads(raw.body)
        if self.channel.slug == "sepay":
            return dict(read)
        return dict(read["data"] if isinstance(read["data"], dict) else read["data"][0])

    def _body(self, fields: Mapping[str, Any]) -> bytes:
        if self._is_form:
            return urlencode(fields).encode()
        if self.channel.slug == "sepay":
            return json.dumps(fields).encode()
        is_v1 = self.channel.settings["webhook"] == "v1"
        return json.dumps({"error": 0, "data": [fields] if is_v1 else fields}).encode()

    @property
    def _is_form(self) -> bool:
        return self.channel.settings.get("body") == "form"


#: Each proof and each form of a body once; the other pairs are in test_notifications.
_SHAPES = ("sepay-hmac", "sepay-apikey-form", "casso-v2", "casso-v1")


class TestFeeds(GatewayContract):
    @pytest.fixture(params=_SHAPES)
    def bench(self, clock: FrozenClock, request: pytest.FixtureRequest) -> FeedBench:
        return FeedBench(clock, CHANNELS[request.param])


class TransferBench:
    """The hospital's own account: it opens, and a feed tells."""

    acts: frozenset[Act] = frozenset()
    secrets = ()
    vectors = ()

    def __init__(self, clock: FrozenClock) -> None:
        self.clock = clock
        settings = demo_settings(BASE_URL)["bank_transfer"]
        self.gateway: Any = bank_transfer.build(settings, None, clock)

    def attempt(self, amount: Money) -> Attempt:
        return Attempt("VPH123456789", amount, self.clock.now())


class TestBankTransfer(GatewayContract):
    @pytest.fixture
    def bench(self, clock: FrozenClock) -> TransferBench:
        return TransferBench(clock)
