"""A hundred seeds; ten thousand, and the other planted bugs, by ``python -m tests.simulation``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.simulation.plan import POINTS, draw
from tests.simulation.planting import planted
from tests.simulation.running import Result, play, shrunk
from tests.simulation.world import Prepared, prepared

#: Among so many seeds the planted bug shows many times.
_SEEDS = range(1_000, 1_400)


@pytest.fixture(scope="module")
def place() -> Iterator[Prepared]:
    with prepared() as made:
        yield made


def test_no_seed_loses_or_doubles_a_dong(place: Prepared) -> None:
    done: Counter[str] = Counter()
    for seed in range(100, 200):
        result = play(place, draw(seed))
        assert result.failures == (), f"python -m tests.simulation --seed {seed}"
        done.update(result.done)
    crashed = {name.split(": ")[1] for name in done if name.startswith("crash")}
    assert crashed == set(POINTS), "a point at which no process was killed proves nothing"


def test_a_seed_is_replayed_to_the_last_letter_and_row_in_another_process() -> None:
    told = []
    for salt in ("1", "2"):
        command = [sys.executable, "-m", "tests.simulation", "--seed", "5"]
        environ = {**os.environ, "PYTHONHASHSEED": salt}
        told.append(subprocess.run(command, env=environ, capture_output=True, check=True).stdout)
    assert told[0] == told[1]


def first_failing(place: Prepared) -> Result:
    for seed in _SEEDS:
        result = play(place, draw(seed))
        if result.failures:
            return result
    raise AssertionError("the planted bug was not found")


def test_a_missing_key_is_found_and_the_failing_seed_made_smaller(place: Prepared) -> None:
    with planted("no-idempotency-key"):
        failing = first_failing(place)
        small = shrunk(place, failing)
    assert "became 2 invoices" in small.failures[0]
    parts = len(small.plan.visits) + len(small.plan.troubles)
    assert parts < len(failing.plan.visits) + len(failing.plan.troubles)
