"""
What one slow gateway costs those who pay in other ways: their p99 with and without it.

    python -m tests.benchmarks.slow_gateway [--seconds 20] [--rounds 5] [--rate 20]

One worker of the web, as it is: its eight threads, the use cases that its pages and webhooks call
(``open_attempt``, ``accept``), PostgreSQL with fsync. Pages are left out: they cost the same with a
slow gateway and without, and would only thin out what is looked for, threads that wait. Half of the
requests are SePay's messages, half payers who open a gateway that answers at once. In every other
period one payer a second also opens ZaloPay, whose server is a real one that takes the request and
never answers. Requests come when they are due, not when a thread is free, so that waiting for a
thread is in their times. Goal (fault test M6): the p99 of the others changes by less than 10 %.

Between two periods the gateway is well again, as if the breaker had forgotten: each slow period
begins with the five calls that it takes to find out.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.metadata import entry_points
from uuid import UUID

import structlog

from payments import gunicorn
from payments.channels import breaker
from payments.channels import service as channels
from payments.channels.breaker import ChannelDown
from payments.gateway import Gateways
from payments.inbox.service import accept
from payments.intents.opening import AttemptRequest, open_attempt
from payments.kernel.clock import SystemClock
from payments.runtime import Runtime
from tests.support.doubles import DOUBLE, double
from tests.support.feeds import FURNISHED, transfer
from tests.support.gateways import RETURN_URL, settings_of_sandbox
from tests.support.hospital import SANDBOX, Hospital
from tests.support.slow_gateways import slow_gateway
from tests.support.stage import SCOPE, own_cluster, stage

_SLOW = "zalopay"
_SLOW_EVERY_S = 1.0
_GOAL = 1.10
_DONG = 150_000


@dataclass
class Told:
    """How long requests took from when they were due, in seconds, and what was refused."""

    took: list[float] = field(default_factory=list)
    slow: Counter[str] = field(default_factory=Counter)

    def percentile(self, of_100: int) -> float:
        return 1000 * statistics.quantiles(self.took, n=100)[of_100 - 1]


@dataclass
class Desk:
    """A hospital with invoices that nobody has paid, taken from the end."""

    runtime: Runtime
    codes: list[tuple[int, str]]
    invoices: list[UUID]

    def message(self) -> None:
        number, code = self.codes.pop()
        now = self.runtime.clock.now()
        told = transfer(number, code, _DONG, now - timedelta(seconds=3))
        feed = FURNISHED["sepay"]
        reply = accept(self.runtime, SCOPE, feed.channel, feed.raw(told, now))
        if reply.status != 200:
            raise SystemExit(f"a message was answered {reply.status}: its time says nothing")

    def opens(self, channel: str) -> None:
        invoice = self.invoices.pop()
        asked = AttemptRequest(invoice, channel, f"{channel}-{invoice}", RETURN_URL)
        open_attempt(self.runtime, SCOPE, asked)

    def forget(self) -> None:
        """Let the slow gateway be well again."""
        self.runtime.database.run(SCOPE, lambda tx: breaker.answered(tx, _SLOW))


def furnish(hospital: Hospital, address: str, each: int) -> Desk:
    """Add both gateways and issue *each* invoices for each kind of request."""
    gateway = double(hospital)
    runtime = gateway.hospital.runtime
    [point] = entry_points(group="vienphi.gateways", name=_SLOW)
    known = {
        name: lambda told, transport, clock, name=name: runtime.gateways.build(
            name, told, transport, clock
        )
        for name in (*SANDBOX, DOUBLE)
    }
    hospital.runtime = replace(runtime, gateways=Gateways({**known, _SLOW: point.load()}))
    settings = settings_of_sandbox(_SLOW) | {"base_url": address}
    with runtime.database.transaction(SCOPE) as tx:
        channels.put(tx, hospital.runtime, slug=_SLOW, adapter=_SLOW, settings=settings)
    codes = [(number, hospital.show(hospital.issue()).code) for number in range(1, each + 1)]
    return Desk(hospital.runtime, codes, [hospital.issue() for _ in range(2 * each)])


def period(desk: Desk, seconds: float, rate: float, *, is_slow: bool) -> Told:
    """Let requests come for *seconds*, *rate* of them each second, to the threads of one worker."""
    told = Told()
    noting = threading.Lock()

    def timed(due: float, work: Callable[[], None]) -> None:
        work()
        with noting:
            told.took.append(time.perf_counter() - due)

    def slow() -> None:
        try:
            desk.opens(_SLOW)
            became = "waited for"
        except ChannelDown:
            became = "spared"
        with noting:
            told.slow[became] += 1

    kinds = (desk.message, lambda: desk.opens(DOUBLE))
    with ThreadPoolExecutor(gunicorn.threads) as threads:
        began = time.perf_counter()
        asked = [
            (began + number / rate, kinds[number % 2]) for number in range(int(seconds * rate))
        ]
        slow_at = [began + at * _SLOW_EVERY_S for at in range(int(seconds / _SLOW_EVERY_S))]
        waiting = []
        for due, work in asked:
            time.sleep(max(0.0, due - time.perf_counter()))
            if is_slow and slow_at and slow_at[0] <= due:
                slow_at.pop(0)
                waiting.append(threads.submit(slow))
            waiting.append(threads.submit(timed, due, work))
        for one in waiting:
            one.result()
    return told


def compare(desk: Desk, given: argparse.Namespace) -> None:
    measured: dict[bool, list[Told]] = {False: [], True: []}
    # Connections, prepared statements and caches come first.
    period(desk, 2.0, given.rate, is_slow=False)
    for turn in range(given.rounds):
        for is_slow in (False, True) if turn % 2 == 0 else (True, False):
            told = period(desk, given.seconds, given.rate, is_slow=is_slow)
            measured[is_slow].append(told)
            desk.forget()
    print("\n| others | requests | p50 ms | p99 ms | best and worst p99 |\n|---|---|---|---|---|")
    p99 = {}
    for is_slow, name in ((False, "alone"), (True, "beside the slow gateway")):
        # The middle of the periods: another program that stops us for a second hits one of them.
        tails = sorted(one.percentile(99) for one in measured[is_slow])
        p50 = statistics.median(one.percentile(50) for one in measured[is_slow])
        p99[is_slow] = statistics.median(tails)
        count = sum(len(one.took) for one in measured[is_slow])
        ends = f"{tails[0]:.1f}, {tails[-1]:.1f}"
        print(f"| {name} | {count} | {p50:.1f} | {p99[is_slow]:.1f} | {ends} |")
    ratio = p99[True] / p99[False]
    reached = "reached" if ratio < _GOAL else "not reached"
    print(f"\np99 beside / alone: {ratio:.2f}, goal < {_GOAL:.2f}: {reached}")
    slow = sum((one.slow for one in measured[True]), Counter[str]())
    print(f"payers of the slow gateway: {dict(slow)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=float, default=20)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    each = int((2 + 2 * given.rounds * given.seconds) * (given.rate + 2) / 2) + 10
    with (
        own_cluster(given.url) as cluster,
        stage(cluster, SystemClock()) as made,
        slow_gateway("silent") as address,
    ):
        desk = furnish(made.hospital, address, each)
        compare(desk, given)
        # A fast message that is not in the books is none.
        sent, booked = each - len(desk.codes), made.hospital.balance("1100").dong
        if booked != sent * _DONG:
            raise SystemExit(f"{sent} messages, {booked} đồng booked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
