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
from tests.unit.refunds.test_paybacks import DAY, leaves

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
    told = chief.post("/finance/paybacks/list.csv")
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

    assert accountant.post("/finance/paybacks/list.csv").status_code == 403
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
