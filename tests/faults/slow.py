"""
M6: a gateway that is slow, endless or half closed keeps nobody for longer than ten seconds.

    python -m tests.faults.slow --seed 1

Each adapter's questions, openings and refunds go to servers that never answer, drip a byte a
second (of the head or of the body), stop inside, close one half, or read nothing. MoMo's documents
ask callers to wait for thirty seconds, and it gets them. Nothing that was sent may count as refused
or done.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Final

from adapters._sandbox.bench import BASE_URL
from payments.gateway import (
    Answers,
    Attempt,
    AttemptRef,
    CallOutcome,
    Opens,
    RefundOrder,
    Refunds,
    outcome_of,
)
from payments.kernel.clock import SystemClock
from payments.kernel.errors import VienphiError
from payments.kernel.money import vnd
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.gateways import notifying, settings_of_sandbox
from tests.support.slow_gateways import WAYS, slow_gateway

_WHOLE_S: Final = 10.0
_PATIENT_S: Final = {"momo": 30.0}
#: Opens by an address of our own making, and publishes no question and no refund.
_UNCALLED: Final = frozenset({"onepay"})
#: A busy machine wakes late.
_LATE_S: Final = 2.0
_PRICE: Final = vnd(150_000)


@dataclass(frozen=True, slots=True)
class Called:
    gateway: str
    verb: str
    way: str
    seconds: float
    outcome: str


def run(seed: int, *, gateways: int, ways: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    called = [name for name in notifying() if name not in _UNCALLED]
    names = chance.sample(called, min(gateways, len(called)))
    told = _all_at_once(names, chance.sample(sorted(WAYS), min(ways, len(WAYS))))
    for name in sorted(names):
        of_it = [one for one in told if one.gateway == name]
        slowest = max(of_it, key=lambda one: one.seconds)
        outcome.figures[name] = (
            f"{len(of_it)} calls, slowest {slowest.seconds:.1f} s ({slowest.verb}, {slowest.way})"
        )
    for one in told:
        most = _PATIENT_S.get(one.gateway, _WHOLE_S) + _LATE_S
        if one.seconds > most:
            outcome.failures.append(f"{one}: longer than {most:.0f} s")
        if one.outcome != CallOutcome.UNKNOWN:
            outcome.failures.append(f"{one}: not unknown")
    outcome.expect("ways of being slow", len({one.way for one in told}), min(ways, len(WAYS)))
    return outcome


def _all_at_once(names: Sequence[str], ways: Sequence[str]) -> list[Called]:
    """Call every verb of every adapter at every kind of slow server; they wait side by side."""
    waiting = []
    with ExitStack() as stack:
        addresses = {way: stack.enter_context(slow_gateway(way)) for way in ways}
        threads = stack.enter_context(ThreadPoolExecutor(128))
        for way, name in itertools.product(ways, names):
            for verb, call in _verbs(name, addresses[way]).items():
                waiting.append(threads.submit(_timed, name, verb, way, call))
        return [found for one in waiting if (found := one.result()) is not None]


def _timed(name: str, verb: str, way: str, call: Any) -> Called | None:
    began = time.monotonic()
    try:
        call()
    except VienphiError as failure:
        return Called(name, verb, way, time.monotonic() - began, outcome_of(failure).value)
    # An address of our own making: nobody was called.
    return None if verb == "open" else Called(name, verb, way, time.monotonic() - began, "ok")


def _verbs(name: str, address: str) -> dict[str, Any]:
    adapter = _adapter(name, address)
    now = SystemClock().now()
    # Stripe's names say of what they are.
    known = "pi_14000001" if name == "stripe" else "14000001"
    ref = AttemptRef("VPH0000000AB", _PRICE, now, known, 1_000_001)
    attempt = Attempt(
        "VPH0000000AB", _PRICE, now.replace(year=now.year + 1), f"{BASE_URL}/back",
        f"{BASE_URL}/webhooks/x", now, "127.0.0.1", number=1_000_001,
    )  # fmt: skip
    order = RefundOrder("R0000000001", ref, _PRICE, now, "ketoan01")
    verbs: dict[str, Any] = {}
    if isinstance(adapter, Opens):
        verbs["open"] = lambda: adapter.open(attempt)
    if isinstance(adapter, Answers):
        verbs["query"] = lambda: adapter.query(ref)
    if isinstance(adapter, Refunds):
        verbs["refund"] = lambda: adapter.refund(order)
    return verbs


def _adapter(name: str, address: str) -> Any:
    [point] = entry_points(group="vienphi.gateways", name=name)
    told = settings_of_sandbox(name)
    led = {key: address if value == BASE_URL else value for key, value in told.items()}
    return point.load()(led, None, SystemClock())


if __name__ == "__main__":
    sizes = {"gateways": 99, "ways": 99}
    raise SystemExit(script.main(run, "M6 slow gateways", sizes, needs_cluster=False))
