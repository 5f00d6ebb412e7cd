"""Acceptance 20 as it is seen: the banner of a trial stays in sight, on screen and in print."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Demo, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

PUBLIC = (
    "/sign-in",
    "/tra-cuu",
    f"/p/{'x' * 22}",
    "/problems/not-found",
    "/api/v1/docs",
    "/no/such",
)
STAFF = ("/desk", "/desk/orders", "/desk/shift")
BANNER = ".sandbox"


def is_in_sight(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    banner = page.locator(BANNER)
    expect(banner).to_be_in_viewport(ratio=1)
    expect(banner).to_have_css("opacity", "1")
    box = banner.bounding_box()
    assert box is not None
    on_top = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y)?.closest('.sandbox') !== null",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
    )
    assert on_top, address
    page.emulate_media(media="print")
    expect(banner).to_be_visible()
    page.emulate_media(media="screen")


@pytest.mark.parametrize("width", [320, 1280])
def test_banner_is_in_sight_on_public_pages(page: Page, demo: Demo, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 480})
    for path in PUBLIC:
        is_in_sight(page, demo.web + path)


def test_banner_is_in_sight_of_the_staff(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "totruong")
    page.set_viewport_size({"width": 1024, "height": 400})
    for path in STAFF:
        is_in_sight(page, demo.web + path)
