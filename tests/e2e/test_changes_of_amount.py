"""Money and amounts that change while people look: late payment, a credit note in another tab."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Demo, sign_in
from tests.e2e.test_journeys import code_of, issue

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]


@pytest.fixture
def desk(page: Page, demo: Demo) -> Page:
    sign_in(page, demo, "totruong")
    return page


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def patients_page(desk: Page, demo: Demo, phone: Page) -> None:
    link = desk.locator("a", has_text="Trang người bệnh").get_attribute("href")
    assert link is not None
    phone.goto(link if link.startswith("http") else f"{demo.web}{link}")


#: The worker ends codes each five seconds, and the machine of a test may be busy.
WORKER_MS = 20_000


def let_time_run_out(demo: Demo, code: str) -> None:
    """Move the end of one code into the past, as if its minutes were over."""
    database = next(Path(demo.data).glob("*.db"))
    ended = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with closing(sqlite3.connect(database, timeout=15)) as connection, connection:
        told = connection.execute("UPDATE intent SET expires_at = ? WHERE code = ?", (ended, code))
        assert told.rowcount == 1


def test_money_that_comes_after_the_code_has_run_out_pays_and_is_called_late(
    desk: Page, demo: Demo
) -> None:
    issue(desk, demo)
    code = code_of(desk)
    let_time_run_out(demo, code)
    # The worker ends the code, and the desk takes it off the screen by itself.
    expect(desk.locator("#part-money")).to_contain_text("Mã trước đã hết hạn", timeout=WORKER_MS)
    expect(desk.locator("#part-code")).not_to_contain_text(code)

    demo.transfer(code, 150_000)

    desk.locator("#part-money .bar--ok").wait_for()
    expect(desk.locator("#part-payments")).to_contain_text("Thanh toán sau khi mã hết hạn")
    expect(desk.locator("#part-payments")).to_contain_text(re.compile(r"BL26\d{6}"))
    expect(desk.locator("#part-money .money--due")).to_have_text(re.compile(r"^0\s*đ$"))


def test_a_credit_note_in_one_tab_changes_the_code_on_desk_and_telephone(
    desk: Page, demo: Demo, phone: Page
) -> None:
    """Acceptance 2: the old code goes from desk and telephone, and late money for it is flagged."""
    issue(desk, demo)
    old = code_of(desk)
    patients_page(desk, demo, phone)
    expect(phone.locator("#main")).to_contain_text(old)
    other_tab = desk.context.new_page()
    other_tab.goto(f"{desk.url}/credit")

    other_tab.fill("#amount-1", "50.000")
    other_tab.fill("#reason", "bác sĩ giảm chỉ định")
    other_tab.locator("main button.btn--main").dblclick()
    other_tab.wait_for_url(re.compile(r"/desk/invoices/[^/]+$"))

    for page in (desk, phone):
        expect(page.locator("#main")).not_to_contain_text(old)
        expect(page.locator("#main")).to_contain_text("100.000")
    new = code_of(desk)
    assert new != old
    expect(phone.locator("#main")).to_contain_text(new)
    expect(desk.locator("#part-money .ladder")).to_contain_text("50.000")

    demo.transfer(old, 150_000)

    desk.locator("#part-money .bar--ok").wait_for()
    expect(desk.locator("#part-payments")).to_contain_text("Thanh toán thừa 50.000")
    expect(desk.locator("#part-money")).to_contain_text("Chờ xử lý 50.000")
    expect(phone.locator("#main")).to_contain_text("Đã thanh toán")
    expect(phone.locator("#main")).to_contain_text("50.000")
    expect(desk.locator("#part-payments")).to_contain_text(re.compile(r"BL26\d{6}"))


def test_a_wrong_credit_is_said_beside_its_field_and_changes_nothing(
    desk: Page, demo: Demo
) -> None:
    issue(desk, demo)
    code = code_of(desk)
    invoice = desk.url
    desk.goto(f"{invoice}/credit")
    desk.fill("#amount-1", "150.001")
    desk.fill("#reason", "nhầm số tiền")
    desk.locator("main button.btn--main").click()

    expect(desk.locator("#amount-1-err")).to_contain_text("150.000")
    expect(desk.locator("#amount-1")).to_have_value("150.001")
    expect(desk.locator("#amount-1")).to_be_focused()
    desk.goto(invoice)
    assert code_of(desk) == code
