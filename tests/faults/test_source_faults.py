"""M3 and M12 in a few seconds; whole by ``python -m tests.faults.sources`` and ``…midnight``."""

from __future__ import annotations

from tests.faults import midnight, sources
from tests.support.databases import Cluster


def test_three_sources_in_any_order_post_once(cluster: Cluster) -> None:
    outcome = sources.run(cluster, 7, transfers=30)

    assert outcome.has_passed, outcome.failures


def test_days_around_midnight_are_the_value_dates_of_the_bank(cluster: Cluster) -> None:
    outcome = midnight.run(cluster, 7, payments=120)

    assert outcome.has_passed, outcome.failures
