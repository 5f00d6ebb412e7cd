"""The patient's page: true, anonymous, and without a script."""

from __future__ import annotations

import re
from datetime import timedelta

from payments.intents.service import cancel_invoice
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.qr import drawing
from tests.support.hospital import Hospital
from tests.support.web import Browser


def address(hospital: Hospital, *codes: str) -> tuple[str, str]:
    """Give the address of a new invoice's page and the payment code that it shows."""
    invoice = hospital.issue(*codes)
    intent = hospital.show(invoice)
    return f"/p/{hospital.view(invoice).pay_token}", intent.code


def shown(browser: Browser, path: str) -> str:
    return browser.get(path).get_data(as_text=True)


def test_page_shows_what_a_payer_needs(browser: Browser, hospital: Hospital) -> None:
    path, code = address(hospital)

    page = shown(browser, path)

    for words in ("150.000", code, "0071000123456", "BENH VIEN DA KHOA THU NGHIEM", "qr-symbol"):
        assert words in page


def test_page_names_neither_patient_nor_service(browser: Browser, hospital: Hospital) -> None:
    """Acceptance 18: nothing clinical, no full name."""
    path, _ = address(hospital, "CT01", "XN01")

    page = shown(browser, path)

    assert "N*** V*** THỬ" in page
    for secret in ("NGUYỄN", "1958", "99-0", "Chụp", "máu", "Phòng"):
        assert secret not in page


def test_page_runs_only_our_live_script_and_asks_nobody_else(
    browser: Browser, hospital: Hospital
) -> None:
    path, _ = address(hospital)

    page = shown(browser, path)

    assert re.findall(r"<script[^>]*>", page) == re.findall(
        r'<script src="/static/pay\.js[^"]*" defer>', page
    )
    assert "http-equiv" not in page
    # Links to bank apps are opened by a person; nothing of the page is loaded from elsewhere.
    loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', page)
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)


def test_waiting_page_asks_for_a_version_alone(browser: Browser, hospital: Hospital) -> None:
    path, code = address(hospital)
    [seen] = re.findall(r'data-version="(\d+)"', shown(browser, path))

    unchanged = browser.get(f"{path}/status?seen={seen}")
    hospital.arrive(hospital.transfer(code, vnd(150_000)))
    changed = browser.get(f"{path}/status?seen={seen}")

    assert (unchanged.status_code, unchanged.data) == (204, b"")
    assert changed.get_json()["version"] > int(seen)
    assert list(changed.get_json()) == ["version"]
    assert browser.get(f"/p/{'x' * 22}/status").status_code == 404


def test_trial_is_said_on_the_page(browser: Browser, hospital: Hospital) -> None:
    path, _ = address(hospital)

    assert "KHÔNG CHUYỂN TIỀN THẬT" in shown(browser, path)


def test_short_money_is_safe_and_the_rest_is_asked_for(
    browser: Browser, hospital: Hospital
) -> None:
    path, code = address(hospital)
    hospital.arrive(hospital.transfer(code, vnd(100_000)))

    page = shown(browser, path)

    assert "Thanh toán thiếu 50.000" in page
    assert "được giữ an toàn" in page
    assert code not in page


def test_paid_page_shows_the_receipt_and_no_code(browser: Browser, hospital: Hospital) -> None:
    path, code = address(hospital)
    hospital.arrive(hospital.transfer(code, vnd(170_000)))
    hospital.work()

    page = shown(browser, path)

    assert "BL26000001" in page
    assert "chuyển thừa 20.000" in page
    assert code not in page
    assert "0071000123456" not in page
    assert page.count("qr-symbol") == 1  # the number of the receipt, for the staff's scanner


def test_ended_code_gives_way_to_a_button(
    browser: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    path, code = address(hospital)
    clock.advance(timedelta(minutes=15))
    page = shown(browser, path)
    assert code not in page
    assert browser.get(f"{path}/qr.png").status_code == 404

    browser.post(f"{path}/codes")

    assert "qr-symbol" in shown(browser, path)


def test_new_code_while_one_is_open_is_the_same(browser: Browser, hospital: Hospital) -> None:
    path, code = address(hospital)
    shown(browser, path)
    # The open page has no such form: this is a page of before, sent late.
    browser.get("/sign-in")

    browser.post(f"{path}/codes", {"key": "0" * 32})

    assert code in shown(browser, path)


def test_cancelled_invoice_asks_for_no_money(browser: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    hospital.show(invoice)

    cancel_invoice(hospital.runtime, hospital.scope, invoice, "lý do thử")

    page = shown(browser, f"/p/{hospital.view(invoice).pay_token}")
    assert "đừng chuyển tiền" in page
    assert "qr-symbol" not in page
    assert "lý do thử" not in page


def test_picture_says_what_the_page_says(browser: Browser, hospital: Hospital) -> None:
    path, code = address(hospital)

    picture = browser.get(f"{path}/qr.png")

    [text] = drawing.texts_in(picture.get_data())
    assert picture.mimetype == "image/png"
    assert code in text
    assert "5406150000" in text


def test_guessed_link_says_nothing(browser: Browser, hospital: Hospital) -> None:
    guesses = ["x" * 22, "a", "0" * 500, "..%2f..%2fetc", "%00" * 22, "'; DROP TABLE invoice--"]
    for token in guesses:
        for path in (f"/p/{token}", f"/p/{token}/qr.png"):
            assert browser.get(path).status_code == 404, path


def test_page_speaks_the_language_of_the_telephone(browser: Browser, hospital: Hospital) -> None:
    path, _ = address(hospital)
    spoken = {"en-US,en": "Awaiting payment", "fr": "En attente", "de": "Chờ thanh toán"}

    for accepted, words in spoken.items():
        page = browser.get(path, headers={"Accept-Language": accepted}).get_data(as_text=True)
        assert words in page, accepted


def test_chosen_language_stays(browser: Browser, hospital: Hospital) -> None:
    path, _ = address(hospital)

    answer = browser.get(f"/language/fr?back={path}")

    assert answer.headers["Location"] == path
    assert "En attente" in shown(browser, path)


def test_language_leads_to_no_other_site(browser: Browser) -> None:
    for back in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:x(1)"):
        answer = browser.get("/language/fr", query_string={"back": back})
        assert answer.headers["Location"] == "/", back
