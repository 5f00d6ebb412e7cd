"""Money back to an account that its payee names: two people, a day to cool, the bank closes it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from payments.bank.model import Direction
from payments.invoicing.model import NoInvoice
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.receipts.rows import PAYMENT
from payments.reconciliation import exceptions
from payments.refunds import claiming, payback_repository, paying_back, paying_out
from payments.refunds.claiming import NamedTooOften
from payments.refunds.model import NotRefundable, SamePerson
from payments.refunds.moves import Movable
from payments.refunds.paybacks import (
    PERSON_MAX,
    TRANSITIONS,
    AbovePersonLimit,
    Account,
    Event,
    IllegalPaybackStep,
    NoSuchTransfer,
    NotCooled,
    Payback,
    State,
    account_of,
    after,
)
from payments.refunds.paying_back import PaybackRequest
from payments.refunds.rows import PAYBACK
from tests.support.hospital import Hospital

STRAY = vnd(320_000)
ACCOUNT = Account("970436", "0071000999888", "NGUYEN VAN MAU")
DAY = timedelta(hours=24)


@pytest.fixture
def desk(hospital: Hospital) -> Iterator[Hospital]:
    yield hospital
    assert hospital.balance("2100") <= ZERO
    assert hospital.balance("2200") <= ZERO


def stray(desk: Hospital, amount: Money = STRAY) -> UUID:
    """Let a transfer come that names nobody; returns its payment."""
    credit = desk.arrive(desk.transfer("CK TIEN VIEN", amount)).credit
    with desk.runtime.database.reading(desk.scope) as tx:
        brought = select(PAYMENT.c.id).where(PAYMENT.c.credit_id == credit)
        found: UUID = tx.execute(brought).scalar_one()
    return found


def ask(desk: Hospital, payment: UUID, amount: Money = STRAY, key: str = "back-001") -> Payback:
    asked = PaybackRequest(payment, amount, "không rõ người trả", key)
    return paying_back.request(desk.runtime, desk.by("user:asks"), asked)


def approve(desk: Hospital, one: Payback, by: str = "user:approves") -> Payback:
    return paying_back.approve(desk.runtime, desk.by(by), one.id)


def named(desk: Hospital, one: Payback, account: Account = ACCOUNT) -> Payback:
    token = paying_back.token_of(desk.runtime, one)
    return claiming.name_account(desk.runtime, desk.by("payee"), token, account)


def passed(desk: Hospital, one: Payback, by: str = "user:approves") -> Payback:
    return claiming.let_pass(desk.runtime, desk.by(by), one.id)


def ready(desk: Hospital, clock: FrozenClock, *, key: str = "back-001") -> Payback:
    one = passed(desk, named(desk, approve(desk, ask(desk, stray(desk), key=key))))
    clock.advance(DAY)
    return one


def stored(desk: Hospital, one: Payback) -> Payback:
    with desk.runtime.database.reading(desk.scope) as tx:
        return payback_repository.get(tx, one.id)


def may_be_paid(desk: Hospital) -> list[Payback]:
    with desk.runtime.database.reading(desk.scope) as tx:
        return payback_repository.ready(tx, tx.now())


def leaves(desk: Hospital, memo: str, amount: Money, reference: str | None = None) -> None:
    told = desk.transfer(memo, amount, reference=reference)
    desk.arrive(replace(told, direction=Direction.OUT))


def test_unknown_payer_gets_the_money_back_and_the_bank_line_closes_it(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = ready(desk, clock)
    assert (desk.balance("2200"), desk.balance("2100")) == (ZERO, -STRAY)

    leaves(desk, f"HOAN TIEN {one.code}", STRAY)

    assert stored(desk, one).state is State.PAID
    assert (desk.balance("2100"), desk.balance("1100")) == (ZERO, ZERO)
    with desk.runtime.database.reading(desk.scope) as tx:
        assert (exceptions.suspense(tx), exceptions.outgoing(tx)) == ((), ())


def test_approval_takes_it_out_of_the_list_of_what_waits(desk: Hospital) -> None:
    approve(desk, ask(desk, stray(desk), vnd(200_000)))

    with desk.runtime.database.reading(desk.scope) as tx:
        [waits] = exceptions.suspense(tx)
    assert waits.left == vnd(120_000)


def test_invoice_that_was_paid_by_transfer_is_refunded_after_its_credit(desk: Hospital) -> None:
    invoice = desk.issue()
    desk.arrive(desk.transfer(desk.show(invoice).code, vnd(170_000)))
    payment = desk.payments(invoice)[0].id

    with pytest.raises(NotRefundable):
        ask(desk, payment, vnd(20_001))
    approve(desk, ask(desk, payment, vnd(20_000), "back-002"))

    assert desk.balance("2100") == vnd(-20_000)


def test_whoever_asks_neither_approves_nor_lets_the_account_pass(desk: Hospital) -> None:
    one = ask(desk, stray(desk))
    with pytest.raises(SamePerson):
        approve(desk, one, by="user:asks")
    waits = named(desk, approve(desk, one))
    with pytest.raises(SamePerson):
        passed(desk, waits, by="user:asks")


def test_the_database_itself_wants_two_people_and_an_account(desk: Hospital) -> None:
    one = named(desk, approve(desk, ask(desk, stray(desk))))
    wrong: list[dict[str, Any]] = [
        {"approved_by": "user:asks"},
        {"checked_by": "user:asks"},
        {"state": "ready"},
        {"state": "paid"},
        {"account_sealed": None},
        {"book_txn_id": None},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), desk.runtime.database.transaction(desk.scope) as tx:
            tx.execute(update(PAYBACK).where(PAYBACK.c.id == one.id).values(**values))


def test_account_that_was_never_paid_waits_for_a_day_and_a_known_one_does_not(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = passed(desk, named(desk, approve(desk, ask(desk, stray(desk)))))
    assert may_be_paid(desk) == []
    leaves(desk, "CHI HO", STRAY, reference="OUT-1")
    with pytest.raises(NotCooled):
        paying_out.close(desk.runtime, desk.scope, one.id, "OUT-1")
    clock.advance(DAY)
    assert [claiming.account_of(desk.runtime, line) for line in may_be_paid(desk)] == [ACCOUNT]
    assert paying_out.close(desk.runtime, desk.scope, one.id, "OUT-1").state is State.PAID

    second = ask(desk, stray(desk), key="back-002")
    passed(desk, named(desk, approve(desk, second)))
    assert len(may_be_paid(desk)) == 1


def test_transfer_without_the_code_is_closed_by_a_person_and_only_by_what_fits(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = ready(desk, clock)
    leaves(desk, "CHI HO", vnd(319_999), reference="OUT-2")
    leaves(desk, "CHI HO", STRAY, reference="OUT-3")

    for reference in ("", "OUT-2", "OUT-9"):
        with pytest.raises(NoSuchTransfer):
            paying_out.close(desk.runtime, desk.scope, one.id, reference)
    paying_out.close(desk.runtime, desk.scope, one.id, "OUT-3")
    with pytest.raises((NoSuchTransfer, IllegalPaybackStep)):
        paying_out.close(desk.runtime, desk.scope, one.id, "OUT-3")
    assert desk.balance("2100") == ZERO


def test_transfer_of_another_sum_with_the_code_closes_nothing(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = ready(desk, clock)

    leaves(desk, one.code, vnd(1_000))

    assert stored(desk, one).state is State.READY
    assert desk.balance("2100") == -STRAY


def test_transfer_that_comes_back_is_owed_again_under_a_fresh_link(
    desk: Hospital, clock: FrozenClock
) -> None:
    one = ready(desk, clock)
    leaves(desk, one.code, STRAY)
    old = paying_back.token_of(desk.runtime, stored(desk, one))
    desk.arrive(desk.transfer("TRA LAI SAI TK", STRAY, reference="IN-1"))
    assert desk.balance("2200") == -STRAY

    back = paying_out.came_back(desk.runtime, desk.scope, one.id, "IN-1")

    assert (back.state, back.account_last4, back.attempt) == (State.APPROVED, "", 2)
    assert (desk.balance("2200"), desk.balance("2100")) == (ZERO, -STRAY)
    with pytest.raises(NoInvoice), desk.runtime.database.reading(desk.scope) as tx:
        claiming.of_link(tx, desk.runtime, old)
    other = replace(ACCOUNT, number="0071000111222")
    passed(desk, named(desk, back, other))
    clock.advance(DAY)
    leaves(desk, one.code, STRAY)
    assert stored(desk, one).state is State.PAID
    assert (desk.balance("2100"), desk.balance("1100")) == (ZERO, ZERO)


def test_link_ends_and_a_lost_one_is_replaced(desk: Hospital, clock: FrozenClock) -> None:
    one = approve(desk, ask(desk, stray(desk)))
    token = paying_back.token_of(desk.runtime, one)
    fresh = claiming.send_back(desk.runtime, desk.scope, one.id)

    for wrong in (token, "x" * 22):
        with pytest.raises(NoInvoice), desk.runtime.database.reading(desk.scope) as tx:
            claiming.of_link(tx, desk.runtime, wrong)
    clock.advance(timedelta(days=14))
    with pytest.raises(NoInvoice):
        named(desk, fresh)


def test_account_is_named_anew_a_few_times_and_not_after_it_passed(desk: Hospital) -> None:
    one = approve(desk, ask(desk, stray(desk)))
    for _ in range(5):
        one = named(desk, one)
    with pytest.raises(NamedTooOften):
        named(desk, one)
    passed(desk, one)
    with pytest.raises(IllegalPaybackStep):
        named(desk, one)


def test_account_number_is_stored_encrypted_and_shown_by_its_end(desk: Hospital) -> None:
    one = named(desk, approve(desk, ask(desk, stray(desk))))

    with desk.runtime.database.reading(desk.scope) as tx:
        row = tx.execute(select(PAYBACK).where(PAYBACK.c.id == one.id)).one()
    told = " ".join(str(value) for value in row)
    assert ACCOUNT.number not in told
    assert ACCOUNT.holder not in told
    assert row.account_last4 == "9888"
    assert ACCOUNT.number not in repr(one) + repr(ACCOUNT)
    assert claiming.account_of(desk.runtime, one) == ACCOUNT


def test_one_account_gets_no_more_than_the_limit_in_thirty_days(
    desk: Hospital, clock: FrozenClock
) -> None:
    first = ask(desk, stray(desk, PERSON_MAX), PERSON_MAX)
    named(desk, approve(desk, first))
    second = approve(desk, ask(desk, stray(desk), key="back-002"))
    with pytest.raises(AbovePersonLimit):
        named(desk, second)
    clock.advance(timedelta(days=31))
    third = approve(desk, ask(desk, stray(desk), key="back-003"))
    assert named(desk, third).state is State.NAMED


def test_money_of_nobody_above_the_limit_is_refused_when_it_is_asked_for(desk: Hospital) -> None:
    payment = stray(desk, PERSON_MAX + vnd(1))
    with pytest.raises(AbovePersonLimit):
        ask(desk, payment, PERSON_MAX + vnd(1))
    assert ask(desk, payment, PERSON_MAX).state is State.REQUESTED


def test_one_patient_gets_no_more_than_the_limit(desk: Hospital) -> None:
    invoice = desk.issue()
    desk.arrive(desk.transfer(desk.show(invoice).code, PERSON_MAX + vnd(150_001)))
    payment = desk.payments(invoice)[0].id

    with pytest.raises(AbovePersonLimit):
        ask(desk, payment, PERSON_MAX + vnd(1))
    ask(desk, payment, PERSON_MAX)


def test_money_is_asked_for_once_and_a_turned_down_request_frees_it(desk: Hospital) -> None:
    payment = stray(desk)
    one = ask(desk, payment)
    assert ask(desk, payment).id == one.id
    with pytest.raises(NotRefundable):
        ask(desk, payment, vnd(1), "back-002")

    paying_back.turn_down(desk.runtime, desk.scope, one.id)

    with pytest.raises(IllegalPaybackStep):
        approve(desk, one)
    assert ask(desk, payment, key="back-003").state is State.REQUESTED


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_pair_is_decided(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert after(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalPaybackStep):
            after(state, event)


@pytest.mark.parametrize(
    ("bank", "number", "holder", "field"),
    [
        ("123", "0071000999888", "NGUYEN VAN MAU", "bank"),
        ("970436", "12345", "NGUYEN VAN MAU", "account"),
        ("970436", "1" * 20, "NGUYEN VAN MAU", "account"),
        ("970436", "=1+1111", "NGUYEN VAN MAU", "account"),
        ("970436", "0071000999888", "", "holder"),
        ("970436", "0071000999888", "=CMD\u202e", "holder"),
    ],
)
def test_what_is_no_account_is_refused_by_its_field(
    bank: str, number: str, holder: str, field: str
) -> None:
    with pytest.raises(InvalidField) as told:
        account_of(bank, number, holder, {"970436"})
    assert told.value.field == field


def test_account_is_read_as_people_write_it() -> None:
    told = account_of("970436", " 0071.000-999 888 ", "Nguyễn  Văn Mẫu", {"970436"})
    assert told == ACCOUNT


@given(
    amounts=st.lists(st.integers(1, 100_000), min_size=1, max_size=6), paid=st.integers(1, 10**6)
)
def test_links_never_promise_more_than_came(amounts: list[int], paid: int) -> None:
    left, given_back = Money(paid), ZERO
    for amount in map(Money, amounts):
        try:
            Movable(left, ZERO).part_for(amount)
        except NotRefundable:
            continue
        left, given_back = left - amount, given_back + amount
    assert given_back <= Money(paid)
