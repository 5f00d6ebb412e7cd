"""Moves on screen: one asks, another approves, and each sees only what they may do."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from payments.app import create_app
from payments.identity.permissions import Role
from payments.kernel.money import ZERO
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user
from tests.unit.refunds.test_moves import another
from tests.unit.refunds.test_refunds import paid


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    made = double(hospital)
    made.invoice = another(hospital, key="first-0001")
    paid(made, twice=True)
    return made


@pytest.fixture
def app(gateway: AtTheGateway) -> Flask:
    return create_app(gateway.hospital.runtime)


def person(app: Flask, gateway: AtTheGateway, role: Role) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(gateway.hospital.runtime, gateway.hospital.scope, role))
    return browser


def page(browser: Browser, number: str = "") -> str:
    answer = browser.get(f"/finance/moves?number={number}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def ask(browser: Browser, gateway: AtTheGateway, amount: str) -> tuple[int, str]:
    number = gateway.hospital.view(gateway.invoice).number
    text = page(browser, number)
    payments = re.findall(r'name="payment" value="([0-9a-f-]{36})"', text)
    [target] = re.findall(r'<option value="([0-9a-f-]{36})"', text)
    form = {"payment": payments[-1], "target": target, "amount": amount, "number": number}
    answer = browser.post("/finance/moves", form | {"reason": "người bệnh đồng ý"})
    return answer.status_code, answer.get_data(as_text=True)


def test_accountant_asks_and_the_chief_approves(app: Flask, gateway: AtTheGateway) -> None:
    target = another(gateway.hospital)
    accountant = person(app, gateway, Role.ACCOUNTANT)
    chief = person(app, gateway, Role.CHIEF_ACCOUNTANT)

    assert ask(accountant, gateway, "150.000")[0] == 303
    assert "/approve" not in page(accountant)
    [address] = re.findall(r'action="(/finance/moves/[0-9a-f-]{36}/approve)"', page(chief))
    assert chief.post(address).status_code == 303

    assert "Đã chuyển" in page(chief)
    assert gateway.hospital.view(target).due == ZERO
    assert chief.post(address).status_code == 409


def test_more_than_is_over_is_refused_in_words(app: Flask, gateway: AtTheGateway) -> None:
    another(gateway.hospital)
    accountant = person(app, gateway, Role.ACCOUNTANT)

    for amount, words in (("150.001", "chỉ còn phải trả"), ("abc", "số đồng nguyên")):
        status, text = ask(accountant, gateway, amount)
        assert status == 422
        assert words in text


def test_patient_without_another_open_invoice_is_offered_nothing(
    app: Flask, gateway: AtTheGateway
) -> None:
    text = page(
        person(app, gateway, Role.ACCOUNTANT), gateway.hospital.view(gateway.invoice).number
    )

    assert "không còn phiếu nào phải trả" in text
    assert 'name="payment"' not in text


def test_desk_and_auditor_ask_for_nothing(app: Flask, gateway: AtTheGateway) -> None:
    another(gateway.hospital)
    number = gateway.hospital.view(gateway.invoice).number

    assert 'name="payment"' not in page(person(app, gateway, Role.AUDITOR), number)
    assert person(app, gateway, Role.HEAD_CASHIER).get("/finance/moves").status_code == 403
