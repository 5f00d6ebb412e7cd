"""The patient's page on a telephone: small, without scripts, narrow, spoken, never an old code."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from payments.invoicing import slips
from payments.kernel.scope import FacilityId
from payments.keys import Keys
from tests.e2e.conftest import Demo, sign_in
from tests.e2e.test_journeys import code_of, issue
from tests.support.wire import load

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

#: The issue's limit: everything that a telephone loads with an empty cache, headers included.
WEIGHT_MAX_BYTES = 50_000


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


def link(desk: Page, demo: Demo) -> str:
    href = desk.locator("a", has_text="Trang người bệnh").get_attribute("href")
    assert href is not None
    return href if href.startswith("http") else f"{demo.web}{href}"


def let_time_run_out(demo: Demo, code: str) -> None:
    database = next(Path(demo.data).glob("*.db"))
    ended = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with closing(sqlite3.connect(database, timeout=15)) as connection, connection:
        connection.execute("UPDATE intent SET expires_at = ? WHERE code = ?", (ended, code))


def test_all_that_a_telephone_loads_is_below_fifty_kilobytes(
    desk: Page, demo: Demo, browser: Browser
) -> None:
    issue(desk, demo, "Khám theo yêu cầu", "Siêu âm tim", "Chụp X-quang ngực thẳng")

    for address in (link(desk, demo), f"{demo.web}/tra-cuu"):
        found = load(browser, address)

        assert len(found.sizes) >= 4
        assert any("woff2" in name for name in found.sizes)
        assert found.total <= WEIGHT_MAX_BYTES, found.sizes


def test_from_the_paper_to_the_receipt_without_a_script(
    desk: Page, demo: Demo, browser: Browser
) -> None:
    """Acceptance 19: look-up, page, new code after the old one's end, paid, seen by refreshing."""
    issue(desk, demo, "Khám thường")
    token = link(desk, demo).rpartition("/")[2]
    keys = Keys.read(Path(demo.data) / "keys.json")
    number = re.search(r"VP26\d{6}", desk.locator("main").inner_text())
    assert number
    old = code_of(desk)
    let_time_run_out(demo, old)
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="vi-VN"
    )
    phone = context.new_page()
    phone.goto(f"{demo.web}/pay")
    phone.get_by_label("Số phiếu").fill(number.group().lower())
    phone.get_by_label("Mã tra cứu").fill("00000000")
    phone.get_by_role("button", name="Tra cứu").click()
    expect(phone.locator("main")).to_contain_text("Không tìm thấy phiếu với thông tin này")
    expect(phone.get_by_label("Số phiếu")).to_have_value(number.group().lower())

    phone.get_by_label("Mã tra cứu").fill(slips.slip_code(keys, FacilityId(99001), token))
    phone.get_by_role("button", name="Tra cứu").click()
    expect(phone.locator("main")).to_contain_text("Mã đã hết hạn")
    phone.get_by_role("button", name="Tạo mã mới").click()
    expect(phone.locator(".qr svg")).to_be_visible()
    expect(phone.locator("main")).not_to_contain_text(old)
    expect(phone.locator("[data-copy]").first).to_be_hidden()
    phone.get_by_text("Mở ứng dụng ngân hàng", exact=True).click()
    expect(phone.get_by_role("link", name="MBBank")).to_be_visible()
    new = re.search(r"\bVPH[0-9A-Z]{9}\b", phone.locator("main").inner_text())
    assert new
    demo.transfer(new.group(), 36_500)
    desk.locator("#part-money .bar--ok").wait_for()
    phone.get_by_role("link", name="Kiểm tra lại").click()
    expect(phone.locator("h1")).to_have_text("Đã thanh toán")
    context.close()


def test_payment_is_heard_without_a_touch(desk: Page, demo: Demo, phone: Page) -> None:
    """Acceptance 19: a screen reader hears "Đã thanh toán"."""
    issue(desk, demo)
    phone.goto(link(desk, demo))
    expect(phone.locator("#announce")).to_have_text("")

    demo.transfer(code_of(desk), 150_000)

    expect(phone.locator("#announce")).to_have_text(re.compile(r"^Đã thanh toán 150\.000\sđ$"))
    expect(phone.locator("h1")).to_have_text("Đã thanh toán")
    expect(phone.locator("main")).to_contain_text(re.compile(r"BL26\d{6}"))


