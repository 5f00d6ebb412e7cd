"""Rules on screen: written, tried, switched on by a second person, run; each match with its why."""

from __future__ import annotations

import re
from html import unescape

import pytest

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.ledger import periods
from tests.support.hospital import Hospital
from tests.support.web import Browser
from tests.unit.matching.test_service import one_slip

DAY = "2026-11-24"
FORM = {
    "name": "Mã sai một chữ",
    "by": "reference",
    "effect": "invoice",
    "tolerance": "0",
    "first": DAY,
}


@pytest.fixture
def slipped(hospital: Hospital) -> str:
    """A transfer whose code has one wrong letter; returns the number of its invoice."""
    invoice = hospital.issue()
    code = hospital.show(invoice).code
    hospital.arrive(hospital.transfer(one_slip(code), vnd(150_000)))
    return hospital.view(invoice).number


def text(browser: Browser, address: str) -> str:
    return unescape(browser.get(address).get_data(as_text=True))


def written(browser: Browser, **changes: str) -> str:
    browser.get("/finance/rules")
    answer = browser.post("/finance/rules", FORM | changes)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_a_rule_goes_from_draft_to_a_match_on_record(
    accountant: Browser, chief: Browser, slipped: str
) -> None:
    address = written(accountant)
    assert "nhờ người thứ hai" in text(accountant, address)

    seen = text(chief, f"{address}?day={DAY}")
    assert f"Mã trong nội dung là của phiếu {slipped}" in seen
    assert chief.post(f"{address}/on", {"day": DAY, "seen": "1"}).status_code == 303
    chief.get(f"/finance/day/{DAY}")
    ran = chief.post(f"/finance/day/{DAY}/match")

    assert "Quy tắc đã khớp 1 dòng" in text(chief, ran.headers["Location"])
    [credit] = re.findall(r"/finance/credits/[0-9a-f-]{36}", seen)
    told = text(chief, credit)
    assert "Quy tắc Mã sai một chữ · 1" in told
    assert f"Phiếu {slipped}" in told


def test_a_match_is_taken_back_with_its_reason(
    accountant: Browser, hospital: Hospital, slipped: str
) -> None:
    [credit] = re.findall(
        r"/finance/credits/[0-9a-f-]{36}", text(accountant, f"/finance/day/{DAY}")
    )
    accountant.get(credit)
    form = {"number": slipped, "reason": "người bệnh xác nhận"}
    assert accountant.post(f"{credit}/attach", form).status_code == 303
    [back] = re.findall(r'action="([^"]+/unmatch/[^"]+)"', text(accountant, credit))

    assert accountant.post(back, {"reason": ""}).status_code == 422
    assert accountant.post(back, {"reason": "nhầm phiếu"}).status_code == 303

    assert "Đã gỡ khớp: nhầm phiếu" in text(accountant, credit)
    assert hospital.balance("2200") == vnd(-150_000)


def test_a_wrong_rule_says_what_is_wrong_beside_its_field(accountant: Browser) -> None:
    accountant.get("/finance/rules")

    answer = accountant.post("/finance/rules", FORM | {"name": "x"})

    assert answer.status_code == 422
    assert 'id="name-err"' in answer.get_data(as_text=True)


def test_a_run_on_a_closed_day_says_why_not(chief: Browser, hospital: Hospital) -> None:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        periods.close_day(tx, HospitalDay.parse(DAY))
    chief.get(f"/finance/day/{DAY}")

    answer = chief.post(f"/finance/day/{DAY}/match")

    assert answer.status_code == 422
    assert "đã khóa sổ nên quy tắc không khớp gì" in unescape(answer.get_data(as_text=True))
