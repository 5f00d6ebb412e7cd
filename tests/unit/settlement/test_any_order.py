"""Whatever people do in whatever order: the board is the ledger, and nothing happens twice."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from payments.kernel.scope import Scope
from payments.runtime import Runtime
from tests.support.databases import fresh_sqlite
from tests.support.hospital import Hospital
from tests.support.settlement import Fund
from tests.support.settlement_story import MONTHS, STEPS, Story

_FIRST = ("bring", "bring", "bring", "send", "send", "send", "report")


def test_a_long_story_keeps_every_account_at_the_board(fund: Fund) -> None:
    story = Story(fund, 20261130)
    chance = random.Random(7)
    for month in MONTHS:
        for step in ("bring", "bring", "bring", "send"):
            story.tell(step, month)
    for step in ("back", "replace", "withdraw", "assess", "report"):
        story.tell(step)

    for _ in range(60):
        story.tell(chance.choice(STEPS))

    assert {"assess", "report", "notice", "pay", "appeal"} <= set(story.done), story.done
    fund.assert_sealed()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(
    max_examples=12,
    # Shrinking a story takes minutes; its seed and steps say enough.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(STEPS), max_size=25))
def test_any_order_of_steps_keeps_every_account_at_the_board(
    runtime: Runtime, scope: Scope, seed: int, steps: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        database = fresh_sqlite(Path(folder) / "vienphi.db", runtime.clock)
        story = Story(Fund(Hospital(replace(runtime, database=database), scope)), seed)
        for step in (*_FIRST, *steps):
            story.tell(step)
        database.close()
