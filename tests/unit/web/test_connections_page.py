"""The administrator sees what was told to whom, and sends it again."""

from __future__ import annotations

import httpx
import pytest
from flask import Flask

from payments.identity.permissions import Role
from tests.support.hospital import Hospital
from tests.support.receivers import Receiver
from tests.support.web import Browser, add_user


@pytest.fixture
def receiver(hospital: Hospital) -> Receiver:
    return Receiver(hospital.runtime, hospital)


@pytest.fixture
def admin(app: Flask, hospital: Hospital) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.IT_ADMIN))
    return browser


def test_a_dead_delivery_is_shown_and_sent_again_by_one_click(
    admin: Browser, hospital: Hospital, receiver: Receiver
) -> None:
    receiver.subscribe()
    receiver.answers = [httpx.Response(410, text="<script>alert(1)</script>")]
    number = hospital.view(hospital.issue()).number
    receiver.listen()
    page = admin.get("/connections").get_data(as_text=True)

    assert number in page
    assert "Không gửi được" in page
    assert "Đã ngừng gửi cho his" in page
    assert "<script>alert" not in page
    [again] = {part.split('"')[0] for part in page.split('action="') if "/again" in part[:120]}
    assert admin.post("/connections/his/enable").status_code == 303
    assert admin.post(again).status_code == 303
    assert receiver.listen() == 1
    after = admin.get("/connections?state=delivered").get_data(as_text=True)
    assert "Lần 1: 204" in after
    assert number not in admin.get("/connections?state=dead").get_data(as_text=True)


def test_no_secret_and_no_name_stands_on_the_page(
    admin: Browser, hospital: Hospital, receiver: Receiver
) -> None:
    secret = receiver.subscribe()
    view = hospital.view(hospital.issue())
    receiver.listen()

    page = admin.get("/connections").get_data(as_text=True)

    assert secret.reveal().removeprefix("whsec_") not in page
    assert view.patient_name not in page


def test_an_empty_log_says_what_will_be_here(admin: Browser, hospital: Hospital) -> None:
    page = admin.get("/connections?state=nonsense&name=x").get_data(as_text=True)

    assert "vienphi events subscribe" in page


def test_what_is_not_there_is_not_sent_again(admin: Browser, hospital: Hospital) -> None:
    admin.get("/connections")

    nobody = "01a20c1e-90b3-723b-b3b1-ff3eb156c8e4"
    assert admin.post(f"/connections/deliveries/{nobody}/again").status_code == 404
    assert admin.post("/connections/nobody/enable").status_code == 404
