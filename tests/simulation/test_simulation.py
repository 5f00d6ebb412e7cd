"""A few hundred seeds; ten thousand by ``python -m tests.simulation``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.simulation.plan import POINTS, draw
from tests.simulation.planting import BUGS, planted
from tests.simulation.running import play, shrunk
from tests.simulation.world import Prepared, prepared

#: A seed at which the planted bug shows; found by ``--plant``.
_SHOWS = {"applied-before-stored": 18, "no-idempotency-key": 54, "unlocked-refund": 0}


@pytest.fixture(scope="module")
def place() -> Iterator[Prepared]:
    with prepared() as made:
        yield made


@pytest.mark.parametrize("hundred", [1, 2])
def test_no_seed_loses_or_doubles_a_dong(place: Prepared, hundred: int) -> None:
    done: Counter[str] = Counter()
    for seed in range(hundred * 100, hundred * 100 + 100):
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


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_planted_bug_is_found(place: Prepared, bug: str) -> None:
    with planted(bug):
        assert play(place, draw(_SHOWS[bug])).failures


def test_failing_seed_is_made_smaller_and_still_fails(place: Prepared) -> None:
    bug = "no-idempotency-key"
    with planted(bug):
        failing = play(place, draw(_SHOWS[bug]))
        small = shrunk(place, failing)
    assert small.failures
    parts = len(small.plan.visits) + len(small.plan.troubles)
    assert parts < len(failing.plan.visits) + len(failing.plan.troubles)
