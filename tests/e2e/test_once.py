"""K6: whatever a hand does twice makes one payment."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.e2e import once
from tests.e2e.budgets import open_shift
from tests.e2e.conftest import Demo, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

#: The full size is ``python -m tests.e2e.once --times 100``.
TIMES = 2


@pytest.mark.parametrize("way", once.WAYS)
def test_it_makes_one_payment(page: Page, demo: Demo, way: str) -> None:
    sign_in(page, demo, "thungan")
    open_shift(page, demo)

    assert once.try_often(page, demo, once.WAYS[way], TIMES) == [1] * TIMES
