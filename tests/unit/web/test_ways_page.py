"""To a gateway's page and back: display only, true before, after and without the message."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask

from payments.gateway import PostForm
from payments.intents.status import Status
from payments.kernel.money import ZERO
from tests.support.doubles import AtTheGateway, Double, double
from tests.support.gateways import GatewayDesk, desk
from tests.support.hospital import Hospital
from tests.support.web import Browser, house


@pytest.fixture
def vnpay(hospital: Hospital) -> GatewayDesk:
    return desk(hospital, "vnpay")


@pytest.fixture
def browser(hospital: Hospital, vnpay: GatewayDesk) -> Browser:
    app: Flask = house(hospital.runtime)
    return Browser(app.test_client())


@pytest.fixture
def page(vnpay: GatewayDesk) -> tuple[UUID, str]:
    invoice = vnpay.hospital.issue()
    return invoice, f"/p/{vnpay.hospital.view(invoice).pay_token}"


def text_of(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def choose(browser: Browser, vnpay: GatewayDesk, path: str) -> tuple[UUID, str]:
    """Choose VNPAY on the patient's page; gives the attempt and the text of the page to go."""
    browser.get(path)
    answer = browser.post(f"{path}/ways/vnpay")
    assert answer.status_code == 303
    where = answer.headers["Location"]
    text = text_of(browser, where)
    intent = UUID(where.rpartition("/")[2])
    shown = vnpay.attempt(intent).shown
    if shown is not None:
        vnpay.follow(shown)
    return intent, text


def back(vnpay: GatewayDesk, intent: UUID) -> str:
    order = vnpay.stand.orders.get(vnpay.wire(intent))
    parts = urlsplit(vnpay.stand.behaviour.back(order, vnpay.stand.clock.now()))
    return f"{parts.path}?{parts.query}"


def test_patient_s_page_offers_the_gateway_and_leads_there_by_a_plain_link(
    browser: Browser, vnpay: GatewayDesk, page: tuple[UUID, str]
) -> None:
    assert "VNPAY" in text_of(browser, page[1])

    intent, text = choose(browser, vnpay, page[1])

    [link] = re.findall(r'<a class="btn btn--main[^"]*" href="(http[^"]+)"', text)
    assert vnpay.intent(intent).code in link
    assert 'rel="noopener noreferrer"' in text
    assert "<iframe" not in text


def test_same_form_twice_opens_one_attempt(
    browser: Browser, vnpay: GatewayDesk, page: tuple[UUID, str]
) -> None:
    browser.get(page[1])
    key = browser.key

    places = {
        browser.post(f"{page[1]}/ways/vnpay", {"key": key}).headers["Location"] for _ in range(3)
    }

    assert len(places) == 1


def test_coming_back_before_the_message_waits_and_books_nothing(
    browser: Browser, vnpay: GatewayDesk, page: tuple[UUID, str]
) -> None:
    intent, _ = choose(browser, vnpay, page[1])
    vnpay.play(intent, "pay")

    text = text_of(browser, back(vnpay, intent))

    assert "Đang chờ cổng xác nhận" in text
    assert vnpay.intent(intent).status is Status.PENDING
    assert vnpay.hospital.view(page[0]).paid == ZERO


def test_coming_back_after_the_message_is_paid(
    browser: Browser, vnpay: GatewayDesk, page: tuple[UUID, str]
) -> None:
    intent, _ = choose(browser, vnpay, page[1])
    vnpay.deliver(*vnpay.play(intent, "pay"))

    assert "Bệnh viện đã nhận tiền" in text_of(browser, back(vnpay, intent))
    assert "Đã thanh toán" in text_of(browser, page[1])


def test_forged_return_is_no_more_than_waiting(
    browser: Browser, vnpay: GatewayDesk, page: tuple[UUID, str]
) -> None:
    intent, _ = choose(browser, vnpay, page[1])
    vnpay.play(intent, "pay")

    for query in ("", "?vnp_ResponseCode=00&vnp_SecureHash=00", "?%ff=%00&a=b&a=c"):
        text = text_of(browser, f"{page[1]}/back/vnpay{query}")
        assert "Đang chờ cổng xác nhận" in text, query


def test_payer_who_cancelled_is_told_so_before_and_after_the_message(
    browser: Browser, vnpay: GatewayDesk, page: tuple[UUID, str]
) -> None:
    intent, _ = choose(browser, vnpay, page[1])
    raws = vnpay.play(intent, "cancel")

    before = text_of(browser, back(vnpay, intent))
    assert vnpay.intent(intent).status is Status.PENDING
    vnpay.deliver(*raws)
    after = text_of(browser, back(vnpay, intent))

    for text in (before, after):
        assert "chưa thành công" in text
        assert "Người trả đã hủy" in text
    assert vnpay.intent(intent).status is Status.CANCELLED


def test_attempt_of_another_invoice_is_not_shown(
    browser: Browser, vnpay: GatewayDesk, page: tuple[UUID, str]
) -> None:
    intent, _ = choose(browser, vnpay, page[1])
    other = vnpay.hospital.view(vnpay.hospital.issue()).pay_token

    assert browser.get(f"/p/{other}/ways/{intent}").status_code == 404
    assert browser.get(f"/p/{other}/back/vnpay").status_code == 404


@pytest.fixture
def form_gateway(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> AtTheGateway:
    form = PostForm("https://pay.example:8443/checkout", (("b", "2"), ("a", '"><script>')))
    monkeypatch.setattr(Double, "open", lambda _self, _attempt: form)
    return double(hospital)


def test_form_goes_to_the_gateway_s_host_alone_with_its_fields_in_order(
    hospital: Hospital, form_gateway: AtTheGateway
) -> None:
    browser = Browser(house(hospital.runtime).test_client())
    path = f"/p/{hospital.view(form_gateway.invoice).pay_token}"
    browser.get(path)
    where = browser.post(f"{path}/ways/double").headers["Location"]

    answer = browser.get(where)

    text = answer.get_data(as_text=True)
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self' https://pay.example:8443;" in policy
    assert re.findall(r'<input type="hidden" name="([ab])"', text) == ["b", "a"]
    assert "<script>" not in text.replace('<script src="/static/pay.js', "")
    elsewhere = browser.get(path).headers["Content-Security-Policy"]
    assert "pay.example" not in elsewhere
