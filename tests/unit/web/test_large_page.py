"""An amount that no code carries: parts agreed at the desk, or a transfer, on every screen."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from payments.intents.service import credit_invoice
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue
from payments.kernel.money import Money, vnd
from payments.words.formats import vnd as shown_as
from tests.support.hospital import Hospital
from tests.support.web import Browser

#: 999 × 700.000 đ and 500 × 700.000 đ.
WHOLE = vnd(1_049_300_000)


@pytest.fixture
def invoice(hospital: Hospital) -> UUID:
    request = IssueRequest(
        PatientRequest("NGUYỄN VĂN THỬ", 1958, "99-900001"),
        (LineRequest("CT01", 999), LineRequest("CT01", 500)),
        "form-large-0001",
    )
    return issue(hospital.runtime, hospital.scope, request)


def page(browser: Browser, path: str) -> str:
    text: str = browser.get(path).get_data(as_text=True)
    return text


def address(invoice: UUID, more: str = "") -> str:
    return f"/desk/invoices/{invoice}{more}"


def link(hospital: Hospital, invoice: UUID) -> str:
    return f"/p/{hospital.view(invoice).pay_token}"


def agree(desk: Browser, invoice: UUID, *amounts: Money, due: Money = WHOLE) -> int:
    page(desk, address(invoice, "/plan"))
    told = {"due": str(due.dong), "amount": [str(one.dong) for one in amounts]}
    return desk.post(address(invoice, "/plan"), told).status_code


PARTS = (vnd(400_000_000), vnd(400_000_000), vnd(249_300_000))


def test_desk_offers_parts_or_a_transfer_and_says_why(
    desk: Browser, hospital: Hospital, invoice: UUID
) -> None:
    told = page(desk, address(invoice))

    assert "vượt mức một lần chuyển khoản QR" in told
    assert f'href="{address(invoice, "/plan")}"' in told
    assert f'action="{address(invoice, "/transfer")}"' in told
    assert f'action="{address(invoice, "/codes")}"' not in told
    assert "Xin Quý khách hỏi quầy thu" in page(desk, link(hospital, invoice))


def test_equal_parts_are_proposed_as_many_as_are_wanted_and_needed(
    desk: Browser, invoice: UUID
) -> None:
    def proposed(parts: str) -> list[int]:
        text = page(desk, address(invoice, f"/plan?parts={parts}"))
        typed = re.findall(r'name="amount"[^>]* value="([\d.]+)"', text)
        return [int(one.replace(".", "")) for one in typed]

    for parts, count in (("", 3), ("2", 3), ("4", 4), ("99", 24), ("x", 3), ("²", 3)):
        assert len(proposed(parts)) == count
        assert sum(proposed(parts)) == WHOLE.dong


def test_agreed_parts_are_asked_one_after_the_other_on_desk_and_telephone(
    desk: Browser, hospital: Hospital, invoice: UUID
) -> None:
    assert agree(desk, invoice, *PARTS) == 303
    first = f"Lần 1 trong 3: {shown_as(PARTS[0])}"
    assert f"Hiện mã lần 1: {shown_as(PARTS[0])}" in page(desk, address(invoice))
    assert desk.post(address(invoice, "/codes")).status_code == 303

    for path in (address(invoice), link(hospital, invoice)):
        told = page(desk, path)
        assert first in told
        assert told.count("qr-symbol") == 1
    code = re.findall(r"VPH[0-9A-Z]{9}", page(desk, link(hospital, invoice)))[0]
    hospital.arrive(hospital.transfer(code, PARTS[0]))

    for path in (address(invoice), link(hospital, invoice)):
        told = page(desk, path)
        assert code not in told
        assert f"Lần 2 trong 3: {shown_as(PARTS[1])}" in told
        assert "Đã trả" in told
        # Whoever pays as agreed is not told that it was too little.
        assert "Thanh toán thiếu" not in told.split('class="desk__left"')[0]


def test_patient_gets_the_code_of_the_part_again_after_it_ended(
    desk: Browser, hospital: Hospital, invoice: UUID
) -> None:
    agree(desk, invoice, *PARTS)
    page(desk, link(hospital, invoice))

    assert desk.post(f"{link(hospital, invoice)}/codes").status_code == 303

    assert f"Lần 1 trong 3: {shown_as(PARTS[0])}" in page(desk, link(hospital, invoice))


def test_another_amount_due_ends_the_plan_with_words(
    desk: Browser, hospital: Hospital, invoice: UUID
) -> None:
    agree(desk, invoice, *PARTS)
    desk.post(address(invoice, "/codes"))
    credit_invoice(
        hospital.runtime,
        hospital.scope,
        invoice,
        {"CT": vnd(700_000)},
        reason="bỏ chỉ định",
        key="credit-large-01",
    )

    for path in (address(invoice), link(hospital, invoice), address(invoice, "/plan")):
        told = page(desk, path)
        assert f"Kế hoạch trả 3 lần cho {shown_as(WHOLE)} không còn hiệu lực" in told
        assert "qr-symbol" not in told


@pytest.mark.parametrize(
    ("amounts", "field", "said"),
    [
        ((WHOLE,), "", "Chia từ 3 đến 24 lần"),
        ((vnd(500_000_000), vnd(549_300_000)), "amount-1", "từ 1 đến 499.999.999"),
        ((*PARTS, vnd(1)), "", "Các lần cộng lại là 1.049.300.001"),
    ],
)
def test_what_is_no_plan_is_refused_in_words(
    desk: Browser, invoice: UUID, amounts: tuple[Money, ...], field: str, said: str
) -> None:
    page(desk, address(invoice, "/plan"))
    told = {"due": str(WHOLE.dong), "amount": [str(one.dong) for one in amounts]}

    answer = desk.post(address(invoice, "/plan"), told)

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in text
    assert re.findall(r'id="(amount-\d+)-err"', text) == ([field] if field else [])


def test_plan_for_an_amount_that_changed_meanwhile_is_not_agreed(
    desk: Browser, invoice: UUID
) -> None:
    assert agree(desk, invoice, *PARTS, due=WHOLE - vnd(1)) == 409
    assert "Trả làm 3 lần" not in page(desk, address(invoice))


def test_plan_is_taken_back(desk: Browser, invoice: UUID) -> None:
    agree(desk, invoice, *PARTS)
    page(desk, address(invoice, "/plan"))

    assert desk.post(address(invoice, "/plan/withdraw")).status_code == 303

    told = page(desk, address(invoice))
    assert "Trả làm 3 lần" not in told
    assert "không còn hiệu lực" not in told


def test_transfer_shows_what_is_to_be_copied_and_no_picture(
    desk: Browser, hospital: Hospital, invoice: UUID
) -> None:
    page(desk, address(invoice))

    assert desk.post(address(invoice, "/transfer")).status_code == 303

    for path in (address(invoice), link(hospital, invoice)):
        told = page(desk, path)
        assert "qr-symbol" not in told
        assert "0071000123456" in told
        assert shown_as(WHOLE) in told
        assert re.search(r"VPH[0-9A-Z]{9}", told)
        assert "Chuyển một lần tại quầy ngân hàng" in told
    assert desk.get(f"{link(hospital, invoice)}/qr.png").status_code == 404
    assert desk.post(address(invoice, "/slip")).status_code == 404
    code = re.findall(r"VPH[0-9A-Z]{9}", page(desk, link(hospital, invoice)))[0]
    hospital.arrive(hospital.transfer(code, WHOLE))
    assert "bar--ok" in page(desk, address(invoice))


def test_small_amounts_need_no_plan(desk: Browser, hospital: Hospital) -> None:
    small = hospital.issue()

    assert "Không cần chia" in page(desk, address(small, "/plan"))
    assert agree(desk, small, vnd(100_000), vnd(50_000), due=vnd(150_000)) == 422
    assert 'id="h-plan"' not in page(desk, address(small))
