"""Issuing: once per form, numbers without gaps, wrong input named and nothing kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select

from payments.intents.service import NothingDue, cancel_invoice, credit_invoice
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.rows import INVOICE
from payments.invoicing.service import IssueRequest, KeyReusedForOther, MoneyReceived, issue
from payments.invoicing.status import Document, IllegalStep, Payment
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, vnd
from payments.numbering.rows import NUMBER_USE
from tests.support.hospital import Hospital

GOOD = IssueRequest(
    PatientRequest("NGUYỄN VĂN THỬ", 1958, "99-000001"), (LineRequest("KB01", 2),), "form-00000001"
)


def _count(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return tx.execute(select(func.count()).select_from(INVOICE)).scalar_one()


def test_an_invoice_is_numbered_priced_and_booked(hospital: Hospital) -> None:
    invoice = issue(hospital.runtime, hospital.scope, GOOD)

    view = hospital.view(invoice)
    assert view.number == "VP26000001"
    assert (view.total, view.due, view.payment) == (vnd(300_000), vnd(300_000), Payment.UNPAID)
    assert hospital.balance("1300") == vnd(300_000)
    assert hospital.balance("4000:KB:patient") == vnd(-300_000)


def test_a_second_click_gets_the_same_invoice(hospital: Hospital) -> None:
    with ThreadPoolExecutor(4) as pool:
        issued = set(pool.map(lambda _: issue(hospital.runtime, hospital.scope, GOOD), range(8)))

    assert len(issued) == 1
    assert _count(hospital) == 1


def test_the_same_key_with_other_content_is_refused(hospital: Hospital) -> None:
    issue(hospital.runtime, hospital.scope, GOOD)

    with pytest.raises(KeyReusedForOther):
        issue(hospital.runtime, hospital.scope, replace(GOOD, lines=(LineRequest("KB01", 1),)))


def test_numbers_of_parallel_desks_have_no_gap(hospital: Hospital) -> None:
    with ThreadPoolExecutor(4) as pool:
        issued: list[UUID] = list(pool.map(lambda _: hospital.issue(), range(20)))

    numbers = sorted(hospital.view(invoice).number for invoice in issued)
    assert numbers == [f"VP26{number:06d}" for number in range(1, 21)]
    with hospital.runtime.database.reading(hospital.scope) as tx:
        states = set(tx.execute(select(NUMBER_USE.c.state)).scalars())
    assert states == {"used"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": ()}, "lines"),
        ({"lines": (LineRequest("KB01", 1),) * 101}, "lines"),
        ({"lines": (LineRequest("KHONG", 1),)}, "service"),
        ({"lines": (LineRequest("KB01", 0),)}, "quantity"),
        ({"lines": (LineRequest("KB01", 1000),)}, "quantity"),
        ({"patient": PatientRequest("", 1958, "1")}, "name"),
        ({"patient": PatientRequest("A\x00B", 1958, "1")}, "name"),
        ({"patient": PatientRequest("Ử" * 121, 1958, "1")}, "name"),
        ({"patient": PatientRequest("NGUYỄN VĂN THỬ", 2027, "1")}, "birth_year"),
        ({"patient": PatientRequest("NGUYỄN VĂN THỬ", 1958, "a'--")}, "file_number"),
        ({"key": ""}, "key"),
    ],
)
def test_wrong_input_names_its_field_and_leaves_nothing(
    hospital: Hospital, change: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        issue(hospital.runtime, hospital.scope, replace(GOOD, **change))  # type: ignore[arg-type]

    assert refused.value.field == field
    assert _count(hospital) == 0


def test_a_total_of_zero_is_settled_and_shows_no_code(hospital: Hospital) -> None:
    invoice = hospital.issue("CT02")

    assert hospital.view(invoice).payment is Payment.PAID
    with pytest.raises(NothingDue):
        hospital.show(invoice)


def test_cancelling_reverses_the_revenue(hospital: Hospital) -> None:
    invoice = hospital.issue()

    cancel_invoice(hospital.runtime, hospital.scope, invoice, "nhập nhầm người bệnh")

    assert hospital.view(invoice).document is Document.CANCELLED
    assert hospital.balance("1300") == ZERO
    with pytest.raises(IllegalStep):
        cancel_invoice(hospital.runtime, hospital.scope, invoice, "nhập nhầm lần nữa")


def test_an_invoice_with_money_is_not_cancelled(hospital: Hospital) -> None:
    invoice = hospital.issue()
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(1_000)))

    with pytest.raises(MoneyReceived):
        cancel_invoice(hospital.runtime, hospital.scope, invoice, "không khám nữa")


def test_a_credit_note_is_made_once_and_not_above_the_rest(hospital: Hospital) -> None:
    invoice = hospital.issue("KB01", "XN01")

    def credit(dong: int, key: str) -> None:
        credit_invoice(
            hospital.runtime, hospital.scope, invoice, {"XN": vnd(dong)}, reason="bớt", key=key
        )

    credit(50_000, "credit-00001")
    credit(50_000, "credit-00001")

    assert hospital.view(invoice).credited == vnd(50_000)
    with pytest.raises(InvalidField):
        credit(42_001, "credit-00002")


def test_a_credit_note_after_payment_leaves_money_to_refund_on_1300(hospital: Hospital) -> None:
    invoice = hospital.issue("KB01", "XN01")
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(242_000)))

    credit_invoice(
        hospital.runtime,
        hospital.scope,
        invoice,
        {"XN": vnd(92_000)},
        reason="không làm",
        key="c-000001",
    )

    view = hospital.view(invoice)
    assert (view.payment, view.due) == (Payment.OVER, ZERO)
    assert hospital.balance("1300") == vnd(-92_000)
