"""The sandbox bank in this process, and a webhook of ours that keeps what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapters._sandbox.branch import Branch
from adapters.bank_transfer.sandbox import create_app, create_branch
from payments.kernel.clock import FrozenClock
from tests.contract.channels import ACCOUNT, BASE_URL, CHANNELS, Webhook

FEEDS = {"sepay": CHANNELS["sepay-hmac"].feed, "casso": CHANNELS["casso-v2"].feed}


@pytest.fixture
def webhook(clock: FrozenClock) -> Webhook:
    return Webhook(clock)


@pytest.fixture
def branch(clock: FrozenClock, webhook: Webhook) -> Branch:
    return create_branch(clock, FEEDS, transport=webhook, is_empty=True)


@pytest.fixture
def bank(branch: Branch) -> httpx.Client:
    """Our browser and our programs at the sandbox bank."""
    transport = httpx.WSGITransport(create_app(branch, is_immediate=True))
    return httpx.Client(transport=transport, base_url=BASE_URL)


@pytest.fixture
def order(bank: httpx.Client) -> Callable[..., Any]:
    """Order a transfer with defaults, as a program does."""

    def order(**fields: Any) -> Any:
        asked = {"account": ACCOUNT, "amount": 250_000, "memo": "VPH1234567890"} | fields
        return bank.post("/sandbox/transfers", json=asked).raise_for_status().json()

    return order
