"""M6 and M7 in a few seconds; whole by ``python -m tests.faults slow unknown``."""

from __future__ import annotations

from tests.faults import slow, unknown
from tests.support.databases import Cluster

SEED = 7


def test_slow_gateway_keeps_nobody_for_long_and_what_was_sent_is_unknown() -> None:
    assert slow.run(SEED, gateways=1, ways=1).failures == []


def test_lost_answers_of_gateways_do_nothing_twice(cluster: Cluster) -> None:
    assert unknown.run(cluster, SEED, rounds=2).failures == []
