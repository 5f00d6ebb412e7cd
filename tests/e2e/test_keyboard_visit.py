"""Acceptance 19: a whole visit by the keyboard alone, heard, and printed by itself."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from payments.demo.making import PASSWORD
from tests.e2e import budgets
from tests.e2e.conftest import Demo, sign_in
from tests.e2e.test_journeys import code_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

#: Instead of the printer: what the browser would put on paper is kept.
PRINTER = """window.printed = []; window.print = () => {
    const paper = document.querySelector(".roll-paper");
    window.printed.push([paper.naturalWidth, paper.naturalHeight,
        document.body.classList.contains("is-printing")]);
    window.dispatchEvent(new Event("afterprint")); };"""


@pytest.fixture
def known(browser: Browser, demo: Demo) -> str:
    """Give the number of a patient whom a colleague has admitted."""
    context = browser.new_context(locale="vi-VN")
    colleague = context.new_page()
    sign_in(colleague, demo, "totruong")
    number = "98-BANPHIM"
    colleague.goto(f"{demo.web}/desk")
    colleague.fill("#scan", number)
    colleague.keyboard.press("Enter")
    colleague.locator("main h1").wait_for()
    if colleague.locator("form[action='/desk/patients/new']").count():
        budgets.admit(colleague, demo, number)
    context.close()
    return number


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def scan(page: Page, text: str) -> None:
    expect(page.locator("#scan")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_be_focused()


def sign_in_by_keys(page: Page, demo: Demo) -> None:
    page.goto(demo.web)
    expect(page.locator("input[name=login]")).to_be_focused()
    page.keyboard.type("thungan")
    keys(page, "Tab")
    page.keyboard.type(PASSWORD)
    keys(page, "Enter")
    page.wait_for_url("**/desk")


def test_by_qr_from_the_sign_in_to_the_receipt_without_a_mouse(
    page: Page, demo: Demo, known: str
) -> None:
    """Acceptance 19: sign in, scan, issue, paid by QR, heard, printed; then the next scan."""
    sign_in_by_keys(page, demo)
    scan(page, known)
    keys(page, "k", "b", "Enter", "F2")
    page.locator("#part-code .qr-symbol").wait_for()
    due = page.locator("#part-money .money--due").last.inner_text()

    demo.transfer(code_of(page), int("".join(char for char in due if char.isdigit())))

    expect(page.locator("#announce")).to_contain_text("Đã thanh toán")
    expect(page.locator("#scan")).to_be_focused()
    page.get_by_role("link", name=re.compile(r"BL26\d{6}")).wait_for()
    with page.context.expect_page() as opened:
        keys(page, "F9")
    cookies = {c["name"]: c["value"] for c in page.context.cookies()}
    paper = httpx.get(opened.value.url, cookies=cookies, trust_env=False)
    assert paper.content.startswith(b"%PDF")
    opened.value.close()
    keys(page, "F2")
    page.wait_for_url("**/desk")
    expect(page.locator("#scan")).to_be_focused()


def test_by_cash_from_the_shift_to_the_change_without_a_mouse(
    page: Page, demo: Demo, known: str
) -> None:
    """Acceptance 19: a shift, a scan, notes, change; the scan box waits, the slash leads back."""
    sign_in_by_keys(page, demo)
    with_shift_by_keys(page, demo)
    scan(page, known)
    keys(page, "k", "b", "Enter", "F8")
    expect(page.locator("[name=choice]").first).to_be_focused()
    page.keyboard.type("1000000")
    expect(page.locator("#back-amount")).to_contain_text("đ")
    keys(page, "Control+Enter")
    page.locator("#part-money .change").wait_for()
    expect(page.locator("#announce")).to_contain_text("Trả lại khách")
    page.get_by_role("link", name=re.compile(r"BLQ126\d{6}")).wait_for()

    expect(page.locator("#scan")).to_be_focused()
    keys(page, "Tab", "/")

    expect(page.locator("#scan")).to_be_focused()
    assert page.locator("#scan").input_value() == ""


def test_a_desk_that_prints_by_itself_prints_once_and_keeps_the_scan_box(
    page: Page, demo: Demo, known: str
) -> None:
    """Acceptance 19: no key for the paper; the roll is whole, and the hand stays at the scanner."""
    page.context.add_init_script(PRINTER)
    sign_in_by_keys(page, demo)
    page.goto(f"{demo.web}/printing/on?back=/desk")
    scan(page, known)
    keys(page, "k", "b", "Enter", "F2")
    page.locator("#part-code .qr-symbol").wait_for()
    due = page.locator("#part-money .money--due").last.inner_text()

    demo.transfer(code_of(page), int("".join(char for char in due if char.isdigit())))

    expect(page.locator("#part-money")).to_contain_text("In lại")
    [width, height, is_alone] = page.evaluate("window.printed").pop()
    assert (width > 200, height > 200, is_alone) == (True, True, True)
    expect(page.locator("#scan")).to_be_focused()
    page.reload()
    expect(page.locator("#part-money")).to_contain_text("In lại")
    assert page.evaluate("window.printed") == []


def with_shift_by_keys(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.web}/desk/shift")
    if page.locator("#opening_float").count():
        expect(page.locator("#opening_float")).to_be_focused()
        page.keyboard.type("500000")
        keys(page, "Enter")
        page.wait_for_url("**/desk")
    page.goto(f"{demo.web}/desk")
