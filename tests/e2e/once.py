"""
K6: a double click, the back button, two tabs: one payment each time, in a real browser.

    python -m tests.e2e.once --times 100
"""

from __future__ import annotations

import argparse
import itertools
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final
from uuid import UUID

from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.budgets import open_shift
from tests.e2e.conftest import Demo, sign_in, start_demo, stop_demo
from tests.support.browsers import FLAGS, chromium

_numbers = itertools.count(1)
_CONFIRM: Final = "#cash button[data-key]"
_IS_INVOICE: Final = re.compile(r"/desk/invoices/[0-9a-f-]{36}$")


def double_click(page: Page, demo: Demo) -> UUID:
    """Press the button that takes the cash twice, as fast as a hand does."""
    invoice = at_the_cash(page, demo)
    page.locator(_CONFIRM).dblclick()
    page.wait_for_url(_IS_INVOICE)
    return invoice


def same_form_again(page: Page, demo: Demo) -> UUID:
    """Send the same form twice at once, as a browser does whose first answer is slow."""
    invoice = at_the_cash(page, demo)
    page.evaluate(
        """async () => {
            const form = document.getElementById("cash");
            const send = () => fetch(form.action, {
                method: "POST", body: new URLSearchParams(new FormData(form)) });
            await Promise.all([send(), send()]);
        }"""
    )
    return invoice


def back_button(page: Page, demo: Demo) -> UUID:
    """Take the cash, go back, and press whatever is offered there again."""
    invoice = at_the_cash(page, demo)
    page.locator(_CONFIRM).click()
    page.wait_for_url(_IS_INVOICE)
    page.go_back()
    page.locator("main h1").wait_for()
    if page.locator(_CONFIRM).count():
        page.locator(_CONFIRM).click()
        page.wait_for_load_state()
    return invoice


def two_tabs(page: Page, demo: Demo) -> UUID:
    """Open the cash of one invoice in two tabs, and take it in both."""
    invoice = at_the_cash(page, demo)
    other = page.context.new_page()
    other.goto(page.url)
    page.locator(_CONFIRM).click()
    page.wait_for_url(_IS_INVOICE)
    other.locator(_CONFIRM).click()
    expect(other.locator(".bar--bad")).to_contain_text("Chưa thu đồng nào")
    other.close()
    return invoice


WAYS: Final[dict[str, Callable[[Page, Demo], UUID]]] = {
    "double click": double_click,
    "same form again": same_form_again,
    "back button": back_button,
    "two tabs": two_tabs,
}


def at_the_cash(page: Page, demo: Demo) -> UUID:
    """Issue an invoice and lay its exact amount on the desk; a shift is open."""
    page.goto(f"{demo.web}/desk")
    page.fill("#name", "ĐỖ THỊ MỘT LẦN")
    page.fill("#birth_year", "1970")
    page.fill("#file_number", f"99-K6{next(_numbers):05d}")
    page.get_by_label("Khám thường", exact=True).check()
    page.keyboard.press("F8")
    page.wait_for_url("**/cash")
    return UUID(page.url.split("/")[-2])


def payments_of(demo: Demo, invoice: UUID) -> int:
    """Count what the database itself has; not what a page says."""
    database = next(Path(demo.data).glob("*.db"))
    with closing(sqlite3.connect(database, timeout=15)) as connection:
        told = connection.execute(
            "SELECT COUNT(*) FROM payment WHERE invoice_id = ?", (str(invoice),)
        )
        return int(told.fetchone()[0])


def try_often(page: Page, demo: Demo, way: Callable[[Page, Demo], UUID], times: int) -> list[int]:
    return [payments_of(demo, way(page, demo)) for _ in range(times)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.once", description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of {', '.join(WAYS)}; else all")
    given = parser.parse_args()
    if set(given.ways) - WAYS.keys():
        parser.error(f"the ways are {', '.join(WAYS)}")
    is_once = True
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = start_demo(Path(folder) / "hospital")
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            # A context of its own, for a page that brings its context along allows no second tab.
            context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="vi-VN")
            page = context.new_page()
            sign_in(page, demo, "thungan")
            open_shift(page, demo)
            for name in given.ways or WAYS:
                began = time.monotonic()
                found = try_often(page, demo, WAYS[name], given.times)
                took = time.monotonic() - began
                each = sorted(set(found))
                said = f"{name}: {given.times} times, payments each {each}, {took:.0f} s"
                print(said, flush=True)
                is_once = is_once and each == [1]
            browser.close()
        finally:
            stop_demo(demo)
    return 0 if is_once else 1


if __name__ == "__main__":
    raise SystemExit(main())
