"""M5 to M8, M11, K3, K4 in a few seconds; whole by ``python -m tests.faults slow unknown …``."""

from __future__ import annotations

from tests.faults import clocks, givers, lies, rotation, schedules, slow, unknown
from tests.support.databases import Cluster

SEED = 7


def test_secret_that_rotates_loses_no_message_and_the_old_one_is_refused_after() -> None:
    assert rotation.run(SEED, messages=4).failures == []


def test_slow_gateway_keeps_nobody_for_long_and_what_was_sent_is_unknown() -> None:
    assert slow.run(SEED, gateways=1, ways=1).failures == []


def test_lost_answers_of_gateways_do_nothing_twice(cluster: Cluster) -> None:
    assert unknown.run(cluster, SEED, rounds=2).failures == []


def test_gateway_that_lies_pays_no_invoice_and_a_person_is_told(cluster: Cluster) -> None:
    assert lies.run(cluster, SEED, rounds=1, gateways=2).failures == []


def test_refunds_at_once_never_give_back_more_than_came(cluster: Cluster) -> None:
    assert givers.run(cluster, SEED, rounds=2, people=12).failures == []


def test_refunds_captures_ends_and_chargebacks_in_any_order_keep_every_invariant() -> None:
    assert schedules.run(SEED, schedules=300).failures == []


def test_nothing_is_booked_believed_or_ended_by_a_clock_that_is_wrong(cluster: Cluster) -> None:
    assert clocks.run(cluster, SEED, rounds=1).failures == []
