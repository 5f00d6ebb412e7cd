"""
The real services in one process, under a clock, a network, gateways and crashes that a seed rules.

    python -m tests.simulation --seeds 10000 [--first 0] [--processes 2] [--plant unlocked-refund]
    python -m tests.simulation --seed 4711        plays one seed, prints its story and its digest
    python -m tests.simulation --shrink 4711      makes a failing seed as small as it still fails

Two runs of one seed are the same to the last letter and the last row. 1 when a seed fails.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import time
from collections import Counter
from functools import partial

import structlog

from tests.simulation.plan import Plan, draw
from tests.simulation.planting import BUGS, planted
from tests.simulation.running import Result, play, shrunk
from tests.simulation.world import prepared

_PIECE = 50
#: So many failing seeds are enough to work with.
_FAILING_MAX = 5


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Simulate a hospital under faults, by seeds.")
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--plant", choices=sorted(BUGS), default="")
    parser.add_argument("--seed", type=int, help="play this one and print its story")
    parser.add_argument("--shrink", type=int, help="make this failing seed smaller")
    args = parser.parse_args(argv)
    # What is refused and tried again here is the test, not news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if args.seed is not None or args.shrink is not None:
        return _one(args)
    return _many(args)


def _one(args: argparse.Namespace) -> int:
    seed = args.seed if args.seed is not None else args.shrink
    with prepared() as place, planted(args.plant):
        result = play(place, draw(seed))
        if args.shrink is not None and result.failures:
            result = shrunk(place, result)
    print("\n".join(result.trace))
    _print_plan(result.plan)
    print(f"digest {result.digest}")
    return _told(result)


def _print_plan(plan: Plan) -> None:
    for one in (*plan.visits, *plan.troubles):
        print(one)


def _told(result: Result) -> int:
    for failure in result.failures:
        print(f"! seed {result.plan.seed}: {failure}")
    print("FAIL" if result.failures else "PASS")
    return 1 if result.failures else 0


def _many(args: argparse.Namespace) -> int:
    began = time.monotonic()
    last = args.first + args.seeds
    pieces = [range(at, min(at + _PIECE, last)) for at in range(args.first, last, _PIECE)]
    passed: Counter[str] = Counter()
    done: Counter[str] = Counter()
    failing: list[tuple[int, tuple[str, ...]]] = []
    played = 0
    with multiprocessing.get_context("fork").Pool(args.processes) as pool:
        for results in pool.imap(partial(_piece, args.plant), pieces):
            for seed, failures, points, troubles in results:
                played += 1
                passed.update(points)
                done.update(troubles)
                if failures:
                    failing.append((seed, failures))
            if len(failing) >= _FAILING_MAX:
                pool.terminate()
                break
    for what, count in sorted(done.items()):
        print(f"{what:58} {count}")
    for point, count in sorted(passed.items()):
        print(f"passed: {point:50} {count}")
    for seed, failures in failing[:_FAILING_MAX]:
        print(f"! seed {seed}: {failures[0]}")
    verdict = "FAIL" if failing else "PASS"
    print(f"{verdict}: {played} seeds, {len(failing)} failing, {time.monotonic() - began:.0f} s")
    return 1 if failing else 0


_Piece = list[tuple[int, tuple[str, ...], Counter[str], Counter[str]]]


def _piece(plant: str, seeds: range) -> _Piece:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found: _Piece = []
    with prepared() as place, planted(plant):
        for seed in seeds:
            result = play(place, draw(seed))
            found.append((seed, result.failures, result.passed, result.done))
            if result.failures and plant:
                break
    return found


if __name__ == "__main__":
    sys.exit(main())
