"""Fee bills and negative balances on screen: what was accrued, one posting, one debit."""

from __future__ import annotations

import re

import pytest

from payments.app import create_app
from payments.demo.hospital import DESK
from payments.identity.permissions import Role
from payments.kernel.money import ZERO, vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user
from tests.unit.payouts.test_bills import MONTH, emptied, leaves, paid_by_code

PAGE = "/finance/fee-bills"
BILL = {"channel": DESK, "month": MONTH, "number": "HĐ-9", "amount": "5.000"}


def accountant(hospital: Hospital, role: Role = Role.ACCOUNTANT) -> Browser:
    browser = Browser(create_app(hospital.runtime).test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, role))
    return browser


def page(browser: Browser, query: str = "") -> str:
    answer = browser.get(f"{PAGE}{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture
def books(hospital: Hospital) -> Browser:
    paid_by_code(hospital)
    return accountant(hospital)


def test_bill_is_held_against_the_accrual_posted_and_paid(
    books: Browser, hospital: Hospital
) -> None:
    assert "5.000" in page(books, f"?channel={DESK}&month={MONTH}")
    assert books.post(PAGE, BILL).status_code == 303
    assert books.post(PAGE, BILL).status_code == 303
    assert hospital.balance("2400") == vnd(-5_000)
    assert "Chưa trả" in page(books)
    leaves(hospital, 5_000, "PHI-1")

    [address] = re.findall(rf'action="({PAGE}/[0-9a-f-]{{36}}/paid/[0-9a-f-]{{36}})"', page(books))
    assert books.post(address).status_code == 303

    assert hospital.balance("2400") == ZERO
    assert "Đã trả" in page(books)


def test_what_is_wrong_is_said_in_words_and_posts_nothing(
    books: Browser, hospital: Hospital
) -> None:
    page(books)
    for wrong in ({"amount": "x"}, {"amount": "5.001"}, {"month": "2026-13"}, {"number": ""}):
        answer = books.post(PAGE, BILL | wrong)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.get_data(as_text=True)
    assert books.get(f"{PAGE}?channel=nobody&month={MONTH}").status_code == 422
    assert books.get(f"{PAGE}?channel={DESK}&month=x").status_code == 422
    assert hospital.balance("5000") == ZERO

    books.post(PAGE, BILL)
    twice = books.post(PAGE, BILL | {"amount": "6.000", "reason": "phí khác"})
    assert twice.status_code == 409
    assert "HĐ-9" in twice.get_data(as_text=True)


def test_shortage_is_shown_with_the_debits_that_may_have_paid_it(hospital: Hospital) -> None:
    at, _ = emptied(hospital)
    leaves(at.hospital, 180_000, "BU-1")
    books = accountant(at.hospital)

    [address] = re.findall(rf'action="({PAGE}/top-up/momo/[0-9a-f-]{{36}})"', page(books))
    assert books.post(address).status_code == 303
    assert books.post(address).status_code == 409

    assert at.hospital.balance("1200") == ZERO
    assert "Không có cổng nào âm" in page(books)


def test_auditor_sees_it_and_posts_nothing(hospital: Hospital) -> None:
    auditor = accountant(hospital, Role.AUDITOR)

    assert "Ghi sổ hóa đơn" not in page(auditor, f"?channel={DESK}&month={MONTH}")
    assert auditor.post(PAGE, BILL).status_code == 403
