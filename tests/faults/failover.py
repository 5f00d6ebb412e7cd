"""
C7: the primary of two nodes is killed while clients pay; the other goes on, with every payment.

    python -m tests.faults.failover --failovers 10 --payments 20000 --seed 1

Two PostgreSQL servers, a commit is told when both have it. The primary and all its processes get a
SIGKILL; the standby is promoted, and the dead one follows it anew before the next kill. gunicorn
and the job worker are not started again: they find by their one address who may be written to. The
gap is from the kill to the first payment that is acknowledged after it.
"""

from __future__ import annotations

import random
import time
from typing import Final

from tests.faults import script
from tests.faults.crash import Theatre, judge, performed
from tests.faults.script import Outcome
from tests.support.programs import until
from tests.support.two_nodes import TwoNodes, two_nodes

_GAP_MAX_S: Final = 60.0


def run(seed: int, *, failovers: int, payments: int, clients: int, up_ms: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with (
        two_nodes() as nodes,
        performed(nodes.primary, nodes.url, payments, clients, seed) as all_of_it,
    ):
        workers = all_of_it.web.worker_pids()
        began = time.monotonic()
        all_of_it.traffic.start()
        until(lambda: all_of_it.traffic.count() > 0, seconds=60, what="the first payment")
        gaps = []
        while len(gaps) < failovers and all_of_it.traffic.is_running():
            time.sleep(chance.uniform(0.5, 1.5) * up_ms / 1_000)
            gaps += _fail_over(nodes, all_of_it)
        all_of_it.traffic.wait()
        outcome.figures["payments a second, gaps included"] = round(
            payments / (time.monotonic() - began)
        )
        if gaps:
            outcome.figures["gap in s, median and worst"] = (
                f"{sorted(gaps)[len(gaps) // 2]:.1f}, {max(gaps):.1f}"
            )
        outcome.expect("failovers while clients paid", len(gaps), failovers)
        outcome.expect("gaps above a minute", sum(one > _GAP_MAX_S for one in gaps), 0)
        outcome.expect("web workers are the same", all_of_it.web.worker_pids() == workers, True)
        outcome.expect("the job worker is the same", all_of_it.worker.is_running(), True)
        judge(all_of_it, outcome)
    return outcome


def _fail_over(nodes: TwoNodes, programs: Theatre) -> list[float]:
    """Return how long nothing was acknowledged; empty where all had been paid before the kill."""
    began = time.monotonic()
    nodes.fail_over()
    # Only an answer after the promotion is of the new primary; others were on their way.
    promoted = time.monotonic()
    until(
        lambda: (
            programs.traffic.first_after(promoted) is not None or not programs.traffic.is_running()
        ),
        seconds=120,
        what="a payment after the failover",
    )
    first = programs.traffic.first_after(promoted)
    nodes.follow()
    return [] if first is None else [first - began]


if __name__ == "__main__":
    sizes = {"failovers": 10, "payments": 20_000, "clients": 50, "up_ms": 3_000}
    raise SystemExit(script.main(run, "C7 failover", sizes, needs_cluster=False))
