"""What is over pays another invoice of the same person: two people, once, with a receipt."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from payments.gateway import Outcome
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue
from payments.invoicing.status import Payment
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.reconciliation import exceptions
from payments.refunds import move_queries, moving
from payments.refunds.model import NotRefundable, SamePerson
from payments.refunds.moves import (
    Movable,
    Move,
    MoveDealtWith,
    OtherPatient,
    OwesLess,
    Part,
    SameInvoice,
    State,
)
from payments.refunds.moving import MoveRequest
from payments.refunds.rows import OVERPAID_MOVE
from payments.statements import day as collection
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.unit.inbox.test_attempts import PRICE, told
from tests.unit.refunds.test_refunds import approve as approve_refund
from tests.unit.refunds.test_refunds import ask as ask_refund
from tests.unit.refunds.test_refunds import credit, paid, says


@pytest.fixture
def gateway(hospital: Hospital) -> Iterator[AtTheGateway]:
    made = double(hospital)
    made.refund_answer = says(Outcome.REFUNDED)
    made.invoice = another(hospital, key="first-0001")
    yield made
    hospital.work()
    hospital.assert_balanced()
    assert hospital.balance("2100") == ZERO


def another(hospital: Hospital, *, key: str = "other-0001", file: str = "99-700700") -> UUID:
    """Issue one more invoice of 150,000 đ for the same person."""
    person = PatientRequest("NGUYỄN VĂN MẪU", 1958, file)
    request = IssueRequest(person, (LineRequest("KB01", 1),), key)
    return issue(hospital.runtime, hospital.scope, request)


def ask(
    gateway: AtTheGateway, payment: UUID, target: UUID, amount: Money = PRICE, key: str = "move-001"
) -> Move:
    asked = MoveRequest(payment, target, amount, "người bệnh đồng ý", key)
    return moving.request(gateway.hospital.runtime, gateway.hospital.by("user:asks"), asked)


def approve(gateway: AtTheGateway, move: Move, by: str = "user:approves") -> Move:
    return moving.approve(gateway.hospital.runtime, gateway.hospital.by(by), move.id)


def overpaid_by_bank(gateway: AtTheGateway, amount: Money) -> UUID:
    """Let a transfer pay the first invoice and *amount* more; returns the payment."""
    hospital = gateway.hospital
    code = hospital.show(gateway.invoice).code
    hospital.arrive(hospital.transfer(code, PRICE + amount))
    return hospital.payments(gateway.invoice)[-1].id


def test_second_payment_at_a_gateway_pays_the_other_invoice(gateway: AtTheGateway) -> None:
    payment, target = paid(gateway, twice=True), another(gateway.hospital)

    done = approve(gateway, ask(gateway, payment, target))

    assert (done.state, done.part) == (State.DONE, Part.SUSPENSE)
    assert gateway.hospital.view(target).payment is Payment.PAID
    assert gateway.hospital.balance("2200") == ZERO
    gateway.hospital.work()
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        assert collection.read(tx, HospitalDay.of(tx.now())).lines == ()
    [moved] = gateway.hospital.payments(target)
    assert (moved.received, moved.applied) == (ZERO, PRICE)
    assert moved.receipt_number is not None


def test_too_much_by_transfer_pays_a_part_and_leaves_the_list_of_finance(
    gateway: AtTheGateway,
) -> None:
    payment, target = overpaid_by_bank(gateway, vnd(50_000)), another(gateway.hospital)

    approve(gateway, ask(gateway, payment, target, vnd(50_000)))

    view = gateway.hospital.view(target)
    assert (view.payment, view.due) == (Payment.PARTIALLY_PAID, vnd(100_000))
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        assert exceptions.suspense(tx) == ()
    assert gateway.hospital.balance("2200") == ZERO


def test_what_a_credit_note_freed_pays_the_other_and_both_invoices_say_so(
    gateway: AtTheGateway,
) -> None:
    payment, target = paid(gateway), another(gateway.hospital)
    credit(gateway, vnd(60_000))

    done = approve(gateway, ask(gateway, payment, target, vnd(60_000)))

    assert done.part is Part.INVOICE
    first, other = gateway.hospital.view(gateway.invoice), gateway.hospital.view(target)
    assert (first.refunded, first.due, first.credited) == (vnd(60_000), ZERO, vnd(60_000))
    assert (other.paid, other.due) == (vnd(60_000), vnd(90_000))


def test_code_that_is_shown_for_the_other_invoice_becomes_one_for_the_rest(
    gateway: AtTheGateway,
) -> None:
    payment, target = overpaid_by_bank(gateway, vnd(50_000)), another(gateway.hospital)
    shown = gateway.hospital.show(target)

    approve(gateway, ask(gateway, payment, target, vnd(50_000)))

    rest = gateway.hospital.show(target)
    assert (shown.amount, rest.amount) == (PRICE, vnd(100_000))


def test_only_what_is_over_is_moved(gateway: AtTheGateway) -> None:
    """Acceptance 7: to another open invoice of the same patient."""
    payment, target = paid(gateway), another(gateway.hospital)

    with pytest.raises(NotRefundable):
        ask(gateway, payment, target, vnd(1))
    credit(gateway, vnd(60_000))
    with pytest.raises(NotRefundable):
        ask(gateway, payment, target, vnd(60_001))


def test_invoice_of_another_person_is_refused(gateway: AtTheGateway) -> None:
    payment = paid(gateway, twice=True)

    with pytest.raises(OtherPatient):
        ask(gateway, payment, another(gateway.hospital, file="99-800800"))


def test_own_invoice_and_more_than_the_other_owes_are_refused(gateway: AtTheGateway) -> None:
    payment, target = overpaid_by_bank(gateway, vnd(200_000)), another(gateway.hospital)

    with pytest.raises(SameInvoice):
        ask(gateway, payment, gateway.invoice)
    with pytest.raises(OwesLess):
        ask(gateway, payment, target, PRICE + vnd(1))
    with pytest.raises(InvalidField):
        moving.request(
            gateway.hospital.runtime,
            gateway.hospital.scope,
            MoveRequest(payment, target, PRICE, " ", "move-009"),
        )


def test_whoever_asks_does_not_approve_and_the_database_says_so_too(
    gateway: AtTheGateway,
) -> None:
    move = ask(gateway, paid(gateway, twice=True), another(gateway.hospital))
    database, scope = gateway.hospital.runtime.database, gateway.hospital.scope

    with pytest.raises(SamePerson):
        approve(gateway, move, by="user:asks")
    wrong: list[dict[str, Any]] = [
        {"approved_by": "user:asks"},
        {"state": "done"},
        {"state": "refused"},
        {"to_invoice_id": gateway.invoice},
        {"amount": 0},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), database.transaction(scope) as tx:
            tx.execute(update(OVERPAID_MOVE).where(OVERPAID_MOVE.c.id == move.id).values(**values))


def test_move_and_refund_do_not_take_the_same_money(gateway: AtTheGateway) -> None:
    payment, target = paid(gateway, twice=True), another(gateway.hospital)
    move = ask(gateway, payment, target, vnd(100_000))

    with pytest.raises(NotRefundable):
        ask_refund(gateway, payment, vnd(50_001))
    refund = ask_refund(gateway, payment, vnd(50_000))
    with pytest.raises(NotRefundable):
        ask(gateway, payment, target, vnd(1), "move-002")
    approve(gateway, move)
    approve_refund(gateway, refund)

    assert gateway.hospital.balance("2200") == ZERO


def test_request_that_was_turned_down_frees_its_money(gateway: AtTheGateway) -> None:
    payment, target = paid(gateway, twice=True), another(gateway.hospital)
    move = ask(gateway, payment, target)
    moving.turn_down(gateway.hospital.runtime, gateway.hospital.scope, move.id)

    with pytest.raises(MoveDealtWith):
        approve(gateway, move)
    assert ask(gateway, payment, target, key="move-002").state is State.REQUESTED


def test_other_invoice_that_was_paid_meanwhile_takes_nothing(gateway: AtTheGateway) -> None:
    payment, target = paid(gateway, twice=True), another(gateway.hospital)
    move = ask(gateway, payment, target)
    gateway.hospital.arrive(gateway.hospital.transfer(gateway.hospital.show(target).code, PRICE))

    with pytest.raises(OwesLess):
        approve(gateway, move)
    assert gateway.hospital.balance("2200") == -PRICE


def test_repeat_of_the_form_is_one_request_and_approval_twice_moves_once(
    gateway: AtTheGateway,
) -> None:
    payment, target = paid(gateway, twice=True), another(gateway.hospital)
    move = ask(gateway, payment, target)
    assert ask(gateway, payment, target).id == move.id
    pressing, failures = threading.Barrier(5), []

    def press(number: int) -> None:
        pressing.wait()
        try:
            approve(gateway, move, by=f"user:{number}")
        except MoveDealtWith as error:
            failures.append(error)

    people = [threading.Thread(target=press, args=(number,)) for number in range(5)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert len(failures) == 4
    assert len(gateway.hospital.payments(target)) == 1


def test_open_invoices_of_the_person_are_offered_and_no_others(gateway: AtTheGateway) -> None:
    target = another(gateway.hospital)
    another(gateway.hospital, key="other-0002", file="99-800800")
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        offered = move_queries.targets_of(tx, gateway.invoice)
        rows = tx.execute(select(OVERPAID_MOVE)).all()

    assert [one.invoice for one in offered] == [target]
    assert rows == []


def test_money_of_a_wrong_amount_is_moved_to_another_invoice_of_the_person(
    gateway: AtTheGateway,
) -> None:
    target = another(gateway.hospital)
    intent = gateway.open()
    gateway.tell(told(gateway, intent, amount=vnd(149_000)))
    with gateway.hospital.runtime.database.reading(gateway.hospital.scope) as tx:
        [waits] = move_queries.payments_of(tx, gateway.invoice)

    assert waits.most == vnd(149_000)
    assert approve(gateway, ask(gateway, waits.payment, target, vnd(149_000))).state is State.DONE


@given(suspense=st.integers(-5, 10**9), over=st.integers(-5, 10**9), amount=st.integers(0, 10**9))
def test_no_more_is_taken_than_is_free_of_one_kind(suspense: int, over: int, amount: int) -> None:
    free = Movable(Money(suspense), Money(over))
    there = suspense if suspense > 0 else max(0, over)

    if 1 <= amount <= there:
        assert free.part_for(Money(amount)) is (Part.SUSPENSE if suspense > 0 else Part.INVOICE)
    else:
        with pytest.raises(NotRefundable):
            free.part_for(Money(amount))
