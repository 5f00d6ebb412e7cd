"""A cashier, a patient and a bank: journeys through the running programs in a real browser."""

from __future__ import annotations

import itertools
import re
import time

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Demo, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

_numbers = itertools.count(1)
PAID = "Đã thanh toán"


def issue(page: Page, demo: Demo, *services: str) -> None:
    """Issue an invoice at the desk; the code is on the screen afterwards."""
    page.goto(f"{demo.web}/desk")
    page.fill("#name", "NGUYỄN VĂN THỬ")
    page.fill("#birth_year", "1958")
    page.fill("#file_number", f"99-E{next(_numbers):05d}")
    for service in services or ("Khám theo yêu cầu",):
        page.get_by_label(service, exact=True).check()
    page.keyboard.press("F2")
    page.wait_for_url("**/desk/invoices/*")


def code_of(page: Page) -> str:
    found = re.search(r"\bVPH[0-9A-Z]{9}\b", page.locator("#part-code").inner_text())
    assert found, "the screen shows no payment code"
    return found.group()


@pytest.fixture
def desk(page: Page, demo: Demo) -> Page:
    sign_in(page, demo, "totruong")
    return page


def test_a_paid_code_turns_the_page_green_within_three_seconds_and_gives_a_receipt(
    desk: Page, demo: Demo
) -> None:
    issue(desk, demo)
    code = code_of(desk)

    paid_at = time.monotonic()
    demo.transfer(code, 150_000)
    desk.locator("#part-money .bar--ok").wait_for()
    took = time.monotonic() - paid_at

    assert took <= 3.0
    desk.get_by_role("link", name=re.compile(r"BL26\d{6}")).wait_for()
    with desk.context.expect_page() as opened:
        desk.keyboard.press("F9")
    assert "/prints/1.pdf" in opened.value.url
    cookies = {c["name"]: c["value"] for c in desk.context.cookies()}
    paper = httpx.get(opened.value.url, cookies=cookies, trust_env=False)
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")


def test_short_money_shows_the_rest_and_its_code_pays_it(desk: Page, demo: Demo) -> None:
    issue(desk, demo)
    first = code_of(desk)

    demo.transfer(first, 100_000)
    desk.locator("#part-money .bar--warn").wait_for()

    expect(desk.locator("#part-money .money--due")).to_contain_text("50.000")
    rest = code_of(desk)
    assert rest != first
    demo.transfer(rest, 50_000)
    desk.locator("#part-money .bar--ok").wait_for()


def test_excess_is_shown_as_kept(desk: Page, demo: Demo) -> None:
    issue(desk, demo)

    demo.transfer(code_of(desk), 200_000)

    desk.locator("#part-money .bar--ok").wait_for()
    expect(desk.locator("#part-money")).to_contain_text("50.000")


def test_a_second_payment_is_shown_and_kept(desk: Page, demo: Demo) -> None:
    issue(desk, demo)
    code = code_of(desk)

    demo.transfer(code, 150_000)
    desk.locator("#part-money .bar--ok").wait_for()
    demo.transfer(code, 150_000)

    expect(desk.locator("#part-payments")).to_contain_text("Thanh toán trùng")


def test_a_mangled_memo_still_pays(desk: Page, demo: Demo) -> None:
    issue(desk, demo)

    demo.transfer(f"MBVCB.123456.{code_of(desk).lower()} CT tu 0000 toi 9900", 150_000)

    desk.locator("#part-money .bar--ok").wait_for()


def test_money_for_a_cancelled_invoice_is_kept_for_finance(desk: Page, demo: Demo) -> None:
    issue(desk, demo)
    code = code_of(desk)
    desk.get_by_text("Hủy phiếu", exact=False).first.click()
    desk.fill("#reason", "người bệnh không khám")
    desk.locator("button.btn--danger").click()
    expect(desk.locator("#part-money")).to_contain_text("Đã hủy")

    demo.transfer(code, 150_000)

    expect(desk.locator("#part-payments")).to_contain_text("150.000", timeout=10_000)


def test_a_second_click_issues_one_invoice(desk: Page, demo: Demo) -> None:
    desk.goto(f"{demo.web}/desk")
    desk.fill("#name", "TRẦN THỊ HAI LẦN")
    desk.fill("#birth_year", "1970")
    desk.fill("#file_number", "99-HAILAN")
    desk.get_by_label("Khám thường", exact=True).check()
    desk.locator("button[data-key=F2]").dblclick()
    desk.wait_for_url("**/desk/invoices/*")
    desk.goto(f"{demo.web}/desk")

    expect(desk.get_by_text("TRẦN THỊ HAI LẦN")).to_have_count(2)  # open codes, recent invoices
    expect(desk.locator("a[href*='/desk/invoices/']", has_text="HAI LẦN")).to_have_count(2)


def test_a_patient_pays_without_javascript(desk: Page, demo: Demo, browser: Browser) -> None:
    issue(desk, demo, "Khám thường")
    link = desk.locator("a", has_text="Trang người bệnh").get_attribute("href")
    assert link is not None
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="vi-VN"
    )
    phone = context.new_page()
    phone.goto(link if link.startswith("http") else f"{demo.web}{link}")
    expect(phone.locator("body")).to_contain_text("36.500")
    expect(phone.locator("svg[role=img]")).to_be_visible()
    expect(phone.locator("body")).not_to_contain_text("NGUYỄN VĂN")

    demo.transfer(code_of(desk), 36_500)
    desk.locator("#part-money .bar--ok").wait_for()
    phone.get_by_role("link", name="Kiểm tra lại").click()

    expect(phone.locator("body")).to_contain_text(PAID)
    context.close()


def test_the_demo_starts_again_with_its_data(tmp_path, browser: Browser) -> None:  # type: ignore[no-untyped-def]
    from tests.e2e.conftest import start_demo, stop_demo

    first = start_demo(tmp_path / "hospital")
    assert stop_demo(first) == 0
    again = start_demo(tmp_path / "hospital")
    context = browser.new_context()
    page = context.new_page()

    sign_in(page, again, "thungan")

    expect(page.locator("body")).to_contain_text("VP26000040")
    context.close()
    assert stop_demo(again) == 0
