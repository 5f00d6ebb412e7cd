"""The page of e-invoices: who has none and why; asked for, refused, sent again, put right."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from payments.app import create_app
from payments.identity.permissions import Role
from payments.kernel.money import vnd
from tests.support.einvoices import Issuing, issuing
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user

PAGE = "/finance/day/2026-11-24/einvoices"


@pytest.fixture
def desk(hospital: Hospital) -> Issuing:
    return issuing(hospital)


def opened(desk: Issuing, role: Role = Role.ACCOUNTANT) -> Browser:
    hospital = desk.hospital
    browser = Browser(create_app(hospital.runtime).test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, role))
    return browser


def page(browser: Browser) -> str:
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def test_each_receipt_without_one_says_why(desk: Issuing) -> None:
    desk.paid()
    slip, _ = desk.attached()
    desk.unmatched(slip)

    shown = page(opened(desk))

    assert "2 trên 2" in shown
    assert "Sẽ lập cuối ngày" in shown
    assert "Đã bỏ khớp: không lập hóa đơn" in shown
    assert shown.count("Lập ngay<span") == 1


def test_one_is_asked_for_with_its_buyer_and_shown_with_its_number(desk: Issuing) -> None:
    _, payment = desk.paid()
    books = opened(desk)

    page(books)
    assert books.post(PAGE, {"payment": str(payment), "tax_code": "12"}).status_code == 422
    assert books.post(PAGE, {"payment": "x"}).status_code == 422
    assert books.post(PAGE, {"payment": str(uuid4())}).status_code == 404
    asked = {"name": "NGUYỄN VĂN THỬ", "unit": "Công ty Thử", "tax_code": "0100990099"}
    assert books.post(PAGE, {"payment": str(payment), **asked}).status_code == 303
    desk.work()

    assert "C26TVP1" in page(books)
    [told] = desk.sandbox.book.issued.values()
    assert told["buyer"]["buyerTaxCode"] == "0100990099"


def test_a_refusal_shows_the_providers_words_and_goes_again(desk: Issuing) -> None:
    _, payment = desk.paid()
    books = opened(desk)
    page(books)
    books.post(PAGE, {"payment": str(payment)})
    desk.turn(refuse="BUYER_NAME_INVALID")
    desk.work()

    shown = page(books)
    assert "BUYER_NAME_INVALID" in shown
    [address] = re.findall(r'action="(/finance/einvoices/[0-9a-f-]{36}/again)"', shown)
    desk.turn(refuse="")
    assert books.post(address, {"name": "TRẦN THỊ MẪU"}).status_code == 303
    assert books.post(address).status_code == 409
    desk.work()

    assert "C26TVP1" in page(books)


def test_what_went_back_is_shown_and_adjusted_and_both_numbers_stay(desk: Issuing) -> None:
    invoice, payment = desk.paid("KB01", "XN01")
    books = opened(desk)
    page(books)
    books.post(PAGE, {"payment": str(payment)})
    desk.work()
    desk.gives_back(invoice, payment, "XN", vnd(92_000))

    shown = page(books)
    assert "Cần điều chỉnh" in shown
    [address] = re.findall(r'action="(/finance/einvoices/[0-9a-f-]{36}/adjust)"', shown)
    assert books.post(address, {"reason": ""}).status_code == 422
    assert books.post(address, {"reason": "không làm xét nghiệm"}).status_code == 303
    assert books.post(address, {"reason": "không làm xét nghiệm"}).status_code == 409
    desk.work()

    shown = page(books)
    assert "C26TVP1 → C26TVP2" in shown
    assert "Đúng với sổ" in shown
    assert desk.said() == vnd(150_000)


def test_auditor_sees_it_and_makes_nothing(desk: Issuing) -> None:
    _, payment = desk.paid()
    auditor = opened(desk, Role.AUDITOR)

    assert "Lập ngay<span" not in page(auditor)
    assert auditor.post(PAGE, {"payment": str(payment)}).status_code == 403


def test_without_an_account_the_page_says_so(hospital: Hospital) -> None:
    browser = Browser(create_app(hospital.runtime).test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.ACCOUNTANT))

    assert "Chưa có tài khoản hóa đơn điện tử" in page(browser)
