"""An insured visit in a browser: split, code, and what a changed card does after payment."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo, sign_in
from tests.e2e.test_journeys import code_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]
WORKER, POOR = "DN4990123456789", "HN2990123456789"


@pytest.fixture
def desk(page: Page, demo: Demo) -> Page:
    sign_in(page, demo, "totruong")
    return page


def open_visit(desk: Page, demo: Demo) -> None:
    """Pick a patient and three services, and open the visit with one key."""
    desk.goto(f"{demo.web}/desk")
    desk.fill("#name", "trần thị mẫu")
    desk.fill("#birth_year", "1951")
    desk.fill("#file_number", "99-0777001")
    for code in ("XN02", "SA02", "XQ01"):
        desk.locator(f'input[name="service"][value="{code}"]').check()
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"/desk/insured/[^/]+$"))


def note(desk: Page, card: str, reason: str = "") -> None:
    """Give card and visit by keyboard."""
    year = date.today().year
    desk.fill("#card", card)
    desk.fill("#valid_from", f"{year}-01-01")
    desk.fill("#valid_to", f"{year}-12-31")
    desk.select_option("#category", "1.1")
    desk.select_option("#visit_type", "01")
    if reason:
        desk.fill("#reason", reason)
    with desk.expect_navigation():
        desk.locator("#card").press("Control+Enter")


def due(desk: Page) -> str:
    return desk.locator(".money--due").first.inner_text().replace("\xa0", " ")


def pay(desk: Page, demo: Demo, amount: int) -> None:
    demo.transfer(code_of(desk), amount)
    desk.locator("#part-money .bar--ok").wait_for()


def test_a_changed_card_becomes_a_further_code_or_a_request_and_never_silence(
    desk: Page, demo: Demo
) -> None:
    open_visit(desk, demo)
    note(desk, POOR)
    expect(desk.locator("main")).to_contain_text("Tạm tính")
    expect(desk.locator("main")).to_contain_text("501.000")
    assert due(desk).startswith("28.000")

    desk.keyboard.press("F2")
    desk.wait_for_url(re.compile(r"/desk/invoices/[^/]+$"))
    invoice = desk.url
    expect(desk.locator("#part-money .money--due")).to_contain_text("28.000")
    pay(desk, demo, 28_000)
    desk.get_by_role("link", name="Xem cách chia BHYT").click()
    visit = desk.url

    # The level falls: a further code for the difference.
    note(desk, WORKER, "thẻ hộ nghèo hết hạn")
    expect(desk.locator("main")).to_contain_text("Thu thêm 100.200")
    desk.goto(invoice)
    expect(desk.locator("#part-money .money--due")).to_contain_text("100.200")
    pay(desk, demo, 100_200)

    # The level rises again: a request to give back.
    desk.goto(visit)
    note(desk, POOR, "người bệnh đưa thẻ hộ nghèo mới")
    expect(desk.locator("main")).to_contain_text("Người bệnh trả ít hơn 100.200")
    expect(desk.locator("main")).to_contain_text("chờ người thứ hai duyệt")
    desk.goto(invoice)
    expect(desk.locator("#part-money")).to_contain_text("Được hoàn 100.200")
