"""Gateways are asked beside each other: one that stalls holds up its own questions alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from payments.gateway import AttemptRef
from payments.inbox import lanes as lanes_module
from payments.inbox.lanes import Lanes
from payments.intents.status import Status
from payments.kernel.clock import FrozenClock
from tests.support.doubles import DOUBLE, AtTheGateway, another, double
from tests.support.hospital import Hospital
from tests.unit.inbox.test_attempts import told

OTHER = "other"
#: Longer than any of this takes on a busy machine.
LONG_S = 60.0


@dataclass
class Stall:
    """A gateway that answers only when it is let."""

    is_asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def __call__(self, _: AttemptRef) -> None:
        self.is_asked.set()
        assert self.may_answer.wait(LONG_S), "nobody let it answer"


@pytest.fixture
def stalled(hospital: Hospital) -> AtTheGateway:
    return double(hospital)


@pytest.fixture
def healthy(stalled: AtTheGateway) -> AtTheGateway:
    made = another(stalled, OTHER)
    made.invoice = made.hospital.issue()
    return made


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    made = Lanes()
    yield made
    made.close()


def lost(gateway: AtTheGateway, channel: str, key: str) -> UUID:
    """Let the answer to opening get lost: the gateway is to be asked in 15 s."""
    gateway.fail = httpx.ReadTimeout("silence")
    intent = gateway.open(key=key, channel=channel)
    gateway.fail = None
    gateway.answers = [told(gateway, intent, transaction=key)]
    return intent


def until(is_so: Callable[[], bool]) -> bool:
    """Wait for what threads do; false only where they never do it. Asks no more once it is so."""
    end = time.monotonic() + LONG_S
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.005)
    return False


def start(lanes: Lanes, gateway: AtTheGateway) -> int:
    return lanes.start_due(gateway.hospital.runtime, gateway.hospital.scope)


def test_gateway_that_stalls_delays_no_question_to_another(
    stalled: AtTheGateway, healthy: AtTheGateway, clock: FrozenClock, lanes: Lanes
) -> None:
    stalled.hospital = healthy.hospital
    held = lost(stalled, DOUBLE, "key-stalled")
    first = lost(healthy, OTHER, "key-first")
    stalled.on_query = stall = Stall()
    clock.advance(timedelta(seconds=15))
    assert start(lanes, healthy) == 2
    assert stall.is_asked.wait(LONG_S)
    assert until(lambda: healthy.intent(first).status is Status.CAPTURED)

    # The next round: the lane of the one is still busy, the other is asked at once.
    healthy.invoice = healthy.hospital.issue()
    second = lost(healthy, OTHER, "key-second")
    clock.advance(timedelta(seconds=60))
    assert until(lambda: start(lanes, healthy) == 1)
    assert until(lambda: healthy.intent(second).status is Status.CAPTURED)

    assert stalled.intent(held).status is Status.UNKNOWN
    assert len(stalled.asked) == 1
    stall.may_answer.set()
    assert until(lambda: stalled.intent(held).status is Status.CAPTURED)


def test_questions_of_one_gateway_keep_their_order(
    stalled: AtTheGateway, clock: FrozenClock, lanes: Lanes
) -> None:
    opened = []
    for number in range(3):
        stalled.invoice = stalled.hospital.issue()
        opened.append(lost(stalled, DOUBLE, f"key-{number:06d}"))
        clock.advance(timedelta(seconds=1))
    wires = [stalled.intent(one).code for one in opened]
    stalled.answers = []
    clock.advance(timedelta(seconds=15))

    assert start(lanes, stalled) == 1
    assert until(lambda: len(stalled.asked) == 3)

    assert [one.reference for one in stalled.asked] == wires


def test_lane_that_ends_badly_is_said_and_started_again(
    stalled: AtTheGateway, clock: FrozenClock, lanes: Lanes
) -> None:
    intent = lost(stalled, DOUBLE, "key-000001")
    stalled.fail = ZeroDivisionError("a mistake of ours")
    clock.advance(timedelta(seconds=15))
    assert start(lanes, stalled) == 1
    assert until(lambda: len(stalled.asked) == 1)
    stalled.fail = None
    clock.advance(timedelta(seconds=60))

    assert until(lambda: start(lanes, stalled) == 1)

    assert until(lambda: stalled.intent(intent).status is Status.CAPTURED)


def test_closed_lanes_end_between_two_questions_and_start_nothing(
    stalled: AtTheGateway, clock: FrozenClock
) -> None:
    lanes = Lanes()
    for number in range(2):
        stalled.invoice = stalled.hospital.issue()
        lost(stalled, DOUBLE, f"key-{number:06d}")
    stalled.on_query = stall = Stall()
    clock.advance(timedelta(seconds=15))
    start(lanes, stalled)
    assert stall.is_asked.wait(LONG_S)

    closing = threading.Thread(target=lanes.close)
    closing.start()
    assert until(lambda: start(lanes, stalled) == 0)
    assert until(lanes._stop.is_set)
    stall.may_answer.set()
    closing.join(LONG_S)

    assert not closing.is_alive()
    assert len(stalled.asked) == 1


def test_no_more_lanes_than_threads(
    stalled: AtTheGateway,
    healthy: AtTheGateway,
    clock: FrozenClock,
    lanes: Lanes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes_module, "LANES_MAX", 1)
    stalled.hospital = healthy.hospital
    lost(stalled, DOUBLE, "key-stalled")
    lost(healthy, OTHER, "key-healthy")
    stalled.on_query = stall = Stall()
    clock.advance(timedelta(seconds=15))

    assert start(lanes, healthy) == 1
    assert start(lanes, healthy) == 0
    stall.may_answer.set()
    assert until(lambda: start(lanes, healthy) == 1)
