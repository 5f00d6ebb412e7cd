"""Each state of the patient's page, and what it never says."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from payments.catalogue.service import add_department, add_service
from payments.intents.service import cancel_invoice, credit_invoice
from payments.invoicing.model import LINK_LIFE
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.web.security import Audience, access_of
from payments.words import catalogue
from tests.support.hospital import LATER, Hospital
from tests.support.routes import routes
from tests.support.web import Browser

#: Of an illness, each unlike every word of ours.
PLANTED = ("Khoa Ung bướu", "UNGBUOU", "Xét nghiệm HIV khẳng định", "HIVXN", "XẠTRỊ-ĐÍCH")
Made = Callable[[Hospital, FrozenClock], str]


def link(hospital: Hospital, invoice: object) -> str:
    return f"/p/{hospital.view(invoice).pay_token}"  # type: ignore[arg-type]


def active(hospital: Hospital, _: FrozenClock) -> str:
    invoice = hospital.issue("HIVXN")
    hospital.show(invoice)
    return link(hospital, invoice)


def paid(*amounts: int, after: timedelta = timedelta()) -> Made:
    def make(hospital: Hospital, clock: FrozenClock) -> str:
        invoice = hospital.issue("HIVXN")
        code = hospital.show(invoice).code
        clock.advance(after)
        for amount in amounts:
            hospital.arrive(hospital.transfer(code, vnd(amount)))
        hospital.work()
        return link(hospital, invoice)

    return make


def expired(hospital: Hospital, clock: FrozenClock) -> str:
    address = active(hospital, clock)
    clock.advance(LATER)
    return address


def new(hospital: Hospital, _: FrozenClock) -> str:
    return link(hospital, hospital.issue("HIVXN"))


def nothing(hospital: Hospital, _: FrozenClock) -> str:
    return link(hospital, hospital.issue("CT02"))


def replaced(hospital: Hospital, _: FrozenClock) -> str:
    invoice = hospital.issue("HIVXN")
    hospital.show(invoice)
    credit_invoice(
        hospital.runtime,
        hospital.scope,
        invoice,
        {"UNGBUOU": vnd(50_000)},
        reason="XẠTRỊ-ĐÍCH",
        key="credit-key",
    )
    return link(hospital, invoice)


def cancelled(*amounts: int) -> Made:
    def make(hospital: Hospital, _: FrozenClock) -> str:
        invoice = hospital.issue("HIVXN")
        code = hospital.show(invoice).code
        cancel_invoice(hospital.runtime, hospital.scope, invoice, "XẠTRỊ-ĐÍCH")
        for amount in amounts:
            hospital.arrive(hospital.transfer(code, vnd(amount)))
        return link(hospital, invoice)

    return make


#: How it comes about, what must be said, and what must not.
STATES: dict[str, tuple[Made, tuple[str, ...], tuple[str, ...]]] = {
    "active": (
        active,
        ("Chờ thanh toán", "vui lòng không chuyển lại", "Ngân hàng xác nhận", "Mở ứng dụng"),
        ("hết hạn</b>", "Tạo mã mới"),
    ),
    "underpaid": (
        paid(200_000),
        ("Thanh toán thiếu 100.000", "được giữ an toàn", "qr-symbol", "100.000"),
        ("Tạo mã mới",),
    ),
    "overpaid": (paid(320_000), ("Đã thanh toán", "chuyển thừa 20.000"), ("qr.png",)),
    "paid": (paid(300_000), ("Đã thanh toán 300.000", "BL26"), ("qr.png", "thừa", "Tạo mã")),
    "paid late": (paid(300_000, after=LATER), ("Thanh toán sau khi mã hết hạn",), ("qr.png",)),
    "duplicate": (
        paid(300_000, 300_000),
        ("Thanh toán trùng", "chuyển hai lần: thừa 300.000"),
        ("qr.png",),
    ),
    "expired": (expired, ("Mã đã hết hạn", "Tạo mã mới"), ("qr.png", "0071000123456")),
    "new": (new, ("Chưa có mã thanh toán", "Tạo mã mới"), ("hết hạn", "qr.png")),
    "nothing due": (nothing, ("Không có khoản phải thanh toán",), ("Tạo mã mới", "qr.png")),
    "superseded": (replaced, ("mã cũ không còn dùng", "250.000", "qr-symbol"), ("Tạo mã mới",)),
    "cancelled": (cancelled(), ("Xin đừng chuyển tiền",), ("Tạo mã mới", "qr.png")),
    "paid after cancelling": (
        cancelled(300_000),
        ("Xin đừng chuyển tiền", "Tiền đã chuyển được giữ an toàn"),
        ("Tạo mã mới", "qr.png"),
    ),
}
EACH = pytest.mark.parametrize("name", STATES)


@pytest.fixture
def clinic(hospital: Hospital) -> Hospital:
    """A hospital that sells what nobody may read on a public page, at 300,000 đ."""
    since = HospitalDay.of(hospital.runtime.clock.now())
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        add_department(tx, "UNGBUOU", "Khoa Ung bướu")
        add_service(
            tx,
            "HIVXN",
            "Xét nghiệm HIV khẳng định",
            department="UNGBUOU",
            price=vnd(300_000),
            since=since,
        )
    return hospital


@EACH
def test_each_state_says_what_is_true_and_what_to_do(
    browser: Browser, clinic: Hospital, clock: FrozenClock, name: str
) -> None:
    make, said, unsaid = STATES[name]

    page = browser.get(make(clinic, clock)).get_data(as_text=True).replace("\u00a0", " ")

    assert [words for words in said if words not in page] == []
    assert [words for words in unsaid if words in page] == []


@EACH
def test_no_state_says_anything_clinical_in_any_language(
    browser: Browser, clinic: Hospital, clock: FrozenClock, name: str
) -> None:
    address = STATES[name][0](clinic, clock)

    for language in catalogue.LANGUAGES:
        for path in (address, f"{address}/status", f"{address}/qr.png"):
            answer = browser.get(path, headers={"Accept-Language": language})
            told = answer.get_data().decode(errors="replace") + str(answer.headers)
            assert [word for word in PLANTED if word.lower() in told.lower()] == [], path


def test_no_public_page_says_anything_clinical(
    app: Flask, browser: Browser, clinic: Hospital, clock: FrozenClock
) -> None:
    """From the route map: a public page of tomorrow is tested by being there."""
    token = active(clinic, clock).removeprefix("/p/")
    browser.get(f"/p/{token}")
    asked = 0
    for route in routes(app, token=token):
        access = access_of(app.view_functions[route.endpoint])
        if access is None or access.audience is not Audience.PUBLIC:
            continue
        asked += 1
        form = {"form_token": browser.token, "number": "VP26000001", "slip_code": "00000000"}
        answer = browser.client.open(
            route.path, method=route.method, data=form if route.method == "POST" else None
        )
        told = answer.get_data().decode(errors="replace") + str(answer.headers)
        assert [word for word in PLANTED if word.lower() in told.lower()] == [], route
    assert asked >= 10


def test_unknown_and_ended_links_get_the_same_bytes(
    app: Flask, clinic: Hospital, clock: FrozenClock
) -> None:
    """Acceptance 18: unknown and expired answer alike (refused ones: test_link_guesses)."""
    address = active(clinic, clock)
    assert app.test_client().get(address).status_code == 200
    clock.advance(LINK_LIFE)

    for path in ("", "/status", "/qr.png"):
        kept = [
            app.test_client().get(f"/p/{token}{path}")
            for token in (address.removeprefix("/p/"), "x" * 22, "short")
        ]
        assert {answer.status_code for answer in kept} == {404}
        assert len({without_occasion(answer.get_data()) for answer in kept}) == 1
        assert len({str(sorted(dict(answer.headers))) for answer in kept}) == 1


def without_occasion(body: bytes) -> bytes:
    """Take the request's own number away: it is new each time."""
    return re.sub(rb"[0-9a-f]{32}", b"", body)


