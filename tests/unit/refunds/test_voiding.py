"""A gateway that only voids gives back the whole, on its day; the rest is refused in words."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from payments.gateway import Outcome, Refunding
from payments.intents.service import credit_invoice
from payments.kernel.clock import FrozenClock
from payments.kernel.money import Money, vnd
from payments.refunds import service
from payments.refunds.model import Refund
from payments.refunds.service import RefundRequest
from payments.refunds.status import State
from payments.refunds.voiding import OnlyTheWhole, VoidDayOver
from payments.words.catalogue import LANGUAGES
from payments.words.explaining import sentence
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.unit.inbox.test_attempts import PRICE
from tests.unit.refunds.test_refunds import approve, paid, says


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    made = double(hospital)
    made.refunding, made.refund_answer = Refunding.VOID, says(Outcome.REFUNDED)
    return made


def ask(gateway: AtTheGateway, payment: UUID, amount: Money = PRICE) -> Refund:
    asked = RefundRequest(payment, amount, "trả trùng", "key-void-1")
    return service.request(gateway.hospital.runtime, gateway.hospital.by("user:asks"), asked)


def test_the_whole_of_a_second_payment_is_voided_on_its_day(gateway):
    refund = ask(gateway, paid(gateway, twice=True))

    assert approve(gateway, refund).state is State.DONE
    [order] = gateway.refunds
    assert order.is_full


@pytest.mark.parametrize("amount", [vnd(1), PRICE - vnd(1)])
def test_a_part_is_refused_before_anybody_is_asked(gateway, amount):
    payment = paid(gateway, twice=True)

    with pytest.raises(OnlyTheWhole) as told:
        ask(gateway, payment, amount)

    assert gateway.refunds == []
    said = [sentence(told.value, language) for language in LANGUAGES]
    assert len(set(said)) == 3
    assert all("150.000" in one or "150,000" in one for one in said)


def test_what_pays_for_something_that_is_owed_is_not_voided(gateway):
    payment = paid(gateway)
    runtime, scope = gateway.hospital.runtime, gateway.hospital.scope
    credit_invoice(
        runtime, scope, gateway.invoice, {"KB": vnd(50_000)}, reason="bỏ một phần", key="credit-1"
    )

    for amount in (vnd(50_000), PRICE):
        with pytest.raises(OnlyTheWhole):
            ask(gateway, payment, amount)


def test_on_another_day_nothing_is_voided(gateway, clock: FrozenClock):
    payment = paid(gateway, twice=True)
    clock.advance(timedelta(days=1))

    with pytest.raises(VoidDayOver) as told:
        ask(gateway, payment)

    assert len({sentence(told.value, language) for language in LANGUAGES}) == 3


def test_a_request_that_is_approved_too_late_books_nothing(gateway, clock: FrozenClock):
    refund = ask(gateway, paid(gateway, twice=True))
    suspense = gateway.hospital.balance("2200")
    clock.advance(timedelta(days=1))

    with pytest.raises(VoidDayOver):
        approve(gateway, refund)

    assert gateway.refunds == []
    assert gateway.hospital.balance("2200") == suspense
    turned = service.turn_down(gateway.hospital.runtime, gateway.hospital.scope, refund.id)
    assert turned.state is State.REFUSED
