"""Short runs of the scripts under load and hostile input; each module says its full command."""

from __future__ import annotations

from tests.faults import crowd

SEED = 7


def test_a_full_morning_loses_nothing_and_fails_nobody() -> None:
    """Times are printed by the full run only."""
    assert crowd.run(SEED, cashiers=20, patients=50, seconds=8).failures == []
