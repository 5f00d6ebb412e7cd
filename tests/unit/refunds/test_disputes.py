"""What a gateway takes back by itself: booked once, in any order, owed again, told to finance."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from payments.gateway import Notification, Outcome, Proof, RefundOrder
from payments.inbox.asking import ask_all
from payments.intents.status import Status
from payments.invoicing.status import Payment
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, Money, vnd
from payments.refunds import dispute_repository, disputing
from payments.refunds.disputes import Dispute, Kind, State, parts
from payments.refunds.model import NotRefundable
from payments.refunds.rows import DISPUTE
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.unit.inbox.test_attempts import PRICE, told
from tests.unit.refunds.test_refunds import approve, ask, credit, look, paid, says, stored

REFUNDED, DISPUTED = Outcome.REFUNDED, Outcome.DISPUTED
WON, LOST = Outcome.DISPUTE_WON, Outcome.DISPUTE_LOST


@pytest.fixture
def gateway(hospital: Hospital) -> Iterator[AtTheGateway]:
    made = double(hospital)
    made.refund_answer = says(Outcome.REFUNDED)
    yield made
    assert hospital.balance("1210") >= ZERO
    assert hospital.balance("1200") + hospital.balance("1210") >= ZERO


def goes(
    gateway: AtTheGateway,
    intent: UUID,
    outcome: Outcome,
    *,
    amount: Money = PRICE,
    name: str = "D1",
    currency: str = "VND",
) -> Notification:
    """Say that *outcome* happened to the payment T1; the message knows no order of ours."""
    message = told(gateway, intent, outcome, amount=amount, transaction=name, currency=currency)
    return replace(message, reference="", payment="T1")


def captured(gateway: AtTheGateway) -> UUID:
    intent = gateway.open()
    gateway.tell(told(gateway, intent))
    return intent


def disputes(gateway: AtTheGateway) -> list[Dispute]:
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        return dispute_repository.of_invoice(tx, gateway.invoice)


def of_second(gateway: AtTheGateway) -> UUID:
    """Name the attempt that brought the payment T2."""
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        found = dispute_repository.intent_of_payment(tx, "double", "T2")
    assert found is not None
    return found


def test_refund_made_at_the_gateway_is_booked_once_and_owed_again(gateway: AtTheGateway) -> None:
    message = goes(gateway, captured(gateway), REFUNDED, amount=vnd(50_000))

    verdicts = [gateway.tell(message) for _ in range(3)]
    gateway.tell(replace(message, event_id="told again by another event"))

    assert verdicts == ["stored", "duplicate", "duplicate"]
    [taken] = disputes(gateway)
    assert (taken.kind, taken.state, taken.from_invoice) == (Kind.REFUND, State.LOST, vnd(50_000))
    view = gateway.hospital.view(gateway.invoice)
    assert (view.payment, view.due) == (Payment.PARTIALLY_PAID, vnd(50_000))
    assert gateway.hospital.balance("1200") == vnd(100_000)
    assert gateway.hospital.balance("1210") == ZERO
    assert gateway.hospital.balance("1300") == vnd(50_000)


def test_what_paid_for_nothing_is_taken_from_suspense_and_nothing_is_owed(
    gateway: AtTheGateway,
) -> None:
    intent = captured(gateway)
    gateway.tell(told(gateway, intent, transaction="T2"))

    gateway.tell(replace(goes(gateway, intent, REFUNDED), payment="T2"))

    [taken] = disputes(gateway)
    assert (taken.from_suspense, taken.from_invoice) == (PRICE, ZERO)
    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID
    assert gateway.hospital.balance("2200") == ZERO


def test_dispute_holds_the_money_and_leaves_the_invoice_alone(gateway: AtTheGateway) -> None:
    gateway.tell(goes(gateway, captured(gateway), DISPUTED))

    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID
    assert gateway.hospital.balance("1210") == PRICE
    assert gateway.hospital.balance("1200") == ZERO


def test_dispute_that_is_won_comes_back(gateway: AtTheGateway) -> None:
    intent = captured(gateway)
    gateway.tell(goes(gateway, intent, DISPUTED))
    gateway.tell(goes(gateway, intent, WON))

    assert [one.state for one in disputes(gateway)] == [State.WON]
    assert gateway.hospital.view(gateway.invoice).due == ZERO
    assert (gateway.hospital.balance("1200"), gateway.hospital.balance("1210")) == (PRICE, ZERO)


def test_dispute_that_is_lost_is_owed_again_and_can_be_paid_again(gateway: AtTheGateway) -> None:
    intent = captured(gateway)
    gateway.tell(goes(gateway, intent, DISPUTED))
    gateway.tell(goes(gateway, intent, LOST))

    view = gateway.hospital.view(gateway.invoice)
    assert (view.payment, view.due) == (Payment.UNPAID, PRICE)
    again = gateway.open(key="key-000002")
    gateway.tell(told(gateway, again, transaction="T9"))
    assert gateway.hospital.view(gateway.invoice).due == ZERO
    assert gateway.intent(again).status is Status.CAPTURED


@pytest.mark.parametrize("end", [WON, LOST])
def test_order_of_the_messages_of_a_dispute_makes_no_difference(
    gateway: AtTheGateway, end: Outcome
) -> None:
    reached = set()
    for number, order in enumerate(itertools.permutations([DISPUTED, end, end])):
        gateway.invoice = gateway.hospital.issue()
        intent = gateway.open(key=f"key-00001{number}")
        gateway.tell(told(gateway, intent, transaction=f"P{number}"))
        before = gateway.hospital.balance("1200")
        for outcome in order:
            message = goes(gateway, intent, outcome, name=f"D{number}")
            gateway.tell(replace(message, payment=f"P{number}"))
        [taken] = disputes(gateway)
        due = gateway.hospital.view(gateway.invoice).due
        reached.add((taken.state, due, gateway.hospital.balance("1200") - before))
        assert gateway.hospital.balance("1210") == ZERO

    assert len(reached) == 1


def test_end_that_contradicts_a_booked_end_is_told_and_changes_nothing(
    gateway: AtTheGateway,
) -> None:
    intent = captured(gateway)
    gateway.tell(goes(gateway, intent, LOST))
    with capture_logs() as logs:
        gateway.tell(goes(gateway, intent, WON))

    assert [one.state for one in disputes(gateway)] == [State.LOST]
    assert gateway.hospital.view(gateway.invoice).due == PRICE
    assert "told-won-after-lost" in {one.get("reason") for one in logs}


def test_more_than_was_paid_is_not_booked_and_a_person_is_told(gateway: AtTheGateway) -> None:
    intent = captured(gateway)
    gateway.tell(goes(gateway, intent, REFUNDED, amount=vnd(100_000)))
    with capture_logs() as logs:
        verdict = gateway.tell(goes(gateway, intent, REFUNDED, amount=vnd(50_001), name="D2"))

    assert verdict == "amount_differs"
    assert len(disputes(gateway)) == 1
    assert gateway.hospital.balance("1200") == vnd(50_000)
    assert "taken-back-more-than-paid" in {one.get("reason") for one in logs}


def test_another_currency_is_not_booked(gateway: AtTheGateway) -> None:
    verdict = gateway.tell(goes(gateway, captured(gateway), REFUNDED, currency="USD"))

    assert verdict == "amount_differs"
    assert disputes(gateway) == []


def test_message_that_is_faster_than_the_payment_waits_for_it(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    intent = gateway.open()
    message = replace(goes(gateway, intent, REFUNDED), reference=gateway.intent(intent).code)

    assert gateway.tell(message) == "stored"
    gateway.tell(told(gateway, intent))
    clock.advance(timedelta(minutes=1))
    gateway.hospital.work()

    assert [one.state for one in disputes(gateway)] == [State.LOST]
    assert gateway.hospital.view(gateway.invoice).due == PRICE


def test_caller_who_proves_only_itself_is_asked_back(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    intent = captured(gateway)
    gateway.proof = Proof.TOKEN
    message = replace(goes(gateway, intent, REFUNDED), reference=gateway.intent(intent).code)
    gateway.tell(message)
    assert disputes(gateway) == []
    gateway.answers = [told(gateway, intent), message]
    clock.advance(timedelta(seconds=1))

    ask_all(gateway.hospital.runtime, gateway.hospital.scope)

    assert [one.state for one in disputes(gateway)] == [State.LOST]


def test_answer_about_our_refund_that_names_another_books_that_one(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    payment = paid(gateway)
    credit(gateway, vnd(40_000))
    gateway.refund_answer = says(Outcome.REFUND_PENDING)
    refund = approve(gateway, ask(gateway, payment, vnd(40_000)))

    def both(order: RefundOrder) -> Notification:
        return replace(says(REFUNDED, amount=vnd(10_000))(order), refund="THEIRS", transaction="X")

    gateway.refund_answer = both
    clock.advance(timedelta(seconds=15))
    look(gateway)

    assert stored(gateway, refund).state.value == "pending"
    [taken] = disputes(gateway)
    assert (taken.name, taken.amount) == ("THEIRS", vnd(10_000))


def test_refund_of_ours_without_a_name_is_not_booked_as_theirs(gateway: AtTheGateway) -> None:
    payment = paid(gateway, twice=True)
    gateway.refund_answer = lambda order: replace(says(REFUNDED)(order), transaction="")
    approve(gateway, ask(gateway, payment, PRICE))

    order = gateway.refunds[0]
    gateway.tell(replace(says(REFUNDED)(order), refund="", transaction="R7"))

    assert disputes(gateway) == []


@pytest.mark.parametrize("outcome", [DISPUTED, LOST, REFUNDED])
def test_what_a_gateway_holds_or_took_is_not_refunded_as_well(
    gateway: AtTheGateway, outcome: Outcome
) -> None:
    payment = paid(gateway, twice=True)
    gateway.tell(replace(goes(gateway, of_second(gateway), outcome), payment="T2"))

    with pytest.raises(NotRefundable):
        ask(gateway, payment, vnd(1))


def test_request_that_waits_cannot_be_approved_after_the_gateway_took_it(
    gateway: AtTheGateway,
) -> None:
    payment = paid(gateway, twice=True)
    refund = ask(gateway, payment, PRICE)
    gateway.tell(replace(goes(gateway, of_second(gateway), REFUNDED), payment="T2"))

    with pytest.raises(NotRefundable):
        approve(gateway, refund)
    assert gateway.refunds == []


def test_finance_is_alerted_until_somebody_has_seen_it(gateway: AtTheGateway) -> None:
    intent = captured(gateway)
    with capture_logs() as logs:
        gateway.tell(goes(gateway, intent, DISPUTED))
    assert "dispute-open" in {one.get("reason") for one in logs}
    [taken] = disputes(gateway)
    assert taken.seen_at is None

    runtime, scope = gateway.hospital.runtime, gateway.hospital.by("user:reads")
    disputing.acknowledge(runtime, scope, taken.id)
    disputing.acknowledge(runtime, gateway.hospital.by("user:other"), taken.id)
    assert disputes(gateway)[0].seen_by == "user:reads"

    gateway.tell(goes(gateway, intent, LOST))
    assert disputes(gateway)[0].seen_at is None


def test_same_message_from_many_at_once_is_booked_once(gateway: AtTheGateway) -> None:
    intent = captured(gateway)
    starting = threading.Barrier(6)
    message = goes(gateway, intent, REFUNDED, amount=vnd(60_000))

    def tell(number: int) -> None:
        starting.wait()
        gateway.tell(replace(message, event_id=f"event-{number}"))

    gateway.messages = [message]
    threads = [threading.Thread(target=tell, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    gateway.hospital.work()

    assert len(disputes(gateway)) == 1
    assert gateway.hospital.balance("1200") == vnd(90_000)


def test_database_itself_refuses_parts_that_do_not_sum_up(gateway: AtTheGateway) -> None:
    gateway.tell(goes(gateway, captured(gateway), REFUNDED))
    [taken] = disputes(gateway)
    database, scope = gateway.hospital.runtime.database, gateway.hospital.scope

    wrong: list[dict[str, object]] = [
        {"from_invoice": 1},
        {"state": "open"},
        {"open_txn_id": None},
        {"seen_by": "user:x"},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), database.transaction(scope) as tx:
            tx.execute(update(DISPUTE).where(DISPUTE.c.id == taken.id).values(**values))


@given(
    amount=st.integers(1, 10**9), suspense=st.integers(-5, 10**9), applied=st.integers(-5, 10**9)
)
def test_parts_sum_to_what_was_taken_and_take_no_more_than_is_there(
    amount: int, suspense: int, applied: int
) -> None:
    split = parts(Money(amount), suspense=Money(suspense), applied=Money(applied))

    there = max(0, suspense) + max(0, applied)
    assert (split is None) == (amount > there)
    if split is not None:
        assert split[0] + split[1] == Money(amount)
        assert ZERO <= split[0] <= Money(max(0, suspense))
        assert ZERO <= split[1] <= Money(max(0, applied))
