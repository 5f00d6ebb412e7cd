"""The sandbox portal in this process, and an adapter in front of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
import pytest

from adapters._sandbox.wire import SandboxTransport
from adapters.bhyt_portal import build
from adapters.bhyt_portal.adapter import BhytPortal
from adapters.bhyt_portal.sandbox import ACCOUNT, PortalSandbox
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import FacilityId


@dataclass
class Wire(httpx.BaseTransport):
    """Remembers each request on its way to *inner*."""

    inner: httpx.BaseTransport
    sent: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.inner.handle_request(request)


@pytest.fixture
def sandbox(clock: FrozenClock) -> PortalSandbox:
    return PortalSandbox(clock, pause=lambda _: None)


@pytest.fixture
def wire(sandbox: PortalSandbox) -> Wire:
    return Wire(SandboxTransport(sandbox.app))


@pytest.fixture
def portal(wire: Wire, clock: FrozenClock) -> BhytPortal:
    return build("http://127.0.0.1", FacilityId(99001), ACCOUNT, wire, clock)
