"""The inbox on screen: walked by links that keys press, one next action a row, bulk by one flag."""

from __future__ import annotations

import re
from html import unescape

from payments.kernel.money import vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser
from tests.unit.matching.test_service import one_slip


def text(browser: Browser, address: str = "/finance/inbox") -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def lost(hospital: Hospital, *amounts: int) -> None:
    for amount in amounts:
        hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(amount)))


def test_an_empty_inbox_says_so(accountant: Browser) -> None:
    assert "Không còn giao dịch cần xử lý" in text(accountant)


def test_rows_are_walked_without_a_mouse_and_without_scripts(
    accountant: Browser, hospital: Hospital
) -> None:
    lost(hospital, 10_000, 20_000)

    first = text(accountant)
    [following] = re.findall(r'href="([^"]+)" data-key="j"', first)
    second = text(accountant, following)

    assert 'data-key="k"' not in first
    assert 'data-key="j"' not in second
    assert '<span class="money money--xl">10.000' in first
    assert '<span class="money money--xl">20.000' in second
    assert first.count('data-key="Enter"') == 1


def test_the_best_suggestion_is_taken_from_the_inbox(
    accountant: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    code = hospital.show(invoice).code
    hospital.arrive(hospital.transfer(one_slip(code), vnd(150_000)))
    page = text(accountant)
    [action] = re.findall(r'action="(/finance/credits/[^"]+/attach)"', page)
    form = {"number": hospital.view(invoice).number, "reason": "đúng người", "back": "inbox"}

    answer = accountant.post(action, form)

    assert answer.headers["Location"].endswith("/finance/inbox")
    assert hospital.view(invoice).due == vnd(0)
    assert "Không còn giao dịch cần xử lý" in text(accountant)


def test_all_of_one_flag_are_taken_on_at_once(accountant: Browser, hospital: Hospital) -> None:
    lost(hospital, 10_000, 20_000)
    page = text(accountant, "/finance/inbox?flag=unmatched")
    keys = re.findall(r'name="item" value="(credit:[0-9a-f-]{36})"', page)

    answer = accountant.post(
        "/finance/inbox/assign", {"item": sorted(set(keys)), "flag": "unmatched"}
    )

    assert answer.status_code == 303
    assert "Của tôi 2" in text(accountant)
    assert "giao cho" in text(accountant)


def test_an_auditor_sees_and_decides_nothing(auditor: Browser, hospital: Hospital) -> None:
    lost(hospital, 10_000)

    page = text(auditor)

    assert "10.000" in page
    assert "/finance/inbox/assign" not in page
    assert auditor.post("/finance/inbox/assign", {"item": "x"}).status_code == 403


def test_money_is_not_closed_by_a_reason(accountant: Browser, hospital: Hospital) -> None:
    lost(hospital, 10_000)
    [key] = set(re.findall(r'name="item" value="([^"]+)"', text(accountant)))

    answer = accountant.post("/finance/inbox/close", {"item": key, "reason": "bỏ qua"})

    assert answer.status_code == 422
    assert "Không đóng khoản tiền bằng lý do" in unescape(answer.get_data(as_text=True))
