"""A credit note from the desk: what is owed, the code and the books change in one commit."""

from __future__ import annotations

from uuid import UUID

import pytest

from payments.identity.permissions import Role
from payments.invoicing.credit_notes import notes
from payments.kernel.money import ZERO, vnd
from payments.reconciliation.resolving import attach
from tests.support.hospital import Hospital
from tests.support.oracle import findings
from tests.support.web import Browser, add_user

REASON = "bác sĩ bỏ chỉ định"


def address(invoice: UUID) -> str:
    return f"/desk/invoices/{invoice}/credit"


def department(hospital: Hospital, invoice: UUID, line: int = 0) -> str:
    return hospital.view(invoice).lines[line].department_code


def give(desk: Browser, hospital: Hospital, invoice: UUID, amount: str, **more: str) -> int:
    desk.get(address(invoice))
    form = {f"amount:{department(hospital, invoice)}": amount, "reason": REASON, **more}
    return desk.post(address(invoice), form).status_code


def made(hospital: Hospital, invoice: UUID) -> list[int]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return [note.amount.dong for note in notes(tx, invoice)]


def test_an_amount_of_a_department_is_taken_off_and_the_code_is_for_the_rest(
    desk: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    shown = hospital.show(invoice)
    assert "Giảm phiếu" in desk.get(f"/desk/invoices/{invoice}").get_data(as_text=True)

    assert give(desk, hospital, invoice, "50.000") == 303

    page = desk.get(f"/desk/invoices/{invoice}").get_data(as_text=True)
    assert hospital.view(invoice).due == vnd(100_000)
    assert shown.code not in page
    assert "qr-symbol" in page
    assert findings(hospital.runtime, hospital.scope, is_worked=False) == []


def test_a_ticked_line_is_taken_off_whole(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue("KB01", "XN01")
    taken = hospital.view(invoice).lines[1].amount
    desk.get(address(invoice))

    answer = desk.post(address(invoice), {"line": "2", "reason": REASON})

    assert answer.status_code == 303
    assert made(hospital, invoice) == [taken.dong]


def test_a_second_click_makes_one_note(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    desk.get(address(invoice))
    form = {f"amount:{department(hospital, invoice)}": "100000", "reason": REASON}

    said = [desk.post(address(invoice), form).status_code for _ in range(2)]

    assert said == [303, 303]
    assert made(hospital, invoice) == [100_000]


@pytest.mark.parametrize(
    ("language", "typed", "said"),
    [
        ("vi", "150.001", "và nhiều nhất 150.000"),
        ("en", "0", "and of at most 150.000"),
        ("fr", "1,5", "saisissez un nombre entier de đồng"),
        ("vi", "-1", "nhập số tiền bằng số nguyên đồng"),
        ("en", "９", "type whole đồng"),
    ],
)
def test_a_wrong_amount_is_said_beside_its_field(
    desk: Browser, hospital: Hospital, language: str, typed: str, said: str
) -> None:
    invoice = hospital.issue()
    desk.client.set_cookie("vienphi_language", language)
    desk.get(address(invoice))

    answer = desk.post(
        address(invoice), {f"amount:{department(hospital, invoice)}": typed, "reason": REASON}
    )

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="amount-1-err"' in text
    assert said in text
    assert f'value="{typed}"' in text
    assert made(hospital, invoice) == []


def test_nothing_chosen_both_chosen_and_no_reason_are_said(
    desk: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    field = f"amount:{department(hospital, invoice)}"
    desk.get(address(invoice))

    nothing = desk.post(address(invoice), {"reason": REASON}).get_data(as_text=True)
    both = desk.post(address(invoice), {field: "1000", "line": "1", "reason": REASON})
    unreasoned = desk.post(address(invoice), {field: "1000", "reason": "x"})

    assert "Nhập số tiền giảm" in nothing
    assert 'id="amount-1-err"' in both.get_data(as_text=True)
    assert 'id="reason-err"' in unreasoned.get_data(as_text=True)
    assert made(hospital, invoice) == []


def test_what_was_taken_off_before_is_listed_and_not_taken_twice(
    desk: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    give(desk, hospital, invoice, "100000")

    assert give(desk, hospital, invoice, "50.001") == 422
    assert give(desk, hospital, invoice, "50.000") == 303

    page = desk.get(address(invoice)).get_data(as_text=True)
    assert hospital.view(invoice).due == ZERO
    assert f"{hospital.view(invoice).number}-G2" in page
    assert "Phiếu này không giảm được nữa" in page


def test_only_the_head_cashier_may_give_credit(browser: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))

    assert address(invoice) not in browser.get(f"/desk/invoices/{invoice}").get_data(as_text=True)
    assert browser.get(address(invoice)).status_code == 403
    assert browser.post(address(invoice), {"reason": REASON}).status_code == 403


def test_money_that_finance_attached_is_on_both_pages(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    credit = hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(150_000))).credit
    assert credit is not None
    attach(hospital.runtime, hospital.scope, credit, invoice, "đã hỏi người bệnh")
    hospital.work()

    page = desk.get(f"/desk/invoices/{invoice}").get_data(as_text=True)
    phone = desk.get(f"/p/{hospital.view(invoice).pay_token}").get_data(as_text=True)

    assert "Kế toán ghép vào phiếu" in page
    for text in (page, phone):
        assert "BL26000001" in text
        assert "150.000" in text
