"""Money taken back before its payment was told: the message waits, however long, and is applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from payments.gateway import Notification, Outcome
from payments.inbox.asking import ask_all
from payments.inbox.rows import NOTIFICATION
from payments.jobs import queue
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, vnd
from payments.refunds import dispute_repository
from payments.refunds.disputes import State
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.unit.inbox.test_attempts import PRICE, told

WEEK = timedelta(days=7)


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    return double(hospital)


def early(gateway: AtTheGateway, outcome: Outcome, *, names_order: bool) -> Notification:
    """Say that *outcome* happened to T1, which nobody told of, by our reference or by T1 alone."""
    intent = gateway.open()
    message = told(gateway, intent, outcome, transaction=f"D-{outcome}")
    return replace(message, payment="T1", reference=message.reference if names_order else "")


def states(gateway: AtTheGateway) -> list[State]:
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        return [one.state for one in dispute_repository.of_invoice(tx, gateway.invoice)]


def waiting(gateway: AtTheGateway) -> list[str]:
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        rows = tx.execute(
            select(NOTIFICATION.c.waits_for).where(
                NOTIFICATION.c.facility_id == tx.facility, NOTIFICATION.c.waits_for.is_not(None)
            )
        )
        return list(rows.scalars())


def work_for(gateway: AtTheGateway, clock: FrozenClock, time: timedelta) -> None:
    """Let the worker come again and again until *time* has gone by."""
    end = clock.now() + time
    while clock.now() < end:
        clock.advance(timedelta(hours=6))
        gateway.hospital.work()


@pytest.mark.parametrize("names_order", [True, False])
@pytest.mark.parametrize(
    ("outcome", "state", "due"),
    [
        (Outcome.DISPUTED, State.OPEN, ZERO),
        (Outcome.DISPUTE_LOST, State.LOST, PRICE),
        (Outcome.REVERSED, State.LOST, PRICE),
        (Outcome.REFUNDED, State.LOST, PRICE),
    ],
)
def test_message_waits_a_week_for_its_payment_and_then_takes_effect(
    gateway: AtTheGateway,
    clock: FrozenClock,
    outcome: Outcome,
    state: State,
    due: object,
    names_order: bool,
) -> None:
    message = early(gateway, outcome, names_order=names_order)
    gateway.tell(message)
    work_for(gateway, clock, WEEK)
    assert states(gateway) == []

    intent = gateway.open()
    gateway.tell(told(gateway, intent))
    gateway.hospital.work()

    assert states(gateway) == [state]
    assert gateway.hospital.view(gateway.invoice).due == due
    assert waiting(gateway) == []


def test_message_that_waits_holds_up_no_job_and_kills_none(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    for names_order in (True, False):
        gateway.tell(early(gateway, Outcome.DISPUTED, names_order=names_order))

    work_for(gateway, clock, WEEK)

    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        found = queue(tx)
    assert (found.waiting, found.dead) == (0, 0)


def test_gateway_that_takes_back_is_asked_at_once_for_the_payment(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    message = early(gateway, Outcome.DISPUTED, names_order=True)
    intent = gateway.open()
    gateway.answers = [told(gateway, intent)]
    gateway.tell(message)

    ask_all(gateway.hospital.runtime, gateway.hospital.scope)
    gateway.hospital.work()

    assert states(gateway) == [State.OPEN]


def test_payment_of_another_attempt_lets_it_go_on_waiting(gateway: AtTheGateway) -> None:
    gateway.tell(early(gateway, Outcome.DISPUTED, names_order=True))
    other = replace(gateway, invoice=gateway.hospital.issue())
    intent = other.open(key="key-000002")

    gateway.tell(told(gateway, intent, transaction="T2"))
    gateway.hospital.work()

    assert states(gateway) == states(other) == []
    assert len(waiting(gateway)) == 1


def test_message_that_waits_and_is_told_again_takes_effect_once(gateway: AtTheGateway) -> None:
    message = early(gateway, Outcome.DISPUTED, names_order=True)
    for _ in range(3):
        assert gateway.tell(message) == "stored"
    intent = gateway.open()
    gateway.tell(told(gateway, intent))
    gateway.hospital.work()
    gateway.tell(message)

    assert states(gateway) == [State.OPEN]
    assert gateway.hospital.balance("1210") == vnd(PRICE.dong)
