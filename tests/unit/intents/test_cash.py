"""Cash at the desk: never more than is due, once, and with the code that is being shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from payments.intents.cash import CashRequest, DueChanged, take_cash
from payments.intents.queries import latest
from payments.intents.service import NothingDue, cancel_invoice, credit_invoice
from payments.intents.status import Status
from payments.invoicing.service import KeyReusedForOther
from payments.invoicing.status import Payment
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.receipts.cash import Cash
from payments.receipts.model import Flag
from payments.shifts.model import NoShift
from tests.support.hospital import Hospital

PRICE = vnd(150_000)


def test_the_till_keeps_what_is_due_and_the_rest_goes_back(hospital: Hospital) -> None:
    hospital.open_shift()
    invoice = hospital.issue()

    taken = hospital.hand_over(invoice, vnd(200_000))
    hospital.work()

    assert taken.change == vnd(50_000)
    assert hospital.view(invoice).payment is Payment.PAID
    assert hospital.balance("1000:Q1") == PRICE
    [payment] = hospital.payments(invoice)
    assert (payment.method, payment.applied, payment.flags) == ("cash", PRICE, frozenset())
    assert payment.receipt_number == "BLQ126000001"


def test_cash_without_a_shift_is_refused(hospital: Hospital) -> None:
    invoice = hospital.issue()

    with pytest.raises(NoShift):
        hospital.hand_over(invoice, PRICE)

    assert hospital.payments(invoice) == ()


def test_the_code_that_is_shown_ends_with_the_cash(hospital: Hospital) -> None:
    hospital.open_shift()
    invoice = hospital.issue()
    code = hospital.show(invoice)

    hospital.hand_over(invoice, PRICE)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        shown = latest(tx, invoice)
    assert shown is not None
    assert (shown.id, shown.status) == (code.id, Status.SUPERSEDED)
    hospital.arrive(hospital.transfer(code.code, PRICE))
    assert hospital.payments(invoice)[1].flags >= {Flag.DUPLICATE}
    assert hospital.balance("2200") == -PRICE


def test_part_in_cash_and_the_rest_by_the_code_that_replaces_the_first(hospital: Hospital) -> None:
    hospital.open_shift()
    invoice = hospital.issue()
    first = hospital.show(invoice)

    hospital.hand_over(invoice, vnd(100_000), is_part=True)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        rest = latest(tx, invoice)
    assert rest is not None
    assert (rest.amount, rest.is_open) == (vnd(50_000), True)
    assert rest.code != first.code
    hospital.arrive(hospital.transfer(rest.code, vnd(50_000)))
    assert hospital.view(invoice).payment is Payment.PAID
    assert [one.method for one in hospital.payments(invoice)] == ["cash", "bank"]


def test_part_by_code_and_the_rest_in_cash(hospital: Hospital) -> None:
    hospital.open_shift()
    invoice = hospital.issue()
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(100_000)))

    taken = hospital.hand_over(invoice, vnd(100_000))

    assert taken.change == vnd(50_000)
    assert hospital.view(invoice).payment is Payment.PAID
    assert (hospital.balance("1000:Q1"), hospital.balance("1100")) == (vnd(50_000), vnd(100_000))


def test_less_than_is_due_needs_a_word(hospital: Hospital) -> None:
    hospital.open_shift()
    invoice = hospital.issue()

    with pytest.raises(InvalidField) as refused:
        hospital.hand_over(invoice, vnd(15_000))

    assert (refused.value.field, refused.value.extras["missing"]) == ("tendered", vnd(135_000))
    assert hospital.balance("1000:Q1") == ZERO


@pytest.mark.parametrize("dong", [0, -150_000, 2_000_000_001])
def test_what_nobody_hands_over_is_refused(hospital: Hospital, dong: int) -> None:
    hospital.open_shift()
    invoice = hospital.issue()

    with pytest.raises(InvalidField):
        hospital.hand_over(invoice, vnd(dong), is_part=True)


def test_the_same_form_twice_takes_once(hospital: Hospital) -> None:
    hospital.open_shift()
    invoice = hospital.issue()
    asked = CashRequest(invoice, vnd(200_000), PRICE, False, "form-1")

    first = take_cash(hospital.runtime, hospital.scope, asked)
    second = take_cash(hospital.runtime, hospital.scope, asked)

    assert first == second
    assert hospital.balance("1000:Q1") == PRICE


def test_the_same_form_with_other_cash_is_a_mistake(hospital: Hospital) -> None:
    hospital.open_shift()
    hospital.hand_over(hospital.issue(), vnd(200_000), key="form-1")

    with pytest.raises(KeyReusedForOther):
        hospital.hand_over(hospital.issue(), vnd(200_000), key="form-1")


def test_a_second_desk_that_saw_the_old_amount_is_refused(hospital: Hospital) -> None:
    """Acceptance 1: one receipt; the second attempt is refused and says what is due."""
    hospital.open_shift("Q1")
    hospital.open_shift("Q2", by="user:other")
    invoice = hospital.issue()
    asked = CashRequest(invoice, PRICE, PRICE, False, "other-form")
    hospital.hand_over(invoice, PRICE)

    with pytest.raises(DueChanged) as refused:
        take_cash(hospital.runtime, hospital.by("user:other"), asked)
    hospital.work()

    assert refused.value.extras == {"due": ZERO}
    assert [one.receipt_number for one in hospital.payments(invoice)] == ["BLQ126000001"]


def test_two_desks_at_the_same_moment_make_one_receipt(hospital: Hospital) -> None:
    """Acceptance 1: with both desks running at once."""
    hospital.open_shift("Q1", by="user:1")
    hospital.open_shift("Q2", by="user:2")

    for round_ in range(5):
        invoice = hospital.issue()

        def desk(actor: str, invoice=invoice, round_=round_) -> Cash | DueChanged:  # type: ignore[no-untyped-def]
            asked = CashRequest(invoice, PRICE, PRICE, False, f"{actor}-{round_}")
            try:
                return take_cash(hospital.runtime, hospital.by(actor), asked)
            except DueChanged as error:
                return error

        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(desk, ["user:1", "user:2"]))

        assert sorted(type(one).__name__ for one in told) == ["Cash", "DueChanged"]
        assert len(hospital.payments(invoice)) == 1


def test_nothing_is_taken_for_what_is_settled_or_cancelled(hospital: Hospital) -> None:
    hospital.open_shift()
    settled, cancelled, zero = hospital.issue(), hospital.issue(), hospital.issue("CT02")
    hospital.hand_over(settled, PRICE)
    cancel_invoice(hospital.runtime, hospital.scope, cancelled, "người bệnh không khám")

    for invoice in (settled, cancelled, zero):
        with pytest.raises(NothingDue):
            hospital.hand_over(invoice, PRICE)


def test_a_reduced_invoice_is_paid_at_the_reduced_amount(hospital: Hospital) -> None:
    hospital.open_shift()
    invoice = hospital.issue()
    amounts: dict[str, Money] = {"KB": vnd(50_000)}
    credit_invoice(
        hospital.runtime, hospital.scope, invoice, amounts, reason="giảm theo phiếu", key="note-001"
    )

    assert hospital.hand_over(invoice, PRICE).change == vnd(50_000)
