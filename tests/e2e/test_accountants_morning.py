"""An accountant's morning without a mouse: statement in, exception dealt with, day closed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.stagehands import Theatre
from tests.support.statements import Moved, a_statement
from tests.support.ways import CHIEF, Place, at

#: More stops than this on one page is no way for a person.
TABS_MAX = 120
DAY = "/finance/day/2026-11-22"

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("theatre")]


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what *selector* names has the focus."""
    for _ in range(TABS_MAX):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by {TABS_MAX} tabs")


def enter(page: Page, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def test_from_the_statement_file_to_the_closed_day_by_keys_alone(theatre: Theatre) -> None:
    theatre.show.code("morning")
    number = theatre.show.hospital.view(theatre.show.invoices["morning"]).number
    place = Place("morning", "", CHIEF, at(DAY))
    page = theatre.visit(place).page
    # Heard from now on: whoever begins to listen with the key press may come too late.
    page.on("filechooser", lambda _: None)
    content = a_statement(
        Moved(422_000, "FTSANG", "CK TIEN VIEN", "22/11/2026 08:00:00"), day="22/11/2026"
    )

    enter(page, ".panel > details > summary")
    tab_to(page, "#file")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "sao-ke.csv", "mimeType": "text/csv", "buffer": content})
    enter(page, "button[value='preview']")
    expect(page.locator("main")).to_contain_text("Khớp số dư")
    enter(page, "button[value='take']")
    expect(page.locator("main")).to_contain_text("Đã nhập sao kê: 1 dòng")

    page.keyboard.press("Alt+2")
    page.wait_for_url("**/finance/inbox*")
    for _ in range(20):
        if "FTSANG" in page.locator(".inbox > section").inner_text():
            break
        with page.expect_navigation():
            page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("a")
    expect(page.locator(".inbox > section")).to_contain_text("FTSANG")
    page.keyboard.press("Enter")
    page.wait_for_url("**/finance/credits/*")
    tab_to(page, "#number")
    page.keyboard.type(number)
    page.keyboard.press("Tab")
    page.keyboard.type("người bệnh gọi điện xác nhận")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Khoản này đã xử lý xong")

    page.keyboard.press("Alt+1")
    page.wait_for_url("**/finance/day/2026-11-24*")
    for day in ("2026-11-23", "2026-11-22"):
        enter(page, f"a[href*='{day}']")
        page.wait_for_url(f"**/finance/day/{day}*")
    enter(page, "form[action$='/close'] button")
    expect(page.locator("main")).to_contain_text("Ngày này đã khóa sổ")
