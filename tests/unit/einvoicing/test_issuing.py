"""One e-invoice for each receipt, issued once, put right by another that names it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from adapters.sinvoice.sandbox import TAX_CODE
from payments.einvoicing import batch, service
from payments.einvoicing.model import (
    CorrectionWaits,
    EInvoiceIsRight,
    NoEInvoiceAccount,
    OtherCorrection,
    ReceiptBlocked,
    ReceiptTaken,
    Why,
)
from payments.einvoicing.rows import E_INVOICE_SOURCE
from payments.einvoicing.status import IllegalEInvoiceStep, State
from payments.external.einvoices import Buyer, Kind
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import vnd
from tests.support.einvoices import Issuing, issuing
from tests.support.hospital import Hospital

EVENING = timedelta(hours=14)  # 21:30 in the hospital
COMPANY = Buyer("NGUYỄN VĂN THỬ", "Công ty Thử nghiệm", "0100990099", "Phường Mẫu, tỉnh Thử")


@pytest.fixture
def desk(hospital: Hospital) -> Iterator[Issuing]:
    made = issuing(hospital)
    yield made
    numbers = [one["invoiceNo"] for one in made.sandbox.book.issued.values()]
    assert len(numbers) == len(set(numbers))


def ask(desk: Issuing, *payments: UUID, buyer: Buyer | None = None) -> UUID:
    return service.ask(desk.hospital.runtime, desk.hospital.scope, payments, buyer)


def correct(desk: Issuing, e_invoice: UUID, kind: Kind, buyer: Buyer | None = None) -> UUID:
    return service.correct(
        desk.hospital.runtime, desk.hospital.scope, e_invoice, kind, "sai người mua", buyer
    )


def later(clock: FrozenClock) -> None:
    clock.advance(timedelta(hours=2))


def test_a_receipt_has_one_e_invoice_a_cancelled_slip_none_and_a_replacement_both_numbers(
    desk: Issuing,
) -> None:
    """
    acceptance 13: one e-invoice per receipt by constraint; a cancelled slip never gets one;
    a replacement keeps both numbers.
    """
    _, payment = desk.paid()
    first = ask(desk, payment)
    assert ask(desk, payment) == first
    desk.work()
    with (
        pytest.raises(IntegrityError),
        desk.hospital.runtime.database.transaction(desk.hospital.scope) as tx,
    ):
        tx.execute(
            insert(E_INVOICE_SOURCE).values(
                facility_id=tx.facility, payment_id=payment, e_invoice_id=first
            )
        )

    slip, _ = desk.attached()
    desk.unmatched(slip)
    with pytest.raises(ReceiptBlocked) as refused:
        ask(desk, slip)
    assert refused.value.extras["why"] == Why.TAKEN_BACK

    second = correct(desk, first, Kind.REPLACEMENT, COMPANY)
    desk.work()
    old, new = desk.chain(first).parts
    assert (old.number, new.number) == ("C26TVP1", "C26TVP2")
    assert (old.state, new.state) == (State.ISSUED, State.ISSUED)
    assert desk.chain(first).standing.id == second
    told = desk.sandbox.book.issued[str(second)]
    assert told["originalInvoiceId"] == "C26TVP1"
    assert told["buyer"]["buyerLegalName"] == "Công ty Thử nghiệm"
    assert desk.said() == vnd(150_000)


def test_several_receipts_of_one_invoice_are_one_e_invoice_with_its_services(
    desk: Issuing,
) -> None:
    invoice = desk.hospital.issue("KB01", "XN01")
    payments = [desk.pays(invoice, vnd(100_000)), desk.pays(invoice, vnd(142_000))]

    made = ask(desk, *payments)
    desk.work()

    assert desk.chain(made).amount == vnd(242_000)
    with pytest.raises(ReceiptTaken):
        ask(desk, payments[0])
    assert desk.said() == vnd(242_000)


def test_receipts_of_two_invoices_are_never_one_e_invoice(desk: Issuing) -> None:
    (_, one), (_, other) = desk.paid(), desk.paid()

    with pytest.raises(InvalidField) as wrong:
        ask(desk, one, other)

    assert wrong.value.field == "receipts"


def test_a_payment_without_a_number_is_no_receipt_yet(desk: Issuing) -> None:
    invoice = desk.hospital.issue()
    desk.hospital.arrive(desk.hospital.transfer(desk.hospital.show(invoice).code, vnd(150_000)))
    [payment] = desk.hospital.payments(invoice)

    with pytest.raises(NotFound):
        ask(desk, payment.id)


def test_the_day_is_issued_in_the_evening_once(desk: Issuing, clock: FrozenClock) -> None:
    desk.paid()
    partly = desk.hospital.issue("KB01", "XN01")
    desk.pays(partly, vnd(100_000))
    slip, _ = desk.attached()
    desk.unmatched(slip)

    assert desk.work() == 0
    clock.advance(EVENING)
    desk.hospital.work()
    for _ in range(3):
        desk.work()

    assert desk.sandbox.book.calls.count("issue") == 2
    assert desk.said() == vnd(250_000)
    assert desk.receipt(slip).state is None


def test_receipts_that_get_none_do_not_keep_the_others_from_theirs(
    desk: Issuing, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_PAGE", 2)
    for _ in range(5):
        slip, _ = desk.attached()
        desk.unmatched(slip)
    for _ in range(3):
        desk.paid()
    clock.advance(EVENING)

    while desk.work():
        continue

    assert desk.sandbox.book.calls.count("issue") == 3


def test_receipts_of_before_the_first_day_wait_for_a_person(
    hospital: Hospital, clock: FrozenClock
) -> None:
    desk = issuing(hospital, since=date(2026, 11, 25))
    _, payment = desk.paid()
    clock.advance(EVENING)

    assert desk.work() == 0

    ask(desk, payment)
    assert desk.work() == 1


def test_a_lost_answer_is_asked_about_and_never_issued_twice(
    desk: Issuing, clock: FrozenClock
) -> None:
    _, payment = desk.paid()
    made = ask(desk, payment)
    desk.turn(lose_answers=True)
    desk.work()
    assert desk.chain(made).standing.state is State.ASKING
    assert len(desk.sandbox.book.issued) == 1

    desk.turn(lose_answers=False)
    later(clock)
    desk.work()

    assert desk.chain(made).standing.number == "C26TVP1"
    assert desk.sandbox.book.calls.count("issue") == 1
    assert desk.sandbox.book.calls.count("find") == 1


def test_what_never_arrived_is_issued_under_its_own_name_with_its_own_date(
    desk: Issuing, clock: FrozenClock
) -> None:
    _, payment = desk.paid()
    made = ask(desk, payment)
    desk.turn(down=True)
    for _ in range(3):
        desk.work()
        later(clock)
    assert desk.sandbox.book.issued == {}

    desk.turn(down=False)
    desk.work()

    assert list(desk.sandbox.book.issued) == [str(made)]
    assert desk.chain(made).standing.state is State.ISSUED


def test_an_ended_session_costs_a_second_log_in_and_no_second_e_invoice(desk: Issuing) -> None:
    _, one = desk.paid()
    _, other = desk.paid()
    ask(desk, one)
    desk.work()
    desk.sandbox.book.end_sessions()
    ask(desk, other)

    desk.work()

    assert desk.sandbox.book.calls.count("login") == 2
    assert len(desk.sandbox.book.issued) == 2


def test_a_refused_one_goes_again_under_its_name_with_another_buyer(desk: Issuing) -> None:
    _, payment = desk.paid()
    made = ask(desk, payment)
    desk.turn(refuse="BUYER_TAX_CODE_INVALID")
    desk.work()
    refused = desk.chain(made).standing
    assert (refused.state, "BUYER_TAX_CODE_INVALID" in refused.told) == (State.REFUSED, True)

    desk.turn(refuse="")
    service.send_again(desk.hospital.runtime, desk.hospital.scope, made, COMPANY)
    desk.work()

    assert desk.sandbox.book.issued[str(made)]["buyer"]["buyerTaxCode"] == "0100990099"
    with pytest.raises(IllegalEInvoiceStep):
        service.send_again(desk.hospital.runtime, desk.hospital.scope, made)


def test_a_slip_that_is_cancelled_before_the_sending_is_not_sent(desk: Issuing) -> None:
    slip, _ = desk.attached()
    made = ask(desk, slip)

    desk.unmatched(slip)
    desk.work()

    held = desk.chain(made).standing
    assert (held.state, held.told) == (State.REFUSED, Why.TAKEN_BACK)
    assert desk.sandbox.book.calls == []
    with pytest.raises(ReceiptBlocked):
        service.send_again(desk.hospital.runtime, desk.hospital.scope, made)


def test_money_that_went_back_is_adjusted_by_its_difference(desk: Issuing) -> None:
    invoice, payment = desk.paid("KB01", "XN01")
    made = ask(desk, payment)
    with pytest.raises(CorrectionWaits):
        correct(desk, made, Kind.ADJUSTMENT)
    desk.work()
    with pytest.raises(EInvoiceIsRight):
        correct(desk, made, Kind.ADJUSTMENT)

    desk.gives_back(invoice, payment, "XN", vnd(92_000))
    correct(desk, made, Kind.ADJUSTMENT)
    desk.work()

    chain = desk.chain(made)
    assert [one.amount for one in chain.parts] == [vnd(242_000), vnd(-92_000)]
    assert chain.amount == desk.receipt(payment).net == desk.said() == vnd(150_000)
    with pytest.raises(OtherCorrection):
        correct(desk, made, Kind.REPLACEMENT)


def test_buyers_name_is_sealed_and_the_seller_is_ours(desk: Issuing) -> None:
    _, payment = desk.paid()
    made = ask(desk, payment, buyer=COMPANY)
    desk.work()

    assert desk.sandbox.book.issued[str(made)]["supplierTaxCode"] == TAX_CODE
    with pytest.raises(InvalidField) as wrong:
        ask(desk, desk.paid()[1], buyer=Buyer("A", tax_code="12"))
    assert wrong.value.field == "tax_code"


def test_without_an_account_nothing_is_made(hospital: Hospital, clock: FrozenClock) -> None:
    invoice = hospital.issue()
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(150_000)))
    clock.advance(EVENING)
    hospital.work()
    [payment] = hospital.payments(invoice)

    with pytest.raises(NoEInvoiceAccount):
        service.ask(hospital.runtime, hospital.scope, [payment.id])
