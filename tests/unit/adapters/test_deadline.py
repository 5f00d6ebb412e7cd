"""No gateway keeps a caller for longer than the whole exchange may take."""

from __future__ import annotations

import time

import httpx
import pytest

from adapters._wire.deadline import breaking_after
from adapters._wire.exchange import Call, Line
from payments.gateway import OutcomeUnknown
from payments.kernel.clock import SystemClock
from tests.support.slow_gateways import slow_gateway


def test_head_that_drips_is_broken_off_although_no_read_waits_long() -> None:
    with slow_gateway("dripping head") as address:
        began = time.monotonic()
        with (
            pytest.raises(httpx.TransportError),
            breaking_after(1.2) as trace,
            httpx.Client(timeout=5, trust_env=False) as client,
        ):
            client.get(address, extensions={"trace": trace})

        # The head alone would take more than a minute.
        assert time.monotonic() - began < 30


def test_what_was_sent_to_a_slow_gateway_is_unknown() -> None:
    with slow_gateway("silent") as address, pytest.raises(OutcomeUnknown):
        Line(address, SystemClock(), None, wait_s=1).send(Call("POST", "/pay", b"{}"))
