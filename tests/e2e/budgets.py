"""
Times a visit at the desk with a scripted cashier in a real browser.

    python -m tests.e2e.budgets

A person is not a browser, so her time is counted, not slept: so much a key, a look, a click, and in
the payer's bank app. What the programs take is measured beside it and added. Budgets: workflows A2.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, Request, expect, sync_playwright

from tests.e2e.conftest import Demo, sign_in, start_demo, stop_demo
from tests.support.browsers import FLAGS, chromium

KEY_S = 0.3
LOOK_S = 1.2
CLICK_S = 0.8
BANK_S = 20.0
#: The trigger of the scanner is a click; the characters that it types are nobody's keys.
SCAN_S = CLICK_S
VISITS = 5
#: The place of the printer: counts its papers, and asks nothing (as ``--kiosk-printing``).
PRINTER = """window.printed = 0; window.print = () => {
    window.printed += document.querySelectorAll(".is-printing > .roll-paper").length;
    window.dispatchEvent(new Event("afterprint")); };"""


@dataclass(frozen=True, slots=True)
class Budget:
    name: str
    seconds: float
    keys: int


QR = Budget("visit by QR", 45.0, 6)
CASH = Budget("visit by cash", 25.0, 6)


@dataclass
class Person:
    """A scripted cashier: presses real keys, and counts what a human would need beside them."""

    page: Page
    keys: int = 0
    clicks: int = 0
    human_s: float = 0.0
    machine_s: float = 0.0
    #: Of the machine's: each moment that she waited for a screen.
    waits: list[float] = field(default_factory=list)
    #: Of the machine's: from the request of each page to the first byte of its answer.
    server_s: float = 0.0

    def __post_init__(self) -> None:
        self.page.on("requestfinished", self._served)

    def press(self, key: str) -> None:
        self.keys += 1
        self.human_s += KEY_S
        self._timed(lambda: self.page.keyboard.press(key))

    def scan(self, text: str) -> None:
        """Let the scanner type *text* into the box that has the focus."""
        expect(self.page.locator("#scan")).to_be_focused()
        self.clicks += 1
        self.human_s += SCAN_S
        self._timed(lambda: self.page.keyboard.type(text))
        self._timed(lambda: self.page.keyboard.press("Enter"))

    def look(self, until: Callable[[], None]) -> None:
        """Wait for what she looks for, then let her read it."""
        self._timed(until)
        self.human_s += LOOK_S

    def wait_for_bank(self) -> None:
        self.human_s += BANK_S

    @property
    def seconds(self) -> float:
        return self.human_s + self.machine_s

    def leave(self) -> None:
        """End the visit: what comes now belongs to the next one."""
        self.page.remove_listener("requestfinished", self._served)

    def _served(self, request: Request) -> None:
        if request.is_navigation_request():
            timing = request.timing
            self.server_s += max(0.0, timing["responseStart"] - timing["requestStart"]) / 1_000

    def _timed(self, act: Callable[[], object]) -> None:
        began = time.monotonic()
        act()
        took = time.monotonic() - began
        self.machine_s += took
        self.waits.append(took)


def by_qr(page: Page, demo: Demo, scan: str) -> Person:
    """Scan, two letters of the service, issue; paid and printed; the box waits for the next."""
    person = Person(page)
    _begin(page, demo)
    person.scan(scan)
    person.look(lambda: expect(page.locator("#q")).to_be_focused())
    _pick(person)
    person.press("F2")
    person.look(lambda: page.locator("#part-code .qr-symbol").wait_for())
    code = re.search(r"\bVPH[0-9A-Z]{9}\b", page.locator("#part-code").inner_text())
    assert code, "the screen shows no payment code"
    person.wait_for_bank()
    due = page.locator("#part-money .money--due").last.inner_text()
    demo.transfer(code.group(), int("".join(char for char in due if char.isdigit())))
    person.look(lambda: page.locator("#part-money .bar--ok").wait_for())
    expect(page.locator("#scan")).to_be_focused()
    _take_paper(person)
    return person


def by_cash(page: Page, demo: Demo, scan: str) -> Person:
    """Scan, two letters of the service, take the exact notes, printed; a shift is open."""
    person = Person(page)
    _begin(page, demo)
    person.scan(scan)
    person.look(lambda: expect(page.locator("#q")).to_be_focused())
    _pick(person)
    person.press("F8")
    person.look(lambda: expect(page.locator("[name=choice]").first).to_be_focused())
    person.press("Enter")
    person.look(lambda: page.locator("#part-money .bar--ok").wait_for())
    expect(page.locator("#part-money")).to_contain_text("BLQ1")
    _take_paper(person)
    return person


def admit(page: Page, demo: Demo, number: str) -> None:
    """Make a patient that a scan recognises."""
    page.goto(f"{demo.web}/desk")
    page.fill("#scan", "CHUAAIBIET")
    page.keyboard.press("Enter")
    page.locator("form[action='/desk/patients/new'] button").click()
    page.fill("#name", "LÊ THỊ THỬ NGHIỆM")
    page.fill("#birth", "01/02/1970")
    page.fill("#file_number", number)
    page.locator("main form[action='/desk/patients'] button").click()
    expect(page.locator("#main")).to_contain_text(number)


def open_shift(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.web}/desk/shift")
    if page.locator("#opening_float").count():
        page.fill("#opening_float", "500000")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk")


def report(budget: Budget, visits: list[Person]) -> str:
    worst = max(visits, key=lambda one: one.seconds)
    middle = statistics.median(one.machine_s for one in visits)
    return (
        f"{budget.name}: worst {worst.seconds:.1f} s of {budget.seconds:.0f} s, {worst.keys} keys"
        f" of {budget.keys} and {worst.clicks} scan; the person {worst.human_s:.1f} s, the programs"
        f" {worst.machine_s:.2f} s (median {middle:.2f} s, longest wait {max(worst.waits):.2f} s),"
        f" of it the server {worst.server_s:.2f} s; {len(visits)} visits"
    )


def keeps(budget: Budget, visits: list[Person]) -> bool:
    return all(one.seconds <= budget.seconds and one.keys <= budget.keys for one in visits)


def is_meant_for(budget: Budget, visit: Person) -> bool:
    """Say whether keys and the person's own seconds fit, whatever machine the test runs on."""
    return visit.human_s <= budget.seconds and visit.keys <= budget.keys


def _begin(page: Page, demo: Demo) -> None:
    """Come to the empty desk that prints by itself; a printer stands there that asks nothing."""
    page.goto(f"{demo.web}/printing/on?back=/desk")


def _take_paper(person: Person) -> None:
    """Wait until the paper has come out, without a key."""
    person.look(lambda: expect(person.page.locator("#part-money")).to_contain_text("In lại"))
    assert person.page.evaluate("window.printed") == 1
    person.leave()


def _pick(person: Person) -> None:
    """Two letters leave the services of one department; Enter picks the first."""
    for key in ("k", "b", "Enter"):
        person.press(key)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = start_demo(Path(folder) / "hospital")
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="vi-VN")
            page.context.add_init_script(PRINTER)
            sign_in(page, demo, "thungan")
            open_shift(page, demo)
            is_kept = True
            for budget, visit in ((QR, by_qr), (CASH, by_cash)):
                visits = []
                for count in range(VISITS):
                    number = f"98-{budget.keys}{len(budget.name)}{count}"
                    admit(page, demo, number)
                    visits.append(visit(page, demo, number))
                print(report(budget, visits))
                is_kept = is_kept and keeps(budget, visits)
            browser.close()
        finally:
            stop_demo(demo)
    return 0 if is_kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
