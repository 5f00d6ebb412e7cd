"""
C6: for a minute each flush of the database's disk takes half a second, while clients pay.

    python -m tests.faults.slow_disk --slow_s 60 --payments 6000 --clients 12 --seed 1

A disk between PostgreSQL and its files (``tests/support/disk.c``) waits 500 ms in each fsync and
fdatasync. Clients send the same message again until they are told yes.

PASS: every payment is acknowledged, posted once and never twice, whatever timed out meanwhile; the
worker's queue is empty at the end; the p99 of answers is back to twice what it was before, or half
a second, within 60 s after the disk is.
"""

from __future__ import annotations

import time
from typing import Final

from tests.faults import script
from tests.faults.crash import Theatre, judge, performed
from tests.faults.script import Outcome
from tests.support.programs import until
from tests.support.weak_disk import NoCompiler, WeakDisk, weak_disk

_BACK_MAX_S: Final = 60.0
_WINDOW_S: Final = 5.0
_BEFORE_S: Final = 10.0
#: What a desk does not notice, however fast it was before.
_GOOD_S: Final = 0.5


def run(seed: int, *, slow_s: int, payments: int, clients: int) -> Outcome:
    outcome = Outcome()
    try:
        with weak_disk() as disk:
            url = disk.server.url
            with performed(disk.server, url, payments, clients, seed) as programs:
                _slow_down(disk, programs, slow_s, outcome)
                programs.traffic.wait()
                judge(programs, outcome)
    except NoCompiler as reason:
        outcome.failures.append(f"not run: {reason}")
    return outcome


def _slow_down(disk: WeakDisk, programs: Theatre, slow_s: int, outcome: Outcome) -> None:
    traffic = programs.traffic
    traffic.start()
    until(lambda: traffic.count() > 0, seconds=60, what="the first payment")
    # Caches and pools are filled by the first ones.
    time.sleep(2)
    began = time.monotonic()
    time.sleep(_BEFORE_S)
    slow_from = time.monotonic()
    disk.is_slow(whether=True)
    time.sleep(slow_s)
    disk.is_slow(whether=False)
    slow_to = time.monotonic()
    before = traffic.p99(began, slow_from)
    slow = traffic.p99(slow_from, slow_to)
    back = _back(programs, slow_to, max(_GOOD_S, 2 * (before or 0)))
    told = sum(slow_from <= at < slow_to for at in traffic.acknowledged)
    outcome.figures["p99 before, s"] = _rounded(before)
    outcome.figures["p99 while slow, s"] = _rounded(slow)
    outcome.figures["acknowledged while slow"] = told
    outcome.figures["seconds until p99 was back"] = _rounded(back)
    if slow is None or before is None or slow < 2 * before:
        outcome.failures.append("the disk slowed nothing down: nothing was tested")
    if back is None:
        outcome.failures.append(f"p99 was not back within {_BACK_MAX_S:.0f} s, or no traffic left")


def _back(programs: Theatre, since: float, good_s: float) -> float | None:
    """Say after how many seconds a whole window of answers was good again."""
    while time.monotonic() < since + _BACK_MAX_S + _WINDOW_S and programs.traffic.is_running():
        time.sleep(0.5)
        now = time.monotonic()
        if now - since < _WINDOW_S:
            continue
        found = programs.traffic.p99(now - _WINDOW_S, now)
        if found is not None and found <= good_s:
            return max(0.0, now - _WINDOW_S - since)
    return None


def _rounded(seconds: float | None) -> float | str:
    return "none" if seconds is None else round(seconds, 2)


if __name__ == "__main__":
    sizes = {"slow_s": 60, "payments": 6_000, "clients": 12}
    raise SystemExit(script.main(run, "C6 slow disk", sizes, needs_cluster=False))
