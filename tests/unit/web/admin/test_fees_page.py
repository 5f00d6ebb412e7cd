"""Fees and limits in the browser: a new row from a day on, history, refusals beside their field."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from payments.identity.permissions import Role
from payments.kernel.calendar import HospitalDay
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user

PAGE = "/admin/channels/vietqr/fees"


@pytest.fixture
def boss(app: Flask, hospital: Hospital) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.IT_ADMIN))
    return browser


def page(browser: Browser, path: str = PAGE) -> str:
    text: str = browser.get(path).get_data(as_text=True)
    return text


def typed(hospital: Hospital, *, in_days: int = 0, **changes: str) -> dict[str, str]:
    since = HospitalDay.of(hospital.runtime.clock.now()).plus(in_days)
    told = {
        "since": str(since),
        "fixed": "1.650",
        "percent": "1,1",
        "least_fee": "",
        "most_fee": "30.000",
        "amount_min": "",
        "amount_max": "499.999.999",
        "basis": "HĐ 12/2026",
    }
    return told | changes


def test_new_row_holds_from_its_day_and_the_former_one_stays(
    boss: Browser, hospital: Hospital
) -> None:
    assert "Chưa khai phí" in page(boss)

    assert boss.post(PAGE, typed(hospital)).status_code == 303
    page(boss)
    later = typed(hospital, in_days=7, fixed="0", percent="0,5", basis="Thông báo mới")
    assert boss.post(PAGE, later).status_code == 303

    shown = page(boss)
    assert shown.count('scope="row"') == 2
    assert "1.650\N{NO-BREAK SPACE}đ + 1,1 %, nhiều nhất 30.000\N{NO-BREAK SPACE}đ" in shown
    assert "0,5 %" in shown
    assert "HĐ 12/2026" in shown
    assert "TRẦN THỊ THỬ" in shown
    listed = page(boss, "/admin/channels")
    assert "1.650\N{NO-BREAK SPACE}đ + 1,1 %" in listed
    assert "0,5 %" not in listed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fixed", "1,5"),
        ("percent", "101"),
        ("least_fee", "40.000"),
        ("amount_min", "nhiều"),
        ("amount_min", "500.000.000"),
        ("basis", "x"),
        ("since", "hôm nay"),
        ("since", "2020-01-01"),
    ],
)
def test_refusal_names_its_field_and_keeps_what_was_typed(
    boss: Browser, hospital: Hospital, field: str, value: str
) -> None:
    page(boss)

    answer = boss.post(PAGE, typed(hospital, **{field: value}))

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    # Two bounds that contradict each other are told at the upper one.
    pairs = {("least_fee", "40.000"): "most_fee", ("amount_min", "500.000.000"): "amount_max"}
    told = pairs.get((field, value), field)
    assert re.findall(r'id="([a-z_]+)-err"', text) == [told]
    assert f'value="{value}"' in text
    assert "Chưa khai phí" in page(boss)


def test_what_holds_now_is_in_the_form_so_that_only_a_change_is_typed(
    boss: Browser, hospital: Hospital
) -> None:
    page(boss)
    boss.post(PAGE, typed(hospital))

    shown = page(boss)

    assert re.search(r'name="fixed"[^>]* value="1\.650"', shown)
    assert re.search(r'name="percent"[^>]* value="1,1"', shown)


def test_only_administrators_see_fees_and_unknown_channels_are_not_found(
    app: Flask, boss: Browser, hospital: Hospital
) -> None:
    other = Browser(app.test_client())
    other.sign_in(add_user(hospital.runtime, hospital.scope, Role.HEAD_CASHIER))

    assert other.get(PAGE).status_code == 403
    assert boss.get("/admin/channels/nowhere/fees").status_code == 404
