"""A refund: two people, never above what is over, one name at the gateway, booked as it goes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from payments.gateway import Declined, Notification, Outcome, RefundOrder, Trouble
from payments.intents.schedule import SCHEDULE
from payments.intents.service import credit_invoice
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.refunds import repository, service
from payments.refunds.asking import ask_due
from payments.refunds.model import (
    CannotRefund,
    NotRefundable,
    Refund,
    SamePerson,
    refundable,
)
from payments.refunds.rows import REFUND
from payments.refunds.service import RefundRequest
from payments.refunds.status import IllegalRefundStep, State
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.unit.inbox.test_attempts import PRICE, told

Answer = Callable[[RefundOrder], Notification]


def says(outcome: Outcome, *, amount: Money | None = None) -> Answer:
    def answer(order: RefundOrder) -> Notification:
        return Notification(
            event_id=f"{order.refund}:{outcome}",
            outcome=outcome,
            amount=amount or order.amount,
            occurred_at=order.ordered_at,
            reference=order.attempt.reference,
            transaction=f"R-{order.refund[-8:]}",
            refund=order.refund,
        )

    return answer


@pytest.fixture
def gateway(hospital: Hospital) -> Iterator[AtTheGateway]:
    made = double(hospital)
    made.refund_answer = says(Outcome.REFUNDED)
    yield made
    assert hospital.balance("2100") <= ZERO
    assert hospital.balance("1200") >= ZERO


def paid(gateway: AtTheGateway, *, twice: bool = False) -> UUID:
    """Let a payer pay (twice: the second one waits in suspense); returns the last payment."""
    intent = gateway.open()
    gateway.tell(told(gateway, intent))
    if twice:
        gateway.tell(told(gateway, intent, transaction="T2"))
    return gateway.hospital.payments(gateway.invoice)[-1].id


def credit(gateway: AtTheGateway, amount: Money) -> None:
    """Take *amount* off the invoice: the service was not rendered."""
    credit_invoice(
        gateway.hospital.runtime,
        gateway.hospital.scope,
        gateway.invoice,
        {"KB": amount},
        reason="không khám",
        key="credit-000001",
    )


def ask(gateway: AtTheGateway, payment: UUID, amount: Money, key: str = "refund-01") -> Refund:
    asked = RefundRequest(payment, amount, "trả trùng", key)
    return service.request(gateway.hospital.runtime, gateway.hospital.by("user:asks"), asked)


def approve(gateway: AtTheGateway, refund: Refund, by: str = "user:approves") -> Refund:
    scope: Scope = gateway.hospital.by(by)
    return service.approve(gateway.hospital.runtime, scope, refund.id, login="ketoan.truong")


def look(gateway: AtTheGateway) -> int:
    return ask_due(gateway.hospital.runtime, gateway.hospital.scope)


def stored(gateway: AtTheGateway, refund: Refund) -> Refund:
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        return repository.get(tx, refund.id)


def test_second_payment_goes_back_whole_and_the_books_close(gateway: AtTheGateway) -> None:
    refund = ask(gateway, paid(gateway, twice=True), PRICE)
    assert gateway.hospital.balance("2200") == -PRICE

    done = approve(gateway, refund)

    assert done.state is State.DONE
    assert gateway.hospital.balance("2200") == ZERO
    assert gateway.hospital.balance("2100") == ZERO
    assert gateway.hospital.balance("1200") == PRICE
    [order] = gateway.refunds
    assert (order.amount, order.refund, order.ordered_by) == (PRICE, refund.key, "ketoan.truong")
    assert order.refund.isalnum()
    assert len(order.refund) == 32


def test_paid_invoice_is_refunded_after_its_credit_note_in_parts(gateway: AtTheGateway) -> None:
    payment = paid(gateway)
    credit(gateway, vnd(100_000))

    first = approve(gateway, ask(gateway, payment, vnd(60_000)))
    second = approve(gateway, ask(gateway, payment, vnd(40_000), "refund-02"))

    assert (first.state, second.state) == (State.DONE, State.DONE)
    view = gateway.hospital.view(gateway.invoice)
    assert (view.refunded, view.due) == (vnd(100_000), ZERO)
    assert gateway.hospital.balance("1200") == vnd(50_000)
    assert [one.refunded_before for one in gateway.refunds] == [ZERO, vnd(60_000)]


def test_what_is_still_owed_is_not_given_back(gateway: AtTheGateway) -> None:
    """Acceptance 7: the overpaid part alone can be refunded."""
    payment = paid(gateway)

    with pytest.raises(NotRefundable):
        ask(gateway, payment, vnd(1))
    credit(gateway, vnd(50_000))
    with pytest.raises(NotRefundable):
        ask(gateway, payment, vnd(50_001))

    assert ask(gateway, payment, vnd(50_000)).from_invoice == vnd(50_000)


def test_whoever_asks_does_not_approve(gateway: AtTheGateway) -> None:
    refund = ask(gateway, paid(gateway, twice=True), PRICE)

    with pytest.raises(SamePerson):
        approve(gateway, refund, by="user:asks")

    assert gateway.refunds == []
    assert stored(gateway, refund).state is State.REQUESTED


def test_the_database_itself_wants_two_people(gateway: AtTheGateway) -> None:
    """Acceptance 6: whoever asks does not approve, whatever our code says."""
    refund = ask(gateway, paid(gateway, twice=True), PRICE)
    database, scope = gateway.hospital.runtime.database, gateway.hospital.scope

    wrong: list[dict[str, Any]] = [
        {"approved_by": "user:asks", "approved_at": database.clock.now()},
        {"state": "pending"},
        {"state": "done"},
        {"amount": 1},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), database.transaction(scope) as tx:
            tx.execute(update(REFUND).where(REFUND.c.id == refund.id).values(**values))


def test_request_that_was_turned_down_frees_its_money(gateway: AtTheGateway) -> None:
    payment = paid(gateway, twice=True)
    refund = ask(gateway, payment, PRICE)
    with pytest.raises(NotRefundable):
        ask(gateway, payment, vnd(1), "refund-02")

    service.turn_down(gateway.hospital.runtime, gateway.hospital.by("user:asks"), refund.id)

    assert ask(gateway, payment, PRICE, "refund-03").state is State.REQUESTED
    with pytest.raises(IllegalRefundStep):
        approve(gateway, refund)


def test_repeat_of_the_form_is_one_request(gateway: AtTheGateway) -> None:
    payment = paid(gateway, twice=True)

    assert ask(gateway, payment, vnd(50_000)).id == ask(gateway, payment, vnd(50_000)).id


def test_approval_twice_orders_once(gateway: AtTheGateway) -> None:
    refund = ask(gateway, paid(gateway, twice=True), PRICE)
    approve(gateway, refund)

    with pytest.raises(IllegalRefundStep):
        approve(gateway, refund)

    assert len(gateway.refunds) == 1


def test_payment_that_no_gateway_took_and_empty_reason_are_refused(gateway: AtTheGateway) -> None:
    other = gateway.hospital.issue()
    gateway.hospital.arrive(
        gateway.hospital.transfer(gateway.hospital.show(other).code, vnd(200_000))
    )
    transfer = gateway.hospital.payments(other)[0].id

    with pytest.raises(CannotRefund):
        ask(gateway, transfer, vnd(50_000))
    with pytest.raises(InvalidField):
        service.request(
            gateway.hospital.runtime,
            gateway.hospital.scope,
            RefundRequest(paid(gateway, twice=True), PRICE, " ", "refund-09"),
        )


def test_refund_that_is_under_way_is_confirmed_by_a_message(gateway: AtTheGateway) -> None:
    gateway.refund_answer = says(Outcome.REFUND_PENDING)
    refund = approve(gateway, ask(gateway, paid(gateway, twice=True), PRICE))
    assert refund.state is State.PENDING
    assert gateway.hospital.balance("2100") == -PRICE
    message = says(Outcome.REFUNDED)(gateway.refunds[0])

    gateway.tell(message)
    gateway.tell(message)

    assert stored(gateway, refund).state is State.DONE
    assert gateway.hospital.balance("2100") == ZERO


@pytest.mark.parametrize("how", ["at once", "by message", "by question"])
def test_refused_refund_puts_the_money_back_where_it_lay(
    gateway: AtTheGateway, clock: FrozenClock, how: str
) -> None:
    payment = paid(gateway)
    credit(gateway, vnd(100_000))
    refused = says(Outcome.REFUND_REFUSED)
    gateway.refund_answer = refused if how == "at once" else says(Outcome.REFUND_PENDING)

    refund = approve(gateway, ask(gateway, payment, vnd(100_000)))
    if how == "by message":
        gateway.tell(refused(gateway.refunds[0]))
    if how == "by question":
        gateway.refund_answer = refused
        clock.advance(timedelta(seconds=15))
        look(gateway)

    assert stored(gateway, refund).state is State.REFUSED
    assert gateway.hospital.view(gateway.invoice).refunded == ZERO
    assert gateway.hospital.balance("2100") == ZERO
    gateway.refund_answer = says(Outcome.REFUNDED)
    assert approve(gateway, ask(gateway, payment, vnd(100_000), "refund-02")).state is State.DONE


def test_declined_order_is_refused_with_its_reason(gateway: AtTheGateway) -> None:
    gateway.fail = None
    refund = ask(gateway, paid(gateway, twice=True), PRICE)
    gateway.fail = Declined(Trouble.NOT_REFUNDABLE)

    ended = approve(gateway, refund)

    assert (ended.state, ended.trouble) == (State.REFUSED, Trouble.NOT_REFUNDABLE)
    assert gateway.hospital.balance("2200") == -PRICE


def test_lost_answer_is_asked_about_and_never_ordered_under_another_name(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    refund = ask(gateway, paid(gateway, twice=True), PRICE)
    gateway.fail = httpx.ReadTimeout("silence")
    unknown = approve(gateway, refund)
    assert unknown.state is State.UNKNOWN
    gateway.fail = None
    clock.advance(timedelta(seconds=15))

    assert look(gateway) == 1

    assert stored(gateway, refund).state is State.DONE
    assert len(gateway.refunds) == 1
    assert gateway.asked_refunds == gateway.refunds
    assert look(gateway) == 0


def test_order_that_never_left_is_sent_again_as_it_was(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    refund = ask(gateway, paid(gateway, twice=True), PRICE)
    gateway.fail = httpx.ConnectError("no route")
    assert approve(gateway, refund).must_send
    gateway.fail = None
    clock.advance(timedelta(seconds=15))

    look(gateway)

    assert stored(gateway, refund).state is State.DONE
    assert {one.refund for one in gateway.refunds} == {refund.key}
    assert len(set(gateway.refunds)) == 1
    assert gateway.asked_refunds == []


def test_crash_between_approval_and_answer_is_asked_about(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    class Crash(BaseException):
        pass

    refund = ask(gateway, paid(gateway, twice=True), PRICE)
    gateway.fail = Crash()  # type: ignore[assignment]
    with pytest.raises(Crash):
        approve(gateway, refund)
    assert stored(gateway, refund).state is State.PENDING
    gateway.fail = None
    clock.advance(timedelta(seconds=15))

    look(gateway)

    assert stored(gateway, refund).state is State.DONE


def test_question_that_is_refused_says_nothing_about_the_refund(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    refund = ask(gateway, paid(gateway, twice=True), PRICE)
    gateway.fail = httpx.ReadTimeout("silence")
    approve(gateway, refund)
    gateway.fail = Declined(Trouble.NOT_PERMITTED)
    start = clock.now()

    for pause in SCHEDULE:
        clock.set(start + pause)
        assert look(gateway) == 1

    clock.advance(timedelta(days=9))
    assert look(gateway) == 0
    assert stored(gateway, refund).state is State.UNKNOWN
    assert len(gateway.refunds) == 1


def test_refund_told_with_another_amount_is_flagged_and_not_booked(gateway: AtTheGateway) -> None:
    gateway.refund_answer = says(Outcome.REFUND_PENDING)
    refund = approve(gateway, ask(gateway, paid(gateway, twice=True), PRICE))

    gateway.tell(says(Outcome.REFUNDED, amount=vnd(1_000))(gateway.refunds[0]))

    assert stored(gateway, refund).state is State.PENDING
    assert gateway.hospital.balance("2100") == -PRICE


def test_acceptance_6_refunds_at_once_never_take_more_than_is_over(gateway: AtTheGateway) -> None:
    """acceptance 6: whoever asks and approves at the same moment, the total stays below."""
    payment = paid(gateway, twice=True)
    asking, wins, failures = threading.Barrier(8), [], []

    def clerk(number: int) -> None:
        asking.wait()
        try:
            refund = ask(gateway, payment, vnd(60_000), f"clerk-{number:04d}")
            wins.append(approve(gateway, refund))
        except NotRefundable as error:
            failures.append(error)

    clerks = [threading.Thread(target=clerk, args=(number,)) for number in range(8)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()

    assert len(wins) == 2
    assert len(failures) == 6
    assert sum(one.amount.dong for one in gateway.refunds) == 120_000
    assert gateway.hospital.balance("2200") == vnd(-30_000)
    assert gateway.hospital.balance("1200") == vnd(180_000)


def test_acceptance_6_one_request_approved_by_many_goes_out_once(gateway: AtTheGateway) -> None:
    """acceptance 6: eight people press the same button."""
    refund = ask(gateway, paid(gateway, twice=True), PRICE)
    pressing, results = threading.Barrier(8), []

    def press(number: int) -> None:
        pressing.wait()
        try:
            results.append(approve(gateway, refund, by=f"user:{number}").state)
        except IllegalRefundStep:
            results.append(None)

    people = [threading.Thread(target=press, args=(number,)) for number in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert sorted(map(str, results)) == ["None"] * 7 + ["done"]
    assert len(gateway.refunds) == 1


@given(
    suspense=st.integers(0, 10**9),
    applied=st.integers(0, 10**9),
    over=st.integers(-(10**9), 10**9),
    reserved=st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)),
    amount=st.integers(1, 10**9),
)
def test_parts_sum_to_the_amount_and_never_exceed_what_is_free(
    suspense: int, applied: int, over: int, reserved: tuple[int, int], amount: int
) -> None:
    free = refundable(
        received_suspense=Money(suspense),
        applied=Money(applied),
        over=Money(over),
        reserved=(Money(reserved[0]), Money(reserved[1])),
    )
    if Money(amount) > free.total:
        with pytest.raises(NotRefundable):
            free.parts(Money(amount))
        return

    from_suspense, from_invoice = free.parts(Money(amount))

    assert from_suspense + from_invoice == Money(amount)
    assert ZERO <= from_suspense <= free.suspense
    assert ZERO <= from_invoice <= free.over
