"""Money set aside is no money until it is taken; what is wanted no more is cancelled there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from adapters.momo.requests import capture_request
from payments.gateway import AttemptRef, Declined, Notification, Outcome, Trouble, Verdict
from payments.inbox.asking import ask_all
from payments.inbox.errands import run, run_due
from payments.intents import errands, holding
from payments.intents.attempts import Flag
from payments.intents.errands import Errand, Kind, State
from payments.intents.holding import NoHold, NotHeld
from payments.intents.pausing import pause_channel
from payments.intents.schedule import SCHEDULE
from payments.intents.service import cancel_invoice, credit_invoice, expire
from payments.intents.status import Status
from payments.invoicing.status import Payment
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, vnd
from payments.receipts.model import Flag as PaymentFlag
from tests.support.doubles import DOUBLE, AtTheGateway, double
from tests.support.gateways import desk
from tests.support.hospital import Hospital
from tests.unit.inbox.test_attempts import PRICE, told

Answer = Callable[[AttemptRef], Notification]


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    return double(hospital)


@pytest.fixture
def held(gateway: AtTheGateway) -> UUID:
    """An attempt whose money is set aside."""
    intent = gateway.open()
    assert gateway.tell(told(gateway, intent, Outcome.AUTHORISED)) == Verdict.STORED
    return intent


def says(gateway: AtTheGateway, intent: UUID, outcome: Outcome) -> Answer:
    return lambda _: told(gateway, intent, outcome)


def want(gateway: AtTheGateway, intent: UUID, kind: Kind = Kind.CAPTURE) -> Errand:
    runtime, scope = gateway.hospital.runtime, gateway.hospital.scope
    return holding.want(runtime, scope, gateway.invoice, intent, kind)


def errand(gateway: AtTheGateway, intent: UUID, kind: Kind) -> Errand | None:
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        return errands.of(tx, intent, kind)


def state(gateway: AtTheGateway, intent: UUID, kind: Kind) -> State:
    found = errand(gateway, intent, kind)
    assert found is not None
    return found.state


def work(gateway: AtTheGateway) -> int:
    return run_due(gateway.hospital.runtime, gateway.hospital.scope)


def list_held(gateway: AtTheGateway) -> tuple[holding.Hold, ...]:
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        return holding.held(tx, invoice=gateway.invoice)


def test_money_set_aside_is_no_money(gateway, held):
    assert gateway.intent(held).status is Status.AUTHORISED
    assert gateway.hospital.view(gateway.invoice).paid == ZERO
    assert gateway.hospital.payments(gateway.invoice) == ()
    assert gateway.hospital.balance("1200") == ZERO
    assert [(one.intent, one.amount) for one in list_held(gateway)] == [(held, PRICE)]


def test_taking_it_pays_once(gateway, held):
    gateway.capture_answer = says(gateway, held, Outcome.CAPTURED)
    want(gateway, held)

    assert [work(gateway), work(gateway)] == [1, 0]

    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID
    assert gateway.tell(told(gateway, held)) == Verdict.DUPLICATE
    assert len(gateway.hospital.payments(gateway.invoice)) == 1
    assert gateway.hospital.balance("1200") == PRICE
    assert state(gateway, held, Kind.CAPTURE) is State.DONE
    assert list_held(gateway) == ()


def test_wanting_it_twice_is_once(gateway, held):
    first = want(gateway, held)

    assert want(gateway, held) == first
    gateway.capture_answer = says(gateway, held, Outcome.CAPTURED)
    assert work(gateway) == 1
    assert len(gateway.captured) == 1


def test_what_was_set_aside_in_time_is_not_late_when_it_is_taken_days_later(
    gateway, held, clock: FrozenClock
):
    clock.advance(timedelta(days=3))
    gateway.capture_answer = says(gateway, held, Outcome.CAPTURED)
    want(gateway, held)

    work(gateway)

    [payment] = gateway.hospital.payments(gateway.invoice)
    assert payment.flags == frozenset()


def test_an_unknown_outcome_is_asked_about_before_it_is_sent_again(
    gateway, held, clock: FrozenClock
):
    gateway.fail = httpx.ReadTimeout("silence")
    want(gateway, held)
    work(gateway)
    assert state(gateway, held, Kind.CAPTURE) is State.UNKNOWN
    assert gateway.hospital.view(gateway.invoice).paid == ZERO
    gateway.fail, gateway.answers = None, [told(gateway, held)]
    clock.advance(timedelta(seconds=15))

    assert work(gateway) == 1

    assert len(gateway.captured) == 1
    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID
    assert state(gateway, held, Kind.CAPTURE) is State.DONE


def test_an_order_that_never_arrived_is_sent_again_under_the_same_name(
    gateway, held, clock: FrozenClock
):
    gateway.fail = httpx.ReadTimeout("silence")
    want(gateway, held)
    work(gateway)
    gateway.fail, gateway.answers = None, [told(gateway, held, Outcome.AUTHORISED)]
    gateway.capture_answer = says(gateway, held, Outcome.CAPTURED)
    clock.advance(timedelta(seconds=15))

    work(gateway)

    first, second = gateway.captured
    assert first == second
    assert capture_request(first) == capture_request(second)
    assert len(gateway.hospital.payments(gateway.invoice)) == 1


def test_what_never_left_is_sent_when_the_gateway_is_there_again(gateway, held, clock):
    gateway.fail = httpx.ConnectError("no route")
    want(gateway, held)
    work(gateway)
    assert state(gateway, held, Kind.CAPTURE) is State.WANTED
    gateway.fail, gateway.capture_answer = None, says(gateway, held, Outcome.CAPTURED)
    clock.advance(timedelta(seconds=15))

    work(gateway)

    assert gateway.asked == []
    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID


def test_a_refused_taking_pays_nothing_and_a_person_is_told(gateway, held):
    gateway.fail = Declined(Trouble.NOT_PERMITTED)
    want(gateway, held)

    work(gateway)

    assert state(gateway, held, Kind.CAPTURE) is State.REFUSED
    assert gateway.hospital.view(gateway.invoice).paid == ZERO
    assert Flag.STILL_HELD in gateway.attempt(held).flags
    # It may be tried anew.
    assert want(gateway, held).state is State.WANTED


def test_after_the_last_question_a_person_decides(gateway, held, clock: FrozenClock):
    gateway.fail = httpx.ReadTimeout("silence")
    start = want(gateway, held).wanted_at
    work(gateway)
    for pause_before in SCHEDULE:
        clock.set(start + pause_before)
        work(gateway)
    clock.advance(timedelta(days=30))

    assert work(gateway) == 0
    assert Flag.STILL_HELD in gateway.attempt(held).flags
    assert gateway.hospital.view(gateway.invoice).paid == ZERO


def test_two_workers_take_it_once(gateway, held):
    gateway.capture_answer = says(gateway, held, Outcome.CAPTURED)
    wanted = want(gateway, held)
    runtime, scope = gateway.hospital.runtime, gateway.hospital.scope

    assert [run(runtime, scope, wanted) for _ in range(2)] == [True, False]
    assert len(gateway.captured) == 1


def test_letting_it_go_pays_nothing_and_the_payer_may_pay_again(gateway, held):
    gateway.cancel_answer = says(gateway, held, Outcome.CANCELLED)
    want(gateway, held, Kind.CANCEL)

    work(gateway)

    assert gateway.intent(held).status is Status.CANCELLED
    assert gateway.hospital.view(gateway.invoice).paid == ZERO
    assert gateway.intent(gateway.open(key="key-000002")).status is Status.PENDING


def test_it_is_taken_or_let_go_and_never_both(gateway, held):
    want(gateway, held)

    with pytest.raises(NotHeld):
        want(gateway, held, Kind.CANCEL)


def test_what_is_not_set_aside_is_not_taken(gateway):
    with pytest.raises(NotHeld):
        want(gateway, gateway.open())


def test_of_another_invoice_nothing_is_taken(gateway, held):
    runtime, scope = gateway.hospital.runtime, gateway.hospital.scope

    with pytest.raises(NoHold):
        holding.want(runtime, scope, gateway.hospital.issue(), held, Kind.CAPTURE)


@pytest.mark.parametrize("end", [Outcome.EXPIRED, Outcome.CANCELLED, Outcome.FAILED])
def test_a_hold_that_lapses_at_the_gateway_is_over(gateway, held, end):
    gateway.tell(told(gateway, held, end))
    assert list_held(gateway) == ()

    with pytest.raises(NotHeld):
        want(gateway, held)
    work(gateway)
    assert gateway.captured == gateway.cancelled == []


def test_money_set_aside_for_a_week_is_shown_to_a_person(gateway, held, clock: FrozenClock):
    start = gateway.attempt(held).opened_at
    gateway.answers = [told(gateway, held, Outcome.AUTHORISED)]
    for pause_before in SCHEDULE:
        clock.set(start + pause_before)
        ask_all(gateway.hospital.runtime, gateway.hospital.scope)

    assert gateway.attempt(held).flags == {Flag.STILL_HELD}
    assert gateway.intent(held).status is Status.AUTHORISED


@pytest.mark.parametrize("amount", [vnd(149_999), vnd(150_001)])
def test_another_amount_set_aside_is_never_taken(gateway, amount):
    intent = gateway.open()

    verdict = gateway.tell(told(gateway, intent, Outcome.AUTHORISED, amount=amount))

    assert verdict == Verdict.AMOUNT_DIFFERS
    assert gateway.intent(intent).status is Status.PENDING
    with pytest.raises(NotHeld):
        want(gateway, intent)


def test_any_order_of_setting_aside_and_taking_ends_alike(hospital: Hospital):
    gateway = double(hospital)
    ends = set()
    outcomes = (Outcome.AUTHORISED, Outcome.CAPTURED, Outcome.PENDING, Outcome.UNKNOWN)
    for number, order in enumerate(itertools.permutations(outcomes)):
        gateway.invoice = hospital.issue()
        intent = gateway.open(key=f"order-{number:06d}")
        for outcome in order:
            gateway.tell(told(gateway, intent, outcome, transaction=f"T{number}"))
        end = gateway.attempt(intent)
        paid = hospital.view(gateway.invoice).paid
        ends.add((gateway.intent(intent).status, paid, end.told, end.flags))

    assert ends == {(Status.CAPTURED, PRICE, frozenset(outcomes), frozenset())}


def pay_cash(gateway: AtTheGateway) -> None:
    gateway.hospital.open_shift("Q1")
    gateway.hospital.hand_over(gateway.invoice, PRICE)


def call_off(gateway: AtTheGateway) -> None:
    cancel_invoice(gateway.hospital.runtime, gateway.hospital.scope, gateway.invoice, "không khám")


def credit(gateway: AtTheGateway) -> None:
    runtime, scope = gateway.hospital.runtime, gateway.hospital.scope
    amounts = {"KB": vnd(10_000)}
    credit_invoice(runtime, scope, gateway.invoice, amounts, reason="bỏ một phần", key="credit-1")


def run_out(gateway: AtTheGateway) -> None:
    gateway.hospital.runtime.clock.advance(timedelta(hours=2))  # type: ignore[attr-defined]
    expire(gateway.hospital.runtime, gateway.hospital.scope)


def stop(gateway: AtTheGateway) -> None:
    pause_channel(gateway.hospital.runtime, gateway.hospital.scope, DOUBLE, "bảo trì")


WANTED_NO_MORE = {
    pay_cash: Status.SUPERSEDED,
    call_off: Status.CANCELLED,
    credit: Status.SUPERSEDED,
    run_out: Status.EXPIRED,
    stop: Status.EXPIRED,
}


@pytest.mark.parametrize("why", WANTED_NO_MORE, ids=lambda why: why.__name__)
def test_an_order_that_is_wanted_no_more_is_cancelled_at_its_gateway(gateway, why):
    intent = gateway.open()
    gateway.cancel_answer = says(gateway, intent, Outcome.CANCELLED)

    why(gateway)
    assert gateway.intent(intent).status is WANTED_NO_MORE[why]
    # Nobody waited for it: the worker asks.
    assert gateway.cancelled == []
    assert [work(gateway), work(gateway)] == [1, 0]

    assert [one.reference for one in gateway.cancelled] == [gateway.intent(intent).code]
    assert state(gateway, intent, Kind.CANCEL) is State.DONE


@pytest.mark.parametrize("why", [pay_cash, call_off, credit], ids=lambda why: why.__name__)
def test_money_set_aside_is_let_go_when_it_is_wanted_no_more(gateway, held, why):
    gateway.cancel_answer = says(gateway, held, Outcome.CANCELLED)
    paid = gateway.hospital.balance("1200")

    why(gateway)
    work(gateway)

    assert len(gateway.cancelled) == 1
    assert gateway.hospital.balance("1200") == paid
    assert list_held(gateway) == ()


def test_a_pause_lets_go_nothing_that_lies_ready(gateway, held):
    stop(gateway)

    assert gateway.intent(held).status is Status.AUTHORISED
    assert errand(gateway, held, Kind.CANCEL) is None
    gateway.capture_answer = says(gateway, held, Outcome.CAPTURED)
    want(gateway, held)
    work(gateway)
    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID


def test_time_that_ran_out_at_the_gateway_itself_is_not_told_to_it(gateway):
    intent = gateway.open()

    gateway.tell(told(gateway, intent, Outcome.EXPIRED))

    assert gateway.intent(intent).status is Status.EXPIRED
    assert errand(gateway, intent, Kind.CANCEL) is None


def test_the_payer_who_was_faster_has_paid(gateway):
    intent = gateway.open()
    gateway.cancel_answer = says(gateway, intent, Outcome.CAPTURED)
    run_out(gateway)

    work(gateway)

    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID
    assert gateway.intent(intent).status is Status.CAPTURED
    assert state(gateway, intent, Kind.CANCEL) is State.DONE


def test_money_for_a_cancelled_order_is_late_money(gateway, clock: FrozenClock):
    intent = gateway.open()
    gateway.cancel_answer = says(gateway, intent, Outcome.CANCELLED)
    credit(gateway)
    work(gateway)
    clock.advance(timedelta(minutes=1))

    assert gateway.tell(told(gateway, intent)) == Verdict.STORED

    [payment] = gateway.hospital.payments(gateway.invoice)
    assert PaymentFlag.LATE in payment.flags
    assert (payment.applied, payment.suspense) == (vnd(140_000), vnd(10_000))


def test_a_lost_answer_to_a_cancellation_is_asked_about(gateway, clock: FrozenClock):
    intent = gateway.open()
    run_out(gateway)
    gateway.fail = httpx.ReadTimeout("silence")
    work(gateway)
    gateway.fail, gateway.answers = None, [told(gateway, intent, Outcome.CANCELLED)]
    clock.advance(timedelta(seconds=15))

    work(gateway)

    assert len(gateway.cancelled) == 1
    assert state(gateway, intent, Kind.CANCEL) is State.DONE


def test_an_order_that_never_came_there_needs_no_cancelling(gateway):
    intent = gateway.open()
    run_out(gateway)
    gateway.fail = Declined(Trouble.NOT_FOUND)

    work(gateway)

    assert state(gateway, intent, Kind.CANCEL) is State.DONE


def test_a_refused_cancellation_of_an_unpaid_order_alarms_nobody(gateway):
    intent = gateway.open()
    run_out(gateway)
    gateway.fail = Declined(Trouble.NOT_PERMITTED)

    work(gateway)

    assert state(gateway, intent, Kind.CANCEL) is State.REFUSED
    assert gateway.attempt(intent).flags == frozenset()


def test_what_was_paid_meanwhile_is_not_cancelled(gateway):
    intent = gateway.open()
    run_out(gateway)
    gateway.tell(told(gateway, intent))

    work(gateway)

    assert gateway.cancelled == []
    assert state(gateway, intent, Kind.CANCEL) is State.OVERTAKEN


def test_money_set_aside_for_an_order_that_has_ended_is_let_go(gateway):
    intent = gateway.open()
    gateway.cancel_answer = says(gateway, intent, Outcome.CANCELLED)
    call_off(gateway)

    gateway.tell(told(gateway, intent, Outcome.AUTHORISED))
    work(gateway)

    assert gateway.intent(intent).status is Status.CANCELLED
    assert len(gateway.cancelled) == 1


def test_a_gateway_that_cannot_cancel_is_not_asked(hospital: Hospital):
    vnpay = desk(hospital, "vnpay")
    intent = vnpay.open(hospital.issue())
    hospital.runtime.clock.advance(timedelta(hours=2))  # type: ignore[attr-defined]
    expire(hospital.runtime, hospital.scope)

    run_due(hospital.runtime, hospital.scope)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        found = errands.of(tx, intent, Kind.CANCEL)
    assert found is not None
    assert found.state is State.IMPOSSIBLE


def test_a_code_of_our_own_has_no_errand(hospital: Hospital):
    intent = hospital.show(hospital.issue())
    hospital.runtime.clock.advance(timedelta(hours=2))  # type: ignore[attr-defined]
    expire(hospital.runtime, hospital.scope)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert errands.of(tx, intent.id, Kind.CANCEL) is None


@pytest.mark.parametrize("name", ["momo", "stripe"])
def test_every_gateway_with_two_steps_is_taken_from_at_its_sandbox(hospital: Hospital, name: str):
    at = desk(hospital, name)
    invoice = hospital.issue()
    intent = at.open(invoice)
    at.deliver(*at.play(intent, "authorise"))
    ask_all(hospital.runtime, hospital.scope)
    assert at.intent(intent).status is Status.AUTHORISED
    assert hospital.view(invoice).paid == ZERO

    holding.want(hospital.runtime, hospital.scope, invoice, intent, Kind.CAPTURE)
    run_due(hospital.runtime, hospital.scope)

    assert at.intent(intent).status is Status.CAPTURED
    assert hospital.view(invoice).payment is Payment.PAID
    assert len(hospital.payments(invoice)) == 1


@pytest.mark.parametrize("name", ["payos", "stripe", "sepay_pg"])
def test_every_gateway_that_cancels_is_told_at_its_sandbox(hospital: Hospital, name: str):
    at = desk(hospital, name)
    invoice = hospital.issue()
    intent = at.open(invoice)

    cancel_invoice(hospital.runtime, hospital.scope, invoice, "người bệnh xin không khám")
    run_due(hospital.runtime, hospital.scope)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        found = errands.of(tx, intent, Kind.CANCEL)
    assert found is not None
    assert found.state is State.DONE
    assert at.stand.orders.get(at.wire(intent)).state.value in ("cancelled", "expired")
