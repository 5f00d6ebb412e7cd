"""
Makes the pictures of the documents from a running demo.

    python -m tests.e2e.pictures        writes docs/pictures/*.png
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.e2e.conftest import Demo, sign_in, start_demo, stop_demo
from tests.support.browsers import FLAGS, chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SERVICES = ("Khám theo yêu cầu", "Tổng phân tích tế bào máu", "Siêu âm ổ bụng tổng quát")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = start_demo(Path(folder) / "hospital")
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            _take(browser.new_page(viewport={"width": 1280, "height": 800}, locale="vi-VN"), demo)
            browser.close()
        finally:
            stop_demo(demo)


def _take(page: Page, demo: Demo) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.goto(demo.web)
    _keep(page, "sign-in")
    sign_in(page, demo, "thungan")
    page.fill("#name", "NGUYỄN VĂN THỬ")
    page.fill("#birth_year", "1958")
    page.fill("#file_number", "99-0240817")
    for service in SERVICES:
        page.get_by_label(service, exact=True).check()
    _keep(page, "desk-empty")
    page.keyboard.press("F2")
    page.wait_for_url("**/desk/invoices/*")
    _keep(page, "desk")
    link = page.locator("a", has_text="Trang người bệnh").get_attribute("href") or ""
    found = re.search(r"\bVPH[0-9A-Z]{9}\b", page.locator("#part-code").inner_text())
    assert found
    phone = page.context.browser.new_page(  # type: ignore[union-attr]
        viewport={"width": 390, "height": 844}, locale="vi-VN"
    )
    phone.goto(link if link.startswith("http") else f"{demo.web}{link}")
    phone.screenshot(path=FOLDER / "patient-due.png", full_page=True)
    demo.transfer(found.group(), 402_000)
    page.locator("#part-money .bar--warn").wait_for()
    _keep(page, "desk-short")
    phone.reload()
    phone.screenshot(path=FOLDER / "patient-short.png", full_page=True)
    rest = re.search(r"\bVPH[0-9A-Z]{9}\b", page.locator("#part-code").inner_text())
    assert rest
    demo.transfer(rest.group(), 20_000)
    page.locator("#part-money .bar--ok").wait_for()
    page.get_by_role("link", name=re.compile(r"BL26\d{6}")).first.wait_for()
    _keep(page, "desk-paid")
    phone.reload()
    phone.screenshot(path=FOLDER / "patient-paid.png", full_page=True)
    page.goto(demo.bank)
    _keep(page, "bank")
    _finance(page, demo)


def _finance(page: Page, demo: Demo) -> None:
    page.context.clear_cookies()
    sign_in(page, demo, "ketoantruong")
    page.goto(f"{demo.web}/finance")
    page.wait_for_load_state()
    page.screenshot(path=FOLDER / "finance-day.png", full_page=True)


def _keep(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
