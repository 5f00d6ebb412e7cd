"""
The patient's page as a telephone gets it: bytes on the wire and first paint on emulated fast 3G.

    python -m tests.benchmarks.patient_page --loads 9

A running demo, a real Chromium with an empty cache for each load, Chromium's own preset (562.5 ms a
request, 1.44 Mbit/s). The floor is two requests one after the other, page and sheet: no page with a
sheet of its own can be painted sooner. Limits of the issue: 50 kB, 1.5 s.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import sign_in, start_demo, stop_demo
from tests.e2e.test_journeys import issue
from tests.support.browsers import FLAGS, chromium
from tests.support.wire import FAST_3G, Load, load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=9)
    loads = parser.parse_args().loads
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = start_demo(Path(folder) / "hospital")
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            page = browser.new_page(locale="vi-VN")
            sign_in(page, demo, "totruong")
            issue(page, demo, "Khám theo yêu cầu", "Siêu âm tim", "Chụp X-quang ngực thẳng")
            href = page.locator("a", has_text="Trang người bệnh").get_attribute("href") or ""
            link = href if href.startswith("http") else f"{demo.web}{href}"
            page.close()
            pages = {"active code": link, "look-up": f"{demo.web}/tra-cuu"}
            print("| page | requests | bytes | first paint ms, median (worst) | times the floor |")
            print("|---|---:|---:|---:|---:|")
            for name, address in pages.items():
                _print(name, [load(browser, address, network=FAST_3G) for _ in range(loads)])
                _print_parts(load(browser, address))
            browser.close()
        finally:
            stop_demo(demo)


def _print(name: str, loads: list[Load]) -> None:
    paints = [one.contentful_ms for one in loads]
    median = statistics.median(paints)
    floor = 2 * FAST_3G["latency"]
    heaviest = max(loads, key=lambda one: one.total)
    weight = f"{len(heaviest.sizes)} | {heaviest.total:,}"
    print(f"| {name} | {weight} | {median:,.0f} ({max(paints):,.0f}) | {median / floor:.2f} |")


def _print_parts(one: Load) -> None:
    for address, size in one.sizes.items():
        print(f"    {size:7,}  {re.sub('/p/[^/?]+', '/p/<token>', address)[:90]}")


if __name__ == "__main__":
    main()
