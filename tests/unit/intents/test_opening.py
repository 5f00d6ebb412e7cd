"""An attempt is stored before its gateway is asked, and what is lost in between is asked about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from payments.channels.pausing import ChannelPaused
from payments.gateway import Redirect, Trouble
from payments.intents.attempts import Flag
from payments.intents.composing import CannotOpen
from payments.intents.opening import AmountOutOfRange, AttemptRequest, open_attempt
from payments.intents.pausing import pause_channel
from payments.intents.service import NothingDue
from payments.intents.status import Status
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import NotFound
from tests.support.doubles import DOUBLE, AtTheGateway, double
from tests.support.gateways import RETURN_URL, GatewayDesk, desk
from tests.support.hospital import Hospital


@pytest.fixture
def vnpay(hospital: Hospital) -> GatewayDesk:
    return desk(hospital, "vnpay")


def test_page_of_the_gateway_is_opened_for_what_is_due(vnpay: GatewayDesk) -> None:
    intent = vnpay.open(vnpay.hospital.issue())

    opened = vnpay.intent(intent)
    shown = vnpay.attempt(intent).shown
    assert opened.status is Status.PENDING
    assert isinstance(shown, Redirect)
    assert opened.code in shown.url
    assert vnpay.wire(intent) == opened.code


def test_no_word_about_the_patient_leaves_the_house(vnpay: GatewayDesk) -> None:
    intent = vnpay.open(vnpay.hospital.issue())

    shown = vnpay.attempt(intent).shown
    assert isinstance(shown, Redirect)
    assert "NGUYEN" not in shown.url.upper()
    assert "99-0000" not in shown.url


def test_repeat_of_the_key_is_the_same_attempt(vnpay: GatewayDesk) -> None:
    invoice = vnpay.hospital.issue()

    assert vnpay.open(invoice, key="same-key-1") == vnpay.open(invoice, key="same-key-1")


def test_attempt_that_still_fits_is_shown_again(vnpay: GatewayDesk) -> None:
    invoice = vnpay.hospital.issue()

    assert vnpay.open(invoice) == vnpay.open(invoice)


def test_attempt_whose_time_is_over_is_replaced(vnpay: GatewayDesk, clock: FrozenClock) -> None:
    invoice = vnpay.hospital.issue()
    old = vnpay.open(invoice)
    clock.advance(timedelta(minutes=16))

    new = vnpay.open(invoice)

    assert new != old
    assert vnpay.intent(old).status is Status.EXPIRED


def test_code_of_the_bank_and_page_of_the_gateway_stand_side_by_side(vnpay: GatewayDesk) -> None:
    invoice = vnpay.hospital.issue()
    shown = vnpay.hospital.show(invoice)
    intent = vnpay.open(invoice)

    vnpay.hospital.arrive(vnpay.hospital.transfer(shown.code, shown.amount))

    assert vnpay.intent(intent).status is Status.SUPERSEDED


def test_nothing_is_opened_where_nothing_is_due_or_no_page_is(vnpay: GatewayDesk) -> None:
    invoice = vnpay.hospital.issue("CT02")
    asked = AttemptRequest(invoice, "vnpay", "key-000001", RETURN_URL)
    runtime, scope = vnpay.hospital.runtime, vnpay.hospital.scope

    with pytest.raises(NothingDue):
        open_attempt(runtime, scope, asked)
    for channel in ("vietqr", "sepay"):
        with pytest.raises(CannotOpen):
            open_attempt(runtime, scope, replace(asked, channel=channel))
    with pytest.raises(NotFound):
        open_attempt(runtime, scope, replace(asked, channel="nobody"))


def test_paused_gateway_opens_nothing_and_what_it_tells_still_counts(vnpay: GatewayDesk) -> None:
    invoice, other = vnpay.hospital.issue(), vnpay.hospital.issue()
    intent = vnpay.open(invoice)
    raws = vnpay.play(intent, "pay")
    pause_channel(vnpay.hospital.runtime, vnpay.hospital.scope, "vnpay", "cổng bảo trì")

    with pytest.raises(ChannelPaused):
        vnpay.open(other)
    vnpay.deliver(*raws)

    assert vnpay.intent(intent).status is Status.CAPTURED
    assert not vnpay.hospital.view(invoice).due


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    return double(hospital)


def asked(gateway: AtTheGateway, key: str = "key-000001") -> AttemptRequest:
    return AttemptRequest(gateway.invoice, DOUBLE, key, RETURN_URL)


def test_the_row_is_there_before_the_gateway_is_asked(gateway: AtTheGateway) -> None:
    seen = []
    gateway.on_open = lambda attempt: seen.append(gateway.stored(attempt.reference))

    gateway.open()

    assert seen == [Status.CREATED]


def test_no_transaction_is_open_while_the_gateway_is_asked(gateway: AtTheGateway) -> None:
    gateway.on_open = lambda _: gateway.write_something()

    assert gateway.intent(gateway.open()).status is Status.PENDING


def test_what_never_left_is_repeated_and_then_given_up(gateway: AtTheGateway) -> None:
    gateway.fail = httpx.ConnectError("no route")

    intent = gateway.open()

    assert gateway.calls == 2
    assert gateway.intent(intent).status is Status.FAILED
    assert gateway.attempt(intent).trouble is Trouble.NOT_SENT
    assert gateway.attempt(intent).next_ask_at is None


def test_lost_answer_makes_it_unknown_and_it_is_never_opened_beside(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    gateway.fail = httpx.ReadTimeout("silence")

    intent = gateway.open()
    again = gateway.open(key="key-000002")

    assert again == intent
    assert gateway.calls == 1
    assert gateway.intent(intent).status is Status.UNKNOWN
    assert gateway.attempt(intent).next_ask_at == clock.now() + timedelta(seconds=15)


def test_refusal_of_our_settings_is_flagged_for_it(gateway: AtTheGateway) -> None:
    gateway.misconfigured = True

    intent = gateway.open()

    assert gateway.intent(intent).status is Status.FAILED
    assert gateway.attempt(intent).flags == {Flag.MISCONFIGURED}


def test_amount_that_the_gateway_does_not_take_is_refused_before_it_is_asked(
    gateway: AtTheGateway,
) -> None:
    gateway.invoice = gateway.hospital.issue("CT01", "SA02", "SA01")

    with pytest.raises(AmountOutOfRange):
        gateway.open()

    assert gateway.calls == 0
