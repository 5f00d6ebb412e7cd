"""What a gateway tells of an attempt: paid once, never by what does not fit, in any order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import structlog

from payments.gateway import Notification, Outcome, Proof, Trouble, Verdict
from payments.inbox.asking import ask_due
from payments.intents.attempts import Flag
from payments.intents.status import Status
from payments.invoicing.status import Payment
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, Money, vnd
from payments.receipts.model import Flag as PaymentFlag
from tests.support.doubles import DOUBLE, AtTheGateway, double
from tests.support.gateways import received
from tests.support.hospital import Hospital

PRICE = vnd(150_000)


@pytest.fixture
def gateway(hospital: Hospital) -> Iterator[AtTheGateway]:
    made = double(hospital)
    yield made
    assert hospital.balance("1200") == received(hospital)


def told(
    gateway: AtTheGateway,
    intent: UUID,
    outcome: Outcome = Outcome.CAPTURED,
    *,
    amount: Money = PRICE,
    transaction: str = "T1",
    at: datetime | None = None,
    currency: str = "VND",
    reference: str = "",
) -> Notification:
    return Notification(
        event_id=f"{intent}:{transaction}:{outcome}:{amount.dong}",
        outcome=outcome,
        amount=amount,
        occurred_at=at or gateway.hospital.runtime.clock.now(),
        reference=reference or gateway.intent(intent).code,
        transaction=transaction,
        currency=currency,
        trouble=Trouble.INSUFFICIENT_FUNDS if outcome is Outcome.FAILED else None,
    )


def test_captured_money_pays_and_gets_a_receipt_number(gateway: AtTheGateway) -> None:
    intent = gateway.open()

    assert gateway.tell(told(gateway, intent)) == Verdict.STORED
    gateway.hospital.work()

    [payment] = gateway.hospital.payments(gateway.invoice)
    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID
    assert gateway.intent(intent).status is Status.CAPTURED
    assert (payment.method, payment.receipt_number) == ("gateway", "BL26000001")
    assert gateway.hospital.balance("1200") == PRICE
    assert gateway.attempt(intent).next_ask_at is None


def test_the_gateway_may_call_it_by_our_number(gateway: AtTheGateway) -> None:
    intent = gateway.open()
    number = str(gateway.attempt(intent).number)

    assert gateway.tell(told(gateway, intent, reference=number)) == Verdict.STORED

    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID


def test_repeat_is_a_duplicate_and_posts_nothing(gateway: AtTheGateway) -> None:
    intent = gateway.open()
    message = told(gateway, intent)

    verdicts = [gateway.tell(message) for _ in range(3)]

    assert verdicts == [Verdict.STORED, Verdict.DUPLICATE, Verdict.DUPLICATE]
    assert len(gateway.hospital.payments(gateway.invoice)) == 1


def test_two_events_of_one_transaction_are_one_payment(gateway: AtTheGateway) -> None:
    intent = gateway.open()
    first = told(gateway, intent)
    other = told(gateway, intent, at=first.occurred_at + timedelta(seconds=3))

    gateway.tell(first)
    gateway.tell(Notification(**{**_fields(other), "event_id": "another-event"}))

    assert len(gateway.hospital.payments(gateway.invoice)) == 1


def test_two_transactions_are_two_payments_and_the_second_waits(gateway: AtTheGateway) -> None:
    intent = gateway.open()

    gateway.tell(told(gateway, intent))
    gateway.tell(told(gateway, intent, transaction="T2"))

    first, second = gateway.hospital.payments(gateway.invoice)
    assert second.flags == {PaymentFlag.DUPLICATE}
    assert (first.suspense, second.suspense) == (ZERO, PRICE)
    assert gateway.hospital.balance("2200") == -PRICE


@pytest.mark.parametrize("amount", [vnd(149_999), vnd(150_001), vnd(1)])
def test_another_amount_never_pays_and_waits_for_a_person(
    gateway: AtTheGateway, amount: Money
) -> None:
    intent = gateway.open()
    message = told(gateway, intent, amount=amount)

    verdicts = [gateway.tell(message) for _ in range(2)]

    assert verdicts == [Verdict.AMOUNT_DIFFERS] * 2
    assert gateway.hospital.view(gateway.invoice).paid == ZERO
    assert gateway.attempt(intent).flags == {Flag.AMOUNT_DIFFERS}
    assert gateway.intent(intent).status is Status.PENDING
    assert gateway.hospital.balance("2200") == -amount


def test_known_transaction_told_with_another_amount_changes_no_book(gateway: AtTheGateway) -> None:
    intent = gateway.open()
    gateway.tell(told(gateway, intent))

    verdict = gateway.tell(told(gateway, intent, amount=vnd(99_000)))

    assert verdict == Verdict.AMOUNT_DIFFERS
    assert Flag.AMOUNT_DIFFERS in gateway.attempt(intent).flags
    assert gateway.hospital.balance("1200") == PRICE


def test_gateway_whose_payers_choose_the_amount_pays_a_part(gateway: AtTheGateway) -> None:
    gateway.may_differ = True
    intent = gateway.open()

    gateway.tell(told(gateway, intent, amount=vnd(100_000)))
    gateway.tell(told(gateway, intent, amount=vnd(50_000), transaction="T2"))

    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID


def test_capture_of_no_dong_is_noted_and_keeps_the_true_one_from_nothing(
    gateway: AtTheGateway,
) -> None:
    intent = gateway.open()

    # Stored alone would say that it is to be tried again, which can never succeed.
    assert gateway.tell(told(gateway, intent, amount=ZERO)) == Verdict.AMOUNT_DIFFERS

    assert gateway.attempt(intent).flags == {Flag.AMOUNT_DIFFERS}
    assert gateway.hospital.payments(gateway.invoice) == ()
    assert gateway.tell(told(gateway, intent)) == Verdict.STORED
    assert len(gateway.hospital.payments(gateway.invoice)) == 1


def test_another_currency_never_pays(gateway: AtTheGateway) -> None:
    intent = gateway.open()

    verdict = gateway.tell(told(gateway, intent, currency="USD"))

    assert verdict == Verdict.AMOUNT_DIFFERS
    assert gateway.attempt(intent).flags == {Flag.CURRENCY_DIFFERS}
    assert gateway.hospital.balance("1200") == ZERO


def test_unknown_reference_is_kept_and_pays_nothing(gateway: AtTheGateway) -> None:
    intent = gateway.open()
    shown = gateway.hospital.show(gateway.invoice)

    for reference in ("VPH000000000", "123", "9" * 30, shown.code):
        verdict = gateway.tell(told(gateway, intent, reference=reference, transaction=reference))
        assert verdict == Verdict.UNKNOWN_REFERENCE, reference

    assert gateway.hospital.balance("1200") == ZERO
    assert gateway.hospital.view(gateway.invoice).paid == ZERO


def test_wrong_key_leaves_no_trace(gateway: AtTheGateway) -> None:
    intent = gateway.open()

    assert gateway.tell(told(gateway, intent), key="wrong") == Verdict.BAD_SIGNATURE
    assert gateway.attempt(intent).told == frozenset()


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.FAILED, Status.FAILED),
        (Outcome.CANCELLED, Status.CANCELLED),
        (Outcome.EXPIRED, Status.EXPIRED),
        (Outcome.PENDING, Status.PENDING),
        (Outcome.AUTHORISED, Status.AUTHORISED),
        (Outcome.UNKNOWN, Status.UNKNOWN),
        (Outcome.REVIEW, Status.PENDING),
    ],
)
def test_what_is_no_success_moves_no_money(
    gateway: AtTheGateway, outcome: Outcome, status: Status
) -> None:
    intent = gateway.open()

    assert gateway.tell(told(gateway, intent, outcome)) == Verdict.STORED

    assert gateway.intent(intent).status is status
    assert gateway.hospital.balance("1200") == ZERO
    assert (Flag.REVIEW in gateway.attempt(intent).flags) is (outcome is Outcome.REVIEW)


@pytest.mark.parametrize("end", [Outcome.FAILED, Outcome.CANCELLED, Outcome.EXPIRED])
@pytest.mark.parametrize("money_first", [True, False])
def test_success_beside_an_end_pays_and_is_flagged_in_either_order(
    gateway: AtTheGateway, end: Outcome, money_first: bool
) -> None:
    intent = gateway.open()
    messages = [told(gateway, intent, end, transaction=""), told(gateway, intent)]

    for message in reversed(messages) if money_first else messages:
        gateway.tell(message)

    assert gateway.intent(intent).status is Status.CAPTURED
    assert gateway.attempt(intent).flags == {Flag.LATE_SUCCESS}
    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID


@pytest.mark.parametrize(("seconds", "flags"), [(-1, set()), (0, {PaymentFlag.LATE})])
def test_money_after_the_time_pays_and_says_that_it_was_late(
    gateway: AtTheGateway, clock: FrozenClock, seconds: int, flags: set[PaymentFlag]
) -> None:
    intent = gateway.open()
    at = gateway.intent(intent).expires_at + timedelta(seconds=seconds)
    clock.set(at + timedelta(minutes=1))

    gateway.tell(told(gateway, intent, at=at))

    assert gateway.hospital.payments(gateway.invoice)[0].flags == flags


def test_every_order_of_six_events_ends_alike(gateway: AtTheGateway) -> None:
    outcomes = [
        Outcome.PENDING,
        Outcome.UNKNOWN,
        Outcome.EXPIRED,
        Outcome.CANCELLED,
        Outcome.FAILED,
        Outcome.CAPTURED,
    ]
    orders = list(itertools.permutations(outcomes))[::48]
    ends = set()
    for number, order in enumerate(orders):
        gateway.invoice = gateway.hospital.issue()
        intent = gateway.open(key=f"order-{number:06d}")
        for outcome in order:
            gateway.tell(told(gateway, intent, outcome, transaction=f"T{number}"))
        view = gateway.hospital.view(gateway.invoice)
        attempt = gateway.attempt(intent)
        ends.add((gateway.intent(intent).status, view.paid, attempt.flags, attempt.told))

    assert ends == {(Status.CAPTURED, PRICE, frozenset({Flag.LATE_SUCCESS}), frozenset(outcomes))}


def test_caller_that_proves_only_itself_is_asked_back(gateway: AtTheGateway) -> None:
    gateway.proof = Proof.TOKEN
    intent = gateway.open()
    gateway.tell(told(gateway, intent, amount=PRICE))
    assert gateway.hospital.view(gateway.invoice).paid == ZERO

    gateway.answers = [told(gateway, intent)]
    assert ask_due(gateway.hospital.runtime, gateway.hospital.scope) == 1

    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID
    assert [one.reference for one in gateway.asked] == [gateway.intent(intent).code]


def test_lie_of_such_a_caller_pays_nothing(gateway: AtTheGateway) -> None:
    gateway.proof = Proof.TOKEN
    intent = gateway.open()
    gateway.tell(told(gateway, intent))

    gateway.answers = [told(gateway, intent, Outcome.PENDING)]
    ask_due(gateway.hospital.runtime, gateway.hospital.scope)

    assert gateway.hospital.view(gateway.invoice).paid == ZERO
    assert DOUBLE not in {one.method for one in gateway.hospital.payments(gateway.invoice)}


def test_refund_that_such_a_caller_tells_is_asked_about_first(gateway: AtTheGateway) -> None:
    intent = gateway.open()
    gateway.tell(told(gateway, intent, amount=PRICE))
    gateway.proof = Proof.TOKEN
    before = gateway.attempt(intent).told

    gateway.tell(told(gateway, intent, Outcome.REFUNDED, amount=PRICE))

    assert gateway.attempt(intent).told == before
    assert gateway.attempt(intent).next_ask_at is not None


def _fields(one: Notification) -> dict[str, object]:
    return {name: getattr(one, name) for name in Notification.__dataclass_fields__}


def test_one_transaction_never_settles_two_orders_and_a_person_is_told(
    gateway: AtTheGateway,
) -> None:
    first, hospital = gateway.open(), gateway.hospital
    gateway.tell(told(gateway, first))
    gateway.invoice = hospital.issue()
    second = gateway.open(key="key-000002")

    with structlog.testing.capture_logs() as logs:
        verdict = gateway.tell(told(gateway, second))

    assert verdict == Verdict.STORED
    assert hospital.view(gateway.invoice).paid == ZERO
    assert gateway.intent(second).status is Status.PENDING
    assert gateway.attempt(second).next_ask_at is not None
    assert [one["reason"] for one in logs if one["event"] == "gateway.review"] == [
        "booked-for-another"
    ]
