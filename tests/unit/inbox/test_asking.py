"""What no message tells is asked for, on a schedule, until it is known or a person must look."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from payments.gateway import Declined, Outcome, Trouble
from payments.inbox.asking import ask, ask_due
from payments.intents.attempts import Flag
from payments.intents.schedule import SCHEDULE, next_ask
from payments.intents.status import Status
from payments.invoicing.status import Payment
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.unit.inbox.test_attempts import PRICE, told


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    return double(hospital)


def look(gateway: AtTheGateway) -> int:
    return ask_due(gateway.hospital.runtime, gateway.hospital.scope)


def lost(gateway: AtTheGateway) -> object:
    gateway.fail = httpx.ReadTimeout("silence")
    intent = gateway.open()
    gateway.fail = None
    return intent


def test_four_questions_fall_into_five_minutes_and_the_last_after_a_week(
    clock: FrozenClock,
) -> None:
    opened = clock.now()
    moments, at = [], opened
    while (following := next_ask(opened, at)) is not None:
        moments.append((following - opened).total_seconds())
        at = following

    assert moments[:6] == [15, 60, 120, 240, 1800, 7200]
    assert moments[6:] == [86_400 * day for day in range(1, 8)]


def test_lost_answer_is_found_by_asking_within_five_minutes(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    intent = lost(gateway)
    assert look(gateway) == 0
    gateway.answers = [told(gateway, intent)]
    clock.advance(timedelta(seconds=15))

    assert look(gateway) == 1

    assert gateway.intent(intent).status is Status.CAPTURED
    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID
    assert look(gateway) == 0


def test_shown_page_is_asked_about_after_a_minute_and_paid_by_the_answer(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    intent = gateway.open()
    clock.advance(timedelta(seconds=59))
    assert look(gateway) == 0
    clock.advance(timedelta(seconds=1))
    gateway.answers = [told(gateway, intent)]

    look(gateway)

    assert gateway.hospital.balance("1200") == PRICE


def test_answer_and_message_of_one_payment_are_one_payment(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    intent = gateway.open()
    clock.advance(timedelta(minutes=1))
    gateway.answers = [told(gateway, intent)]

    look(gateway)
    gateway.tell(told(gateway, intent))

    assert len(gateway.hospital.payments(gateway.invoice)) == 1


def test_two_workers_ask_once(gateway: AtTheGateway, clock: FrozenClock) -> None:
    intent = gateway.open()
    clock.advance(timedelta(minutes=1))
    seen = gateway.attempt(intent)

    asked = [ask(gateway.hospital.runtime, gateway.hospital.scope, seen) for _ in range(2)]

    assert asked == [True, False]
    assert len(gateway.asked) == 1


def test_attempt_that_a_crash_left_is_asked_about(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    class Crash(BaseException):
        pass

    def crash(_: object) -> None:
        raise Crash

    gateway.on_open = crash
    with pytest.raises(Crash):
        gateway.open()
    clock.advance(timedelta(minutes=1))
    gateway.fail = Declined(Trouble.NOT_FOUND)

    assert look(gateway) == 1

    gateway.on_open, gateway.fail = (lambda _: None), None
    again = gateway.open(key="key-000002")
    assert gateway.intent(again).status is Status.PENDING


def test_unknown_to_the_gateway_ends_only_what_was_never_shown(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    intent = gateway.open()
    clock.advance(timedelta(minutes=5))
    gateway.fail = Declined(Trouble.NOT_FOUND)

    look(gateway)

    assert gateway.intent(intent).status is Status.PENDING


def test_after_seven_days_a_person_is_told_and_nothing_is_charged_anew(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    intent = lost(gateway)
    gateway.fail = httpx.ReadTimeout("silence")
    start = clock.now()
    for pause in SCHEDULE:
        clock.set(start + pause)
        assert look(gateway) == 1

    clock.advance(timedelta(days=30))
    assert look(gateway) == 0
    assert gateway.attempt(intent).flags == {Flag.NO_ANSWER}
    assert gateway.intent(intent).status is Status.UNKNOWN
    assert (gateway.calls, len(gateway.asked)) == (1, len(SCHEDULE))
    assert gateway.hospital.view(gateway.invoice).paid == ZERO


def test_code_in_no_table_is_asked_about_again(gateway: AtTheGateway, clock: FrozenClock) -> None:
    intent = gateway.open()
    gateway.tell(told(gateway, intent, Outcome.UNKNOWN))
    assert gateway.intent(intent).status is Status.UNKNOWN
    clock.advance(timedelta(minutes=1))
    gateway.answers = [told(gateway, intent)]

    look(gateway)

    assert gateway.intent(intent).status is Status.CAPTURED
