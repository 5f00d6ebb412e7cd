"""Refunds on screen: one asks, another approves, and each sees only what they may do."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from payments.gateway import Outcome
from payments.identity.permissions import Role
from payments.kernel.money import ZERO, vnd
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user, house
from tests.unit.inbox.test_attempts import told
from tests.unit.refunds.test_refunds import says


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    made = double(hospital)
    made.refund_answer = says(Outcome.REFUNDED)
    intent = made.open()
    made.tell(told(made, intent))
    made.tell(told(made, intent, transaction="T2"))
    return made


@pytest.fixture
def app(gateway: AtTheGateway) -> Flask:
    return house(gateway.hospital.runtime)


def person(app: Flask, gateway: AtTheGateway, role: Role) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(gateway.hospital.runtime, gateway.hospital.scope, role))
    return browser


def page(browser: Browser, number: str = "") -> str:
    answer = browser.get(f"/finance/refunds?number={number}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def ask(browser: Browser, number: str, amount: str) -> tuple[int, str]:
    text = page(browser, number)
    found = re.findall(r'name="payment" value="([0-9a-f-]{36})"', text)
    assert found, "nothing may be asked for"
    form = {"payment": found[-1], "amount": amount, "reason": "trả trùng", "number": number}
    answer = browser.post("/finance/refunds", form)
    return answer.status_code, answer.get_data(as_text=True)


def approve_address(text: str) -> str:
    [address] = re.findall(r'action="(/finance/refunds/[0-9a-f-]{36}/approve)"', text)
    return str(address)


def test_accountant_asks_and_the_chief_approves(app: Flask, gateway: AtTheGateway) -> None:
    number = gateway.hospital.view(gateway.invoice).number
    accountant = person(app, gateway, Role.ACCOUNTANT)
    chief = person(app, gateway, Role.CHIEF_ACCOUNTANT)

    assert ask(accountant, number, "150.000")[0] == 303
    waiting = page(accountant)
    assert "Chờ duyệt" in waiting
    assert "/approve" not in waiting
    assert chief.post(approve_address(page(chief))).status_code == 303

    assert "Đã hoàn" in page(chief)
    assert gateway.hospital.balance("2200") == ZERO
    [order] = gateway.refunds
    assert order.ordered_by == "chief.accountant.thu"


def test_chief_who_asked_is_told_that_another_must_approve(
    app: Flask, gateway: AtTheGateway
) -> None:
    number = gateway.hospital.view(gateway.invoice).number
    chief = person(app, gateway, Role.CHIEF_ACCOUNTANT)
    ask(chief, number, "150.000")

    text = page(chief)
    [refund] = re.findall(r'action="(/finance/refunds/[0-9a-f-]{36})/turn-down"', text)
    answer = chief.post(f"{refund}/approve")

    assert "người khác phải duyệt" in text
    assert "/approve" not in text
    assert answer.status_code == 422
    assert "nhờ người khác duyệt" in answer.get_data(as_text=True)
    assert gateway.refunds == []


def test_more_than_is_over_is_refused_in_words(app: Flask, gateway: AtTheGateway) -> None:
    number = gateway.hospital.view(gateway.invoice).number
    accountant = person(app, gateway, Role.ACCOUNTANT)

    for amount, words in (("150.001", "Chỉ hoàn được"), ("abc", "số đồng nguyên")):
        status, text = ask(accountant, number, amount)
        assert status == 422
        assert words in text


def test_cashier_sees_none_of_it(app: Flask, gateway: AtTheGateway) -> None:
    cashier = person(app, gateway, Role.HEAD_CASHIER)

    assert cashier.get("/finance/refunds").status_code == 403
    assert cashier.post("/finance/refunds").status_code == 403


def test_attempt_with_another_amount_is_listed_for_a_person(
    app: Flask, gateway: AtTheGateway
) -> None:
    gateway.invoice = gateway.hospital.issue()
    intent = gateway.open(key="key-000009")
    gateway.tell(told(gateway, intent, amount=vnd(149_000), transaction="T9"))

    text = page(person(app, gateway, Role.AUDITOR))

    assert gateway.intent(intent).code in text
    assert "Số tiền khác" in text


def test_what_the_gateway_took_back_is_shown_until_finance_has_seen_it(
    app: Flask, gateway: AtTheGateway
) -> None:
    gateway.invoice = gateway.hospital.issue()
    intent = gateway.open(key="key-000010")
    gateway.tell(told(gateway, intent, transaction="T10"))
    gateway.tell(told(gateway, intent, Outcome.DISPUTE_LOST, transaction="DP-1"))
    accountant = person(app, gateway, Role.ACCOUNTANT)

    text = page(accountant)
    assert "1 khoản cổng lấy lại chưa ai xem" in text
    assert "DP-1" in text
    [seen] = re.findall(r'action="(/finance/disputes/[0-9a-f-]{36}/seen)"', text)
    assert accountant.post(seen).status_code == 303

    text = page(accountant)
    assert "chưa ai xem" not in text
    assert "Khiếu nại: bệnh viện thua" in text
    desk = person(app, gateway, Role.HEAD_CASHIER)
    shown = desk.get(f"/desk/invoices/{gateway.invoice}").get_data(as_text=True)
    assert "Phiếu lại phải trả 150.000" in shown


def test_auditor_sees_what_was_taken_back_and_changes_nothing(
    app: Flask, gateway: AtTheGateway
) -> None:
    auditor = person(app, gateway, Role.AUDITOR)

    assert "/seen" not in page(auditor)
    nobody = "01a20c1e-90b3-723b-b3b1-ff3eb156c8e4"
    assert auditor.post(f"/finance/disputes/{nobody}/seen").status_code == 403
