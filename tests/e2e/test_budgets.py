"""
A visit at the desk fits its budget of keys and of the person's seconds (workflows, A2).

What the programs take is in the report of ``python -m tests.e2e.budgets``: no test asserts that.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.e2e import budgets
from tests.e2e.conftest import Demo, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]


@pytest.fixture
def desk(page: Page, demo: Demo) -> Page:
    page.context.add_init_script(budgets.PRINTER)
    sign_in(page, demo, "thungan")
    budgets.open_shift(page, demo)
    return page


def test_a_visit_by_qr_takes_45_seconds_and_six_keys(desk: Page, demo: Demo) -> None:
    """Acceptance 19: no hand leaves scanner and keyboard; the paper comes by itself."""
    budgets.admit(desk, demo, "98-90001")

    visit = budgets.by_qr(desk, demo, "98-90001")

    assert budgets.is_meant_for(budgets.QR, visit), budgets.report(budgets.QR, [visit])


def test_a_visit_by_cash_takes_25_seconds_and_six_keys(desk: Page, demo: Demo) -> None:
    """Acceptance 19: no hand leaves scanner and keyboard; the paper comes by itself."""
    budgets.admit(desk, demo, "98-90002")

    visit = budgets.by_cash(desk, demo, "98-90002")

    assert budgets.is_meant_for(budgets.CASH, visit), budgets.report(budgets.CASH, [visit])
