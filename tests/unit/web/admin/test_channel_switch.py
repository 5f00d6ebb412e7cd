"""Pausing, resuming and making channels in the browser; what desk and patient see of it."""

from __future__ import annotations

import pytest
from flask import Flask

from payments.identity.permissions import Role
from tests.support.hospital import SANDBOX, Hospital
from tests.support.web import Browser, add_user

PAGE = "/admin/channels/vietqr"
WHY = "ngân hàng bảo trì"


def signed_in(app: Flask, hospital: Hospital, role: Role, login: str = "") -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, role, login))
    return browser


@pytest.fixture
def boss(app: Flask, hospital: Hospital) -> Browser:
    return signed_in(app, hospital, Role.IT_ADMIN)


def fields(adapter: str, **changes: str) -> dict[str, str]:
    return {f"secret-setting:{name}": value for name, value in SANDBOX[adapter].items()} | changes


def page(browser: Browser, path: str) -> str:
    text: str = browser.get(path).get_data(as_text=True)
    return text


def test_desk_and_patient_see_a_pause_and_its_end(
    app: Flask, boss: Browser, hospital: Hospital
) -> None:
    desk = signed_in(app, hospital, Role.HEAD_CASHIER)
    invoice = hospital.issue()
    hospital.show(invoice)
    link = f"/p/{hospital.view(invoice).pay_token}"
    assert "qr-symbol" in page(desk, link)

    boss.get(PAGE)
    assert boss.post(f"{PAGE}/pause", {"reason": WHY}).status_code == 303

    assert "Tạm dừng" in page(boss, "/admin/channels")
    assert WHY in page(boss, PAGE)
    told = page(desk, f"/desk/invoices/{invoice}")
    assert f"Kênh vietqr đang tạm dừng: {WHY}." in told
    assert "qr-symbol" not in told
    assert WHY in page(desk, "/desk")
    patient = page(desk, link)
    assert "qr-symbol" not in patient
    assert "Xin thanh toán tại quầy thu" in patient
    assert WHY not in patient

    boss.get(PAGE)
    assert boss.post(f"{PAGE}/resume", {"reason": "đã xong"}).status_code == 303
    assert "Tạo mã mới" in page(desk, link)


def test_a_pause_without_a_reason_is_refused_beside_the_field(
    boss: Browser, hospital: Hospital
) -> None:
    boss.get(PAGE)

    answer = boss.post(f"{PAGE}/pause", {"reason": "x"})

    assert answer.status_code == 422
    assert 'id="reason-err"' in answer.get_data(as_text=True)
    assert "Hoạt động" in page(boss, PAGE)


def test_a_channel_is_made_and_its_secrets_never_come_back(
    boss: Browser, hospital: Hospital
) -> None:
    form = page(boss, "/admin/channels/new?adapter=sepay")
    assert form.count('type="password"') >= 3

    told = {"adapter": "sepay", "slug": "sepay-hai"} | fields("sepay")
    made = boss.post("/admin/channels", told)

    assert made.headers["Location"] == "/admin/channels/sepay-hai?made=1"
    shown = page(boss, made.headers["Location"])
    assert "/webhooks/sepay-hai" in shown
    assert SANDBOX["sepay"]["api_token"] not in shown
    assert SANDBOX["sepay"]["webhook_key"] not in shown


def test_a_refused_form_keeps_what_was_typed_but_no_secret(
    boss: Browser, hospital: Hospital
) -> None:
    page(boss, "/admin/channels/new?adapter=sepay")
    told = {"adapter": "sepay", "slug": "Hỏng"} | fields("sepay")

    answer = boss.post("/admin/channels", told)

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Hỏng"' in text
    assert 'id="slug-err"' in text
    assert SANDBOX["sepay"]["api_token"] not in text


def test_who_makes_a_channel_for_an_account_does_not_open_it(
    app: Flask, boss: Browser, hospital: Hospital
) -> None:
    page(boss, "/admin/channels/new?adapter=bank_transfer")
    told = {"adapter": "bank_transfer", "slug": "aaa"} | fields("bank_transfer")
    assert boss.post("/admin/channels", told).status_code == 303
    own = page(boss, "/admin/channels/aaa")
    assert "quản trị viên khác xem và mở" in own
    assert boss.post("/admin/channels/aaa/resume", {"reason": "tự mở"}).status_code == 403

    other = signed_in(app, hospital, Role.IT_ADMIN, "quan.tri.hai")
    page(other, "/admin/channels/aaa")

    assert other.post("/admin/channels/aaa/resume", {"reason": "đã xem"}).status_code == 303
    assert "Hoạt động" in page(other, "/admin/channels/aaa")


def test_an_unknown_adapter_is_said(boss: Browser, hospital: Hospital) -> None:
    answer = boss.get("/admin/channels/new?adapter=nobody")

    assert answer.status_code == 422
    assert "không có nobody" in answer.get_data(as_text=True)
