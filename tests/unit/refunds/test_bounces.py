"""A refund that comes back is owed still, explained, and paid again under a new name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from payments.gateway import Outcome
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, vnd
from payments.refunds import dispute_repository, service
from payments.refunds.model import NotRefundable, Refund, SamePerson
from payments.refunds.status import IllegalRefundStep, State
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.unit.inbox.test_attempts import PRICE
from tests.unit.refunds.test_refunds import approve, ask, look, paid, says, stored

REFUSED, DONE = Outcome.REFUND_REFUSED, Outcome.REFUNDED


@pytest.fixture
def gateway(hospital: Hospital) -> Iterator[AtTheGateway]:
    made = double(hospital)
    made.refund_answer = says(DONE)
    yield made
    assert hospital.balance("2100") <= ZERO
    assert hospital.balance("1200") >= ZERO


def bounced(gateway: AtTheGateway) -> Refund:
    refund = approve(gateway, ask(gateway, paid(gateway, twice=True), PRICE))
    assert refund.state is State.DONE
    gateway.tell(says(REFUSED)(gateway.refunds[-1]))
    return stored(gateway, refund)


def again(gateway: AtTheGateway, refund: Refund, by: str = "user:approves") -> Refund:
    return service.order_again(
        gateway.hospital.runtime, gateway.hospital.by(by), refund.id, login="ketoan.truong"
    )


def test_refund_that_comes_back_is_owed_again_and_explained(gateway: AtTheGateway) -> None:
    refund = bounced(gateway)

    assert refund.state is State.BOUNCED
    assert gateway.hospital.balance("2100") == -PRICE
    assert gateway.hospital.balance("1200") == PRICE + PRICE
    assert gateway.hospital.balance("2200") == ZERO


def test_told_twice_it_came_back_once(gateway: AtTheGateway) -> None:
    refund = bounced(gateway)
    message = says(REFUSED)(gateway.refunds[0])

    gateway.tell(replace(message, event_id="told again"))

    assert stored(gateway, refund).state is State.BOUNCED
    assert gateway.hospital.balance("2100") == -PRICE


def test_money_that_came_back_is_not_refunded_by_another_request(gateway: AtTheGateway) -> None:
    refund = bounced(gateway)

    with pytest.raises(NotRefundable):
        ask(gateway, refund.payment, vnd(1), "refund-02")


def test_it_is_paid_again_under_a_new_name(gateway: AtTheGateway) -> None:
    refund = bounced(gateway)

    done = again(gateway, refund)

    assert done.state is State.DONE
    assert (gateway.hospital.balance("2100"), gateway.hospital.balance("1200")) == (ZERO, PRICE)
    first, second = gateway.refunds
    assert first.refund != second.refund
    assert (second.amount, second.refunded_before) == (PRICE, ZERO)


def test_late_message_about_the_former_order_changes_nothing(gateway: AtTheGateway) -> None:
    refund = bounced(gateway)
    gateway.refund_answer = says(Outcome.REFUND_PENDING)
    again(gateway, refund)
    former = gateway.refunds[0]

    gateway.tell(replace(says(DONE)(former), event_id="late-1"))
    gateway.tell(replace(says(REFUSED)(former), event_id="late-2"))
    gateway.tell(replace(says(DONE)(former), event_id="late-3", refund=""))

    assert stored(gateway, refund).state is State.PENDING
    assert gateway.hospital.balance("2100") == -PRICE
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        assert dispute_repository.of_invoice(tx, gateway.invoice) == []


def test_it_may_come_back_twice_and_be_asked_about(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    refund = bounced(gateway)
    again(gateway, refund)
    gateway.tell(says(REFUSED)(gateway.refunds[-1]))
    assert stored(gateway, refund).state is State.BOUNCED
    gateway.refund_answer = says(Outcome.REFUND_PENDING)
    again(gateway, refund)
    gateway.refund_answer = says(DONE)
    clock.advance(timedelta(seconds=15))

    look(gateway)

    assert stored(gateway, refund).state is State.DONE
    assert len({one.refund for one in gateway.refunds}) == 3
    assert gateway.hospital.balance("2100") == ZERO


def test_whoever_asked_does_not_send_it_again(gateway: AtTheGateway) -> None:
    refund = bounced(gateway)

    with pytest.raises(SamePerson):
        again(gateway, refund, by="user:asks")
    assert len(gateway.refunds) == 1


def test_what_has_not_come_back_is_not_ordered_again(gateway: AtTheGateway) -> None:
    refund = approve(gateway, ask(gateway, paid(gateway, twice=True), PRICE))

    with pytest.raises(IllegalRefundStep):
        again(gateway, refund)
    assert len(gateway.refunds) == 1


def test_second_order_that_is_refused_goes_back_to_where_it_lay(gateway: AtTheGateway) -> None:
    refund = bounced(gateway)
    gateway.refund_answer = says(REFUSED)

    again(gateway, refund)

    assert stored(gateway, refund).state is State.REFUSED
    assert gateway.hospital.balance("2200") == -PRICE
    assert gateway.hospital.balance("2100") == ZERO
