"""For every adapter that notifies: disorder and repeats of one event set give one end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.gateway import Proof, RawNotification, Verdict
from payments.inbox.asking import ask_due
from payments.intents.status import Status
from payments.kernel.money import ZERO
from tests.support.gateways import GatewayDesk, desk, notifying
from tests.support.hospital import Hospital

#: What may happen to one attempt, one after the other; the last word is money in all but three.
STORIES = (
    ("pay",),
    ("refuse", "late"),
    ("cancel", "late"),
    ("expire", "late"),
    ("unknown", "late"),
    ("refuse",),
    ("cancel",),
    ("authorise",),
    ("authorise", "pay"),
)


@dataclass(frozen=True)
class End:
    status: Status
    paid: int
    flags: frozenset[Any]
    told: frozenset[Any]
    payments: int
    taken: int
    suspense: int


@pytest.fixture(params=notifying())
def gateway(request: pytest.FixtureRequest, hospital: Hospital) -> GatewayDesk:
    return desk(hospital, request.param)


def tell_story(gateway: GatewayDesk, story: Sequence[str]) -> tuple[UUID, list[RawNotification]]:
    intent = gateway.open(gateway.hospital.issue())
    raws = [raw for act in story for raw in gateway.play(intent, act)]
    return intent, raws


def end_of(gateway: GatewayDesk, intent: UUID, taken_before: int, suspense_before: int) -> End:
    hospital = gateway.hospital
    opened, attempt = gateway.intent(intent), gateway.attempt(intent)
    return End(
        opened.status,
        hospital.view(opened.invoice).paid.dong,
        attempt.flags,
        attempt.told,
        len(hospital.payments(opened.invoice)),
        _taken(hospital) - taken_before,
        hospital.balance("2200").dong - suspense_before,
    )


def _taken(hospital: Hospital) -> int:
    """Sum what lies at gateways and on our own accounts: each lets money land on one of them."""
    return hospital.balance("1200").dong + hospital.balance("1100").dong


def heard(gateway: GatewayDesk, intent: UUID, raws: Sequence[RawNotification]) -> End:
    taken, suspense = _taken(gateway.hospital), gateway.hospital.balance("2200").dong
    gateway.deliver(*raws)
    return end_of(gateway, intent, taken, suspense)


@pytest.mark.parametrize("story", STORIES, ids=" ".join)
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_and_any_number_of_repeats_end_alike(
    gateway: GatewayDesk, story: tuple[str, ...], data: st.DataObject
) -> None:
    if not set(story) <= set(gateway.stand.behaviour.acts):
        pytest.skip(f"nobody can {' then '.join(story)} at {gateway.name}")
    intent, raws = tell_story(gateway, story)
    truth = heard(gateway, intent, raws)
    again, told = tell_story(gateway, story)
    repeated = told + (data.draw(st.lists(st.sampled_from(told), max_size=5)) if told else [])

    end = heard(gateway, again, data.draw(st.permutations(repeated)))

    assert end == truth


def test_paid_message_pays_and_its_repeat_is_a_duplicate(gateway: GatewayDesk) -> None:
    intent, raws = tell_story(gateway, ("pay",))

    replies = gateway.deliver(*raws, *raws)

    if gateway.adapter.proof is Proof.TOKEN:
        # The message proves its sender only: nothing is booked before the gateway is asked.
        assert gateway.intent(intent).status is Status.PENDING
        assert ask_due(gateway.hospital.runtime, gateway.hospital.scope) == 1
        assert gateway.intent(intent).status is Status.CAPTURED
        assert gateway.hospital.balance("2200") == ZERO
        return
    assert gateway.intent(intent).status is Status.CAPTURED
    duplicate = gateway.replies(Verdict.DUPLICATE)
    assert replies[-1] == duplicate
    assert gateway.hospital.balance("2200") == ZERO


def test_wrong_amount_and_forgery_never_pay(gateway: GatewayDesk) -> None:
    intent = gateway.open(gateway.hospital.issue())
    raws = gateway.play(intent, "pay", forge=True)

    refused = gateway.deliver(*raws)

    assert refused == [gateway.replies(Verdict.BAD_SIGNATURE)] * len(raws)
    assert gateway.hospital.view(gateway.intent(intent).invoice).paid == ZERO
    if gateway.adapter.capabilities.amount_can_differ:
        return
    other = gateway.open(gateway.hospital.issue())
    raws = gateway.play(other, "pay", wrong_amount=True)
    answers = gateway.deliver(*raws)
    assert gateway.hospital.view(gateway.intent(other).invoice).paid == ZERO
    assert gateway.replies(Verdict.AMOUNT_DIFFERS) in answers
