"""Paybacks on screen, from the request to the list for the bank, and the payee's own page."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from payments.app import create_app
from payments.identity.permissions import Role
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user
from tests.unit.refunds.test_paybacks import DAY, leaves, ready

GOOD = {"bank": "970436", "account": "0071000999888", "holder": "Nguyễn Văn Mẫu"}


@pytest.fixture
def app(hospital: Hospital) -> Flask:
    return create_app(hospital.runtime)


def person(app: Flask, hospital: Hospital, role: Role) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, role))
    return browser


def page(browser: Browser, number: str = "") -> str:
    answer = browser.get(f"/finance/paybacks?number={number}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def action(browser: Browser, what: str) -> str:
    [found] = re.findall(rf'action="(/finance/paybacks/[0-9a-f-]{{36}}/{what})"', page(browser))
    return str(found)


def file_of(browser: Browser) -> str:
    [found] = re.findall(r'action="(/finance/paybacks/files/[0-9a-f-]{36}.csv)"', page(browser))
    return str(found)


def asked(app: Flask, hospital: Hospital) -> Browser:
    """Let an accountant ask for what a transfer brought too much."""
    invoice = hospital.issue()
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(200_000)))
    accountant = person(app, hospital, Role.ACCOUNTANT)
    number = hospital.view(invoice).number
    [payment] = re.findall(r'name="payment" value="([0-9a-f-]{36})"', page(accountant, number))
    form = {"payment": payment, "amount": "50.000", "reason": "trả dư", "number": number}
    assert accountant.post("/finance/paybacks", form).status_code == 303
    return accountant


def test_from_the_request_to_the_line_of_the_bank(
    app: Flask, hospital: Hospital, clock: FrozenClock
) -> None:
    accountant = asked(app, hospital)
    chief = person(app, hospital, Role.CHIEF_ACCOUNTANT)
    assert "/approve" not in page(accountant)
    assert chief.post(action(chief, "approve")).status_code == 303
    [link] = re.findall(r"/hoan-tien/[A-Za-z0-9_-]{22}", page(accountant))[:1]

    payee = Browser(app.test_client())
    assert "50.000" in payee.get(link).get_data(as_text=True)
    assert payee.post(link, GOOD | {"account": "12"}).status_code == 422
    assert payee.post(link, GOOD).status_code == 303
    assert "…9888" in payee.get(link).get_data(as_text=True)
    assert GOOD["account"] not in payee.get(link).get_data(as_text=True)

    assert chief.post(action(chief, "pass")).status_code == 303
    assert "chi được từ" in page(chief)
    clock.advance(DAY)
    chief = Browser(app.test_client())
    chief.sign_in("chief.accountant.thu")
    assert "1 khoản có thể chi" in page(chief)
    assert chief.post("/finance/paybacks/files").status_code == 303
    told = chief.post(file_of(chief))
    assert "hoan-tien-0001.csv" in told.headers["Content-Disposition"]
    assert GOOD["account"] in told.get_data(as_text=True)
    assert GOOD["account"] not in page(chief)
    [code] = re.findall(r"VHT[0-9A-Z]{9}", told.get_data(as_text=True))
    leaves(hospital, f"HOAN TIEN {code}", vnd(50_000))

    assert "Đã chi" in page(chief)
    assert hospital.balance("2100") == ZERO


def test_link_that_was_invented_is_answered_as_any_unknown_link(app: Flask) -> None:
    stranger = Browser(app.test_client())

    assert stranger.get(f"/hoan-tien/{'x' * 22}").status_code == 404
    assert stranger.get("/hoan-tien/short").status_code == 404


def test_only_the_chief_takes_the_list_and_the_desk_sees_nothing(
    app: Flask, hospital: Hospital
) -> None:
    accountant = asked(app, hospital)

    assert accountant.post("/finance/paybacks/files").status_code == 403
    assert "Tệp chi gửi ngân hàng" not in page(accountant)
    desk = person(app, hospital, Role.HEAD_CASHIER)
    assert desk.get("/finance/paybacks").status_code == 403


def test_step_that_was_taken_already_is_said_in_words(app: Flask, hospital: Hospital) -> None:
    asked(app, hospital)
    chief = person(app, hospital, Role.CHIEF_ACCOUNTANT)
    address = action(chief, "approve")
    chief.post(address)

    again = chief.post(address)

    assert again.status_code == 409
    assert "đã sang bước khác" in again.get_data(as_text=True)


def test_second_click_makes_no_second_file_and_a_copy_says_that_it_is_one(
    app: Flask, hospital: Hospital, clock: FrozenClock
) -> None:
    ready(hospital, clock)
    chief = person(app, hospital, Role.CHIEF_ACCOUNTANT)
    page(chief)
    assert chief.post("/finance/paybacks/files").status_code == 303

    again = chief.post("/finance/paybacks/files")
    first, copy = chief.post(file_of(chief)), chief.post(file_of(chief))

    assert again.status_code == 409
    assert "có thể người khác vừa lập" in again.get_data(as_text=True)
    assert copy.get_data() == first.get_data()
    assert "ban-sao-1" in copy.headers["Content-Disposition"]
    assert "Đã tải 2 lần" in page(chief)


def test_whoever_made_the_file_sees_no_button_and_another_takes_out_with_a_reason(
    app: Flask, hospital: Hospital, clock: FrozenClock
) -> None:
    one = ready(hospital, clock)
    chief = person(app, hospital, Role.CHIEF_ACCOUNTANT)
    page(chief)
    chief.post("/finance/paybacks/files")
    path = f"/finance/paybacks/{one.id}/take-out"
    assert path not in page(chief)
    assert "người khác mới được rút" in page(chief)
    assert chief.post(path, {"reason": "sai tên"}).status_code == 422

    other = Browser(app.test_client())
    other.sign_in(add_user(hospital.runtime, hospital.scope, Role.CHIEF_ACCOUNTANT, "chief.two"))
    assert other.post(action(other, "take-out"), {"reason": " "}).status_code == 422
    assert other.post(action(other, "take-out"), {"reason": "sai tên"}).status_code == 303

    assert "1 khoản có thể chi" in page(chief)
    assert "Có 1 khoản đã rút khỏi tệp này" in page(chief)


def test_stray_transfer_is_asked_back_from_its_own_page(app: Flask, hospital: Hospital) -> None:
    credit = hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(320_000))).credit
    accountant = person(app, hospital, Role.ACCOUNTANT)
    path = f"/finance/credits/{credit}"
    shown = accountant.get(path).get_data(as_text=True)
    [payment] = re.findall(r'name="payment" value="([0-9a-f-]{36})"', shown)

    form = {"payment": payment, "amount": "320.000", "reason": "không rõ người trả"}
    assert accountant.post("/finance/paybacks", form).status_code == 303

    assert "Đã có đề nghị hoàn khoản này" in accountant.get(path).get_data(as_text=True)
    chief = person(app, hospital, Role.CHIEF_ACCOUNTANT)
    assert chief.post(action(chief, "approve")).status_code == 303
    assert hospital.balance("2100") == vnd(-320_000)