def test_values_are_copied_by_one_touch(desk: Page, demo: Demo, phone: Page) -> None:
    issue(desk, demo)
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.goto(link(desk, demo))

    for place, value in enumerate(("99001000001", "150000", code_of(desk))):
        phone.locator("[data-copy]").nth(place).click()
        expect(phone.locator("#announce")).to_have_text("Đã sao chép")
        assert phone.evaluate("navigator.clipboard.readText()") == value


def test_time_is_said_at_five_minutes_and_at_one(desk: Page, demo: Demo, phone: Page) -> None:
    issue(desk, demo)
    phone.clock.install()
    phone.goto(link(desk, demo))
    heard = []
    for _ in range(14 * 6):
        phone.clock.run_for(10_000)
        text = phone.locator("#announce").inner_text()
        if text and text not in heard:
            heard.append(text)

    assert heard == ["Mã còn hiệu lực 5 phút", "Mã còn hiệu lực 1 phút"]


def test_an_ended_code_goes_even_without_a_network(desk: Page, demo: Demo, phone: Page) -> None:
    issue(desk, demo)
    phone.clock.install()
    phone.goto(link(desk, demo))
    expect(phone.locator(".qr svg")).to_be_visible()
    phone.context.set_offline(True)
    expect(phone.locator("#lost")).to_contain_text("Mất mạng")

    phone.clock.run_for(16 * 60_000)

    expect(phone.locator(".qr svg")).to_be_hidden()
    expect(phone.locator("main")).to_contain_text("Xin đừng chuyển theo mã này")
    phone.context.set_offline(False)
    phone.clock.run_for(70_000)
    expect(phone.locator("#lost")).to_have_count(0)


def test_page_asks_more_and_more_seldom(desk: Page, demo: Demo, phone: Page) -> None:
    issue(desk, demo)
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.clock.install()
    phone.goto(link(desk, demo))

    def questions(seconds: int) -> int:
        before = len([url for url in asked if "/status" in url])
        for _ in range(seconds):
            phone.clock.run_for(1_000)
            phone.wait_for_timeout(5)
        return len([url for url in asked if "/status" in url]) - before

    first, second = questions(60), questions(60)

    assert 20 <= first <= 31
    assert 8 <= second <= 13


@pytest.mark.parametrize(
    ("width", "more"),
    [
        (320, {}),
        (320, {"color_scheme": "dark"}),
        (320, {"reduced_motion": "reduce"}),
        # 1280 px at 400 % zoom are 320 px of the page's own.
        (320, {"device_scale_factor": 4}),
    ],
    ids=["narrow", "dark", "still", "zoomed"],
)
def test_nothing_is_lost_on_a_narrow_screen(
    desk: Page, demo: Demo, browser: Browser, width: int, more: dict[str, object]
) -> None:
    issue(desk, demo, "Khám theo yêu cầu", "Siêu âm tim")
    address = link(desk, demo)
    context = browser.new_context(
        viewport={"width": width, "height": 256},
        locale="vi-VN",
        **more,  # type: ignore[arg-type]
    )
    phone = context.new_page()
    for path in (address, f"{demo.web}/tra-cuu", f"{demo.web}/p/{'x' * 22}"):
        phone.goto(path)
        phone.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert phone.evaluate("document.documentElement.scrollWidth") <= width, path
        cut = phone.evaluate(
            """[...document.querySelectorAll('main *')].filter(e => e.getClientRects().length
               && !e.closest('.vh') && e.getBoundingClientRect().right > innerWidth + 1)
               .map(e => e.tagName + '.' + e.getAttribute('class'))"""
        )
        assert cut == [], path
    phone.goto(address)
    code = phone.locator(".qr svg").bounding_box()
    assert code
    assert code["width"] >= 240
    context.close()


def test_keyboard_reaches_everything_in_order(desk: Page, demo: Demo, phone: Page) -> None:
    issue(desk, demo)
    phone.goto(link(desk, demo))
    reached = []
    for _ in range(14):
        phone.keyboard.press("Tab")
        reached.append(phone.evaluate("document.activeElement.innerText.trim().split('\\n')[0]"))

    wanted = ["Đến nội dung chính", "Mở ứng dụng ngân hàng", "Lưu ảnh mã QR", "Sao chép"]
    places = [next(n for n, text in enumerate(reached) if text.startswith(one)) for one in wanted]
    assert places == sorted(places)
    assert json.dumps(reached, ensure_ascii=False).count("Sao chép") == 3