def test_page_is_compressed_where_the_telephone_takes_it(
    browser: Browser, clinic: Hospital, clock: FrozenClock
) -> None:
    address = active(clinic, clock)

    plain = browser.get(address)
    packed = browser.client.get(address, headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"qr-symbol" in gzip.decompress(packed.get_data())
    assert len(packed.get_data()) < len(plain.get_data()) / 2
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_nothing_that_a_visitor_chose_is_in_a_compressed_page(
    browser: Browser, clinic: Hospital, clock: FrozenClock
) -> None:
    """Beside a secret it would tell of it by the length."""
    address = expired(clinic, clock)

    page = browser.get(f"{address}?guess=form_token", headers={"Referer": "guess"})

    assert "guess" not in page.get_data(as_text=True)


def test_copy_buttons_wait_for_the_script(
    browser: Browser, clinic: Hospital, clock: FrozenClock
) -> None:
    page = browser.get(active(clinic, clock)).get_data(as_text=True)

    buttons = re.findall(r'<dd class="copy__b"([^>]*)><button[^>]*data-copy="([^"]*)"', page)
    assert [value for _, value in buttons][:2] == ["0071000123456", "300000"]
    assert all("hidden" in given for given, _ in buttons)


def test_links_to_apps_tell_nothing_of_the_payment(
    browser: Browser, clinic: Hospital, clock: FrozenClock
) -> None:
    page = browser.get(active(clinic, clock)).get_data(as_text=True)

    links = re.findall(r'<li><a class="btn" href="([^"]+)" rel="([^"]+)"', page)
    assert len(links) >= 15
    for address, rel in links:
        assert "noreferrer" in rel
        assert "0071000123456" not in address
        assert "300000" not in address
