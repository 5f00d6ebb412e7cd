"""Money set aside on screen: the desk takes it or lets it go, finance sees it, a patient waits."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
import pytest
from flask import Flask

from payments.app import create_app
from payments.gateway import Outcome
from payments.identity.permissions import Role
from payments.intents.status import Status
from payments.invoicing.status import Payment
from payments.kernel.money import ZERO
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user
from tests.unit.inbox.test_attempts import told


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    return double(hospital)


@pytest.fixture
def held(gateway: AtTheGateway) -> UUID:
    intent = gateway.open()
    gateway.tell(told(gateway, intent, Outcome.AUTHORISED))
    return intent


@pytest.fixture
def app(gateway: AtTheGateway) -> Flask:
    return create_app(gateway.hospital.runtime)


def person(app: Flask, gateway: AtTheGateway, role: Role) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(gateway.hospital.runtime, gateway.hospital.scope, role))
    return browser


def page(browser: Browser, gateway: AtTheGateway) -> str:
    answer = browser.get(f"/desk/invoices/{gateway.invoice}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def action(text: str, verb: str) -> str:
    [address] = re.findall(rf'action="(/desk/invoices/[0-9a-f-]+/held/[0-9a-f-]+/{verb})"', text)
    return str(address)


def test_a_cashier_takes_what_was_set_aside(app, gateway, held):
    gateway.capture_answer = lambda _: told(gateway, held)
    cashier = person(app, gateway, Role.CASHIER)
    text = page(cashier, gateway)
    assert "Chưa phải đã thu" in text

    answer = cashier.post(action(text, "take"))

    assert answer.status_code == 303
    assert gateway.hospital.view(gateway.invoice).payment is Payment.PAID
    assert "/held/" not in page(cashier, gateway)


def test_a_cashier_lets_it_go(app, gateway, held):
    gateway.cancel_answer = lambda _: told(gateway, held, Outcome.CANCELLED)
    cashier = person(app, gateway, Role.CASHIER)

    cashier.post(action(page(cashier, gateway), "release"))

    assert gateway.intent(held).status is Status.CANCELLED
    assert gateway.hospital.view(gateway.invoice).paid == ZERO
    assert "/held/" not in page(cashier, gateway)


def test_what_is_not_answered_is_said_and_cannot_be_pressed_again(app, gateway, held):
    gateway.fail = httpx.ReadTimeout("silence")
    cashier = person(app, gateway, Role.CASHIER)
    address = action(page(cashier, gateway), "take")

    assert cashier.post(address).status_code == 303

    text = page(cashier, gateway)
    assert "Đang thu" in text
    assert "/held/" not in text
    assert cashier.post(address.replace("/take", "/release")).status_code == 409
    assert len(gateway.captured) == 1


def test_finance_sees_it_and_cannot_take_it(app, gateway, held):
    books = person(app, gateway, Role.ACCOUNTANT)

    text = books.get("/finance/refunds").get_data(as_text=True)

    assert "Tiền đang giữ ở cổng" in text
    assert gateway.hospital.view(gateway.invoice).number in text
    take = f"/desk/invoices/{gateway.invoice}/held/{held}/take"
    assert books.post(take).status_code == 403


def test_a_patient_is_told_that_it_is_set_aside_and_not_paid(app, gateway, held):
    link = f"/p/{gateway.hospital.view(gateway.invoice).pay_token}/ways/{held}"

    text = app.test_client().get(link).get_data(as_text=True)

    assert "Tiền đã được giữ cho bệnh viện" in text
    assert "Bệnh viện đã nhận tiền" not in text
