"""Finance sees what the payments of a day cost, and what another channel would have cost."""

from __future__ import annotations

import re

from flask import Flask

from payments.channels import fees
from payments.channels.routing import Fee, Terms
from payments.demo.hospital import DESK
from payments.identity.permissions import Role
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user


def test_fee_of_the_channel_used_is_summed(app: Flask, hospital: Hospital) -> None:
    today = HospitalDay.of(hospital.runtime.clock.now())
    terms = Terms(Fee(vnd(1_650)))
    fees.agree(hospital.runtime, hospital.scope, DESK, today, terms, "HĐ 1/2026")
    for _ in range(2):
        code = hospital.show(hospital.issue())
        hospital.arrive(hospital.transfer(code.code, code.amount))
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.ACCOUNTANT))

    text: str = browser.get(f"/finance/day/{today}/fees").get_data(as_text=True)
    empty = browser.get(f"/finance/day/{today.plus(-1)}/fees").get_data(as_text=True)

    [row] = re.findall(r'<tr><th scope="row">VIETQR</th>(.*?)</tr>', text, re.DOTALL)
    told = re.findall(r"<td[^>]*>(.*?)</td>", row)
    assert [re.sub("<[^>]+>", "", one) for one in told] == [
        "2", "300.000đ", "3.300đ", "2", "3.300đ", "0đ",
    ]  # fmt: skip
    assert "chưa thu qua kênh nào" in empty


def test_only_finance_sees_the_fees_of_a_day(app: Flask, hospital: Hospital) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))

    assert browser.get("/finance/day/2026-11-24/fees").status_code == 403
