"""What every fault test prints and takes: figures, a verdict, the seed that repeats the run."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from tests.support.databases import Cluster
from tests.support.stage import own_cluster


@dataclass(slots=True)
class Outcome:
    """Figures by name, and what went wrong: empty when the test has passed."""

    figures: dict[str, object] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def has_passed(self) -> bool:
        return not self.failures

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Note *found* as a figure, and as a failure where it is not what was *wanted*."""
        self.figures[what] = found
        if found != wanted:
            self.failures.append(f"{what}: {found}, wanted {wanted}")


Run = Callable[..., Outcome]


def main(
    run: Run,
    description: str,
    sizes: Mapping[str, int],
    *,
    needs_cluster: bool = True,
    argv: list[str] | None = None,
) -> int:
    """
    Run *run* in the *sizes* of the full test unless others are given; 1 when it fails.

    *run* is called as ``run(cluster, seed, **sizes)``, or without cluster where it starts its own.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seed", type=int, default=1)
    if needs_cluster:
        parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    given = parser.parse_args(argv)
    chosen = {name: getattr(given, name) for name in sizes}
    # What is refused and tried again here is the test, not news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began = time.monotonic()
    if needs_cluster:
        with own_cluster(given.url) as cluster:
            outcome = _timed(run, cluster, given.seed, chosen)
    else:
        outcome = run(given.seed, **chosen)
    return report(description, outcome, given.seed, time.monotonic() - began)


def report(what: str, outcome: Outcome, seed: int, seconds: float) -> int:
    for name, figure in outcome.figures.items():
        print(f"{name:48} {figure}")
    for failure in outcome.failures[:20]:
        print(f"! {failure}")
    verdict = "PASS" if outcome.has_passed else "FAIL"
    wrong = len(outcome.failures)
    print(f"{verdict}: {what}; {wrong} wrong, {seconds:.0f} s, seed {seed}", flush=True)
    return 0 if outcome.has_passed else 1


def _timed(run: Run, cluster: Cluster, seed: int, sizes: Mapping[str, int]) -> Outcome:
    began = time.monotonic()
    outcome = run(cluster, seed, **sizes)
    outcome.figures["seconds without the server's start"] = round(time.monotonic() - began, 1)
    return outcome
