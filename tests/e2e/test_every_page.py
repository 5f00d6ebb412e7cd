"""
Every page of the list in a real browser: sound to axe, whole when narrow, heard.

The test command looks at each page once, and once for each status that it answers; with
``VIENPHI_TEST_EVERY_STATE=1`` at each state of the list.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from payments.identity.permissions import Role
from payments.words import catalogue
from tests.e2e.looking import announced, lost, violations
from tests.support.places import PLACES
from tests.support.stagehands import Theatre
from tests.support.ways import HEAD, Place, invoice, link

#: A page asks each second, a telephone each two; the machine of a test may be busy.
HEARD_WITHIN_S = 20
EVERY_STATE = os.environ.get("VIENPHI_TEST_EVERY_STATE") == "1"
#: The first state of each page and status, in the order of the list.
ONCE = tuple({(one.endpoint, one.status): one for one in reversed(PLACES)}.values())[::-1]
LOOKED_AT = PLACES if EVERY_STATE else ONCE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("theatre")]


@pytest.mark.parametrize("place", LOOKED_AT, ids=lambda place: place.name)
def test_a_page_is_open_to_everybody(place: Place, theatre: Theatre) -> None:
    """No rule of axe is broken; at 320 px and 400 % nothing is beside the window or cut off."""
    viewer = theatre.visit(place)
    try:
        assert viewer.status == place.status
        found = violations(viewer.page) + lost(viewer.page)
        assert not found, "\n".join(found)
    finally:
        theatre.leave(place, viewer)


@pytest.mark.parametrize("who", [HEAD, None], ids=["desk", "telephone"])
def test_a_screen_reader_hears_that_the_money_has_come(theatre: Theatre, who: Role | None) -> None:
    state = f"heard-{who}"
    code = theatre.show.code(state)
    place = Place(state, "", who, invoice(state) if who else link(state))
    viewer = theatre.visit(place)

    theatre.show.pay(code)

    heard(viewer.page, lambda said: said.startswith("Đã thanh toán 422.000 đ"))
    theatre.leave(place, viewer)


def test_a_screen_reader_hears_what_is_due(theatre: Theatre) -> None:
    theatre.show.code("heard-due")
    due = catalogue.say("invoice.amount_due", "vi")

    page = theatre.visit(Place("heard-due", "", HEAD, invoice("heard-due"))).page

    heard(page, lambda said: said == f"{due} 422.000đ")


def heard(page: Page, is_it: Callable[[str], bool]) -> None:
    """Wait until the accessibility tree holds a polite region of which *is_it* is true."""
    until = time.monotonic() + HEARD_WITHIN_S
    while not any(is_it(said) for said in announced(page)):
        assert time.monotonic() < until, announced(page)
        page.wait_for_timeout(200)
