"""Fee bills of a month are posted once and held against the fee table; a shortage is paid (P27)."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from payments.bank.model import Direction
from payments.channels import fees
from payments.channels.routing import Fee, Terms
from payments.demo.hospital import DESK
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger import post
from payments.ledger.posting_rules.disputes import dispute_opened
from payments.payouts import bills, debits, topping_up
from payments.payouts.accruing import Accrual, accrued, month_of
from payments.payouts.bills import BillKnown, FeeBill, NoFeeBill
from payments.payouts.debits import DebitUnfit
from payments.payouts.rows import FEE_BILL
from payments.payouts.topping_up import Short
from payments.receipts.rows import PAYMENT
from tests.support.gateways import GatewayDesk, desk
from tests.support.hospital import Hospital
from tests.unit.payouts.test_payouts import pay, report, taken, today

MONTH = "2026-11"
TERMS = Terms(Fee(vnd(1_000), per_million=10_000))


def enter(hospital: Hospital, amount: int, number: str = "HĐ-1", reason: str = "") -> FeeBill:
    return bills.enter(
        hospital.runtime,
        hospital.scope,
        channel=DESK,
        number=number,
        month=MONTH,
        amount=vnd(amount),
        reason=reason,
    )


def paid_by_code(hospital: Hospital) -> None:
    """Let two invoices of 150,000 đ be paid by code: 2,500 đ each by the fee table."""
    day = HospitalDay.of(hospital.runtime.clock.now())
    fees.agree(hospital.runtime, hospital.scope, DESK, day, TERMS, "HĐ 1/2026")
    for _ in range(2):
        code = hospital.show(hospital.issue())
        hospital.arrive(hospital.transfer(code.code, code.amount))


def leaves(hospital: Hospital, amount: int, reference: str) -> UUID:
    """Let money leave our account; returns the movement."""
    told = hospital.transfer("THU PHI", vnd(amount), reference=reference)
    found = hospital.arrive(replace(told, direction=Direction.OUT)).credit
    assert found is not None
    return found


def accrual(hospital: Hospital, channel: str = DESK) -> Accrual:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return accrued(tx, channel, month_of(MONTH))


def proof(hospital: Hospital) -> bills.Proof:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [found] = bills.proofs(tx)
    return found


def test_bill_is_what_the_fee_table_says_and_is_paid_by_one_debit(hospital: Hospital) -> None:
    paid_by_code(hospital)
    told = accrual(hospital)
    assert (told.payments, told.cost, told.kept, told.left) == (2, vnd(5_000), ZERO, vnd(5_000))

    bill = enter(hospital, 5_000)
    assert (bill.difference, bill.month) == (ZERO, date(2026, 11, 1))
    assert (hospital.balance("5000"), hospital.balance("2400")) == (vnd(5_000), vnd(-5_000))
    debit = leaves(hospital, 5_000, "PHI-1")
    bills.pay(hospital.runtime, hospital.scope, bill.id, debit)
    bills.pay(hospital.runtime, hospital.scope, bill.id, debit)

    assert (hospital.balance("2400"), hospital.balance("1100")) == (ZERO, vnd(295_000))
    assert proof(hospital).is_sound
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert debits.waiting(tx) == ()


def test_same_bill_twice_is_one_and_another_under_its_number_is_refused(
    hospital: Hospital,
) -> None:
    first = enter(hospital, 7_000, reason="phí tối thiểu")
    assert enter(hospital, 7_000, " hđ-1 ").id == first.id
    with pytest.raises(BillKnown):
        enter(hospital, 7_001, reason="khác")

    assert hospital.balance("2400") == vnd(-7_000)
    assert proof(hospital).unpaid == vnd(7_000)


def test_bill_entered_by_several_at_once_is_posted_once(hospital: Hospital) -> None:
    pressing, made = threading.Barrier(4), []

    def press() -> None:
        pressing.wait()
        made.append(enter(hospital, 7_000, reason="phí tối thiểu").id)

    people = [threading.Thread(target=press) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert (len(made), len(set(made))) == (4, 1)
    assert hospital.balance("5000") == vnd(7_000)


def test_what_differs_from_the_accrual_needs_a_reason_and_nothing_is_half_posted(
    hospital: Hospital,
) -> None:
    paid_by_code(hospital)
    with pytest.raises(InvalidField):
        enter(hospital, 5_001)
    for wrong in ({"channel": "nobody"}, {"month": "2026-13"}, {"month": "2027-01"}):
        told = {"channel": DESK, "month": MONTH} | wrong
        with pytest.raises(InvalidField):
            bills.enter(
                hospital.runtime,
                hospital.scope,
                number="HĐ-2",
                amount=vnd(1),
                reason="phí",
                **told,
            )

    assert hospital.balance("5000") == ZERO
    assert enter(hospital, 5_001, reason="làm tròn").difference == vnd(1)


def test_debit_of_another_amount_or_of_another_bill_pays_nothing(hospital: Hospital) -> None:
    one = enter(hospital, 7_000, reason="phí tối thiểu")
    two = enter(hospital, 7_000, "HĐ-2", reason="phí tối thiểu")
    right, wrong = leaves(hospital, 7_000, "PHI-1"), leaves(hospital, 7_001, "PHI-2")
    with pytest.raises(DebitUnfit):
        bills.pay(hospital.runtime, hospital.scope, one.id, wrong)
    bills.pay(hospital.runtime, hospital.scope, one.id, right)
    with pytest.raises(DebitUnfit):
        bills.pay(hospital.runtime, hospital.scope, two.id, right)
    with pytest.raises(NoFeeBill):
        bills.pay(hospital.runtime, hospital.scope, uuid4(), right)
    with pytest.raises(IntegrityError), hospital.runtime.database.transaction(hospital.scope) as tx:
        tx.execute(update(FEE_BILL).where(FEE_BILL.c.id == two.id).values(credit_id=right))


def test_what_the_gateway_kept_of_its_payouts_is_not_billed_again(hospital: Hospital) -> None:
    at = desk(hospital, "momo")
    fees.agree(at.hospital.runtime, at.hospital.scope, at.name, today(at), TERMS, "HĐ 2/2026")
    pay(at)
    before = accrual(at.hospital, at.name)
    taken(at, report(at))
    after = accrual(at.hospital, at.name)

    assert before.left == vnd(2_500)
    assert after.kept == at.hospital.balance("5000")
    assert after.left == vnd(2_500) - after.kept


def emptied(hospital: Hospital) -> tuple[GatewayDesk, UUID]:
    """Let a payment be paid out and then disputed: the gateway is short of 180,000 đ."""
    at = desk(hospital, "momo")
    intent = pay(at)
    taken(at, report(at))
    with at.hospital.runtime.database.transaction(at.hospital.scope) as tx:
        payment = tx.execute(select(PAYMENT.c.id).where(PAYMENT.c.intent_id == intent)).scalar_one()
        entry = dispute_opened(
            dispute=uuid4(),
            adapter=at.name,
            payment=payment,
            amount=vnd(150_000),
            fee=vnd(30_000),
        )
        post(tx, entry, effective_at=tx.now(), source="webhook")
    return at, payment


def test_shortage_is_paid_by_debits_payment_by_payment_and_never_more(hospital: Hospital) -> None:
    at, payment = emptied(hospital)
    runtime, scope = at.hospital.runtime, at.hospital.scope
    with runtime.database.reading(scope) as tx:
        [short] = topping_up.short(tx)
    assert (short.channel, dict(short.payments)) == (at.name, {payment: vnd(180_000)})
    too_much = leaves(at.hospital, 180_001, "BU-0")
    first, second = leaves(at.hospital, 100_000, "BU-1"), leaves(at.hospital, 80_000, "BU-2")

    with pytest.raises(DebitUnfit):
        topping_up.top_up(runtime, scope, at.name, too_much)
    topping_up.top_up(runtime, scope, at.name, first)
    with pytest.raises(DebitUnfit):
        topping_up.top_up(runtime, scope, at.name, first)
    topping_up.top_up(runtime, scope, at.name, second)

    assert at.hospital.balance("1200") == ZERO
    with runtime.database.reading(scope) as tx:
        assert topping_up.short(tx) == ()


@pytest.mark.parametrize("text", ["", "2026", "2026-1", "2026-13", "1999-12", "2026-11-01", "x"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        month_of(text)


@given(lacks=st.lists(st.integers(1, 10**9), min_size=1, max_size=6), paid=st.integers(1, 10**10))
def test_a_debit_is_shared_out_whole_and_fills_no_more_than_lacks(
    lacks: list[int], paid: int
) -> None:
    short = Short("momo", {uuid4(): Money(one) for one in lacks})
    if Money(paid) > short.total:
        with pytest.raises(DebitUnfit):
            short.parts(Money(paid))
        return
    parts = short.parts(Money(paid))
    assert sum(parts.values(), ZERO) == Money(paid)
    assert all(ZERO < part <= short.payments[payment] for payment, part in parts.items())
