"""Finance takes a report in, decides what differs, and finds the batch on the bank account."""

from __future__ import annotations

import io
import re

import pytest

from payments.identity.permissions import Role
from payments.kernel.money import ZERO
from tests.support.gateways import GatewayDesk, desk
from tests.support.hospital import PAYEE, Hospital
from tests.support.web import Browser, add_user, house
from tests.unit.payouts.test_payouts import net, pay, report, taken, today, transfer


@pytest.fixture
def momo(hospital: Hospital) -> GatewayDesk:
    return desk(hospital, "momo")


def person(at: GatewayDesk, role: Role) -> Browser:
    browser = Browser(house(at.hospital.runtime).test_client())
    browser.sign_in(add_user(at.hospital.runtime, at.hospital.scope, role))
    return browser


def send(browser: Browser, at: GatewayDesk, content: bytes | None, **form: str) -> tuple[int, str]:
    browser.get("/finance/payouts")
    told = {"channel": "momo", "day": str(today(at)), "account": PAYEE.account, **form}
    if content is not None:
        told["file"] = (io.BytesIO(content), "momo.csv")  # type: ignore[assignment]
    answer = browser.post("/finance/payouts", told, content_type="multipart/form-data")
    return answer.status_code, answer.headers.get("Location", "") or answer.get_data(as_text=True)


def test_accountant_takes_a_report_in_and_confirms_the_credit(momo: GatewayDesk) -> None:
    pay(momo)
    browser = person(momo, Role.ACCOUNTANT)

    status, address = send(browser, momo, report(momo))
    assert status == 303
    text = browser.get(address).get_data(as_text=True)
    assert "thêm 1 dòng, 0 dòng đã có, 0 dòng chờ xử lý" in text
    [page] = set(re.findall(r'href="(/finance/payouts/[0-9a-f-]{36})"', text))
    assert "Chờ ngân hàng báo có" in text

    [payout] = taken(momo, report(momo)).payouts
    transfer(momo, net(momo, payout), days=0)
    text = browser.get(page).get_data(as_text=True)
    [confirm] = re.findall(rf'action="({page}/credit/[0-9a-f-]{{36}})"', text)
    assert browser.post(confirm).status_code == 303

    assert "Đã về tài khoản" in browser.get(page).get_data(as_text=True)
    assert momo.hospital.balance("1020") == ZERO
    assert "Không còn đồng nào ở các cổng" in browser.get("/finance/payouts").get_data(as_text=True)


def test_what_differs_is_shown_and_accepted_with_a_reason(momo: GatewayDesk) -> None:
    pay(momo)
    browser = person(momo, Role.ACCOUNTANT)
    [payout] = taken(momo, report(momo, differing=1)).payouts
    page = f"/finance/payouts/{payout}"

    text = browser.get(page).get_data(as_text=True)
    assert "Lệch số tiền" in text
    assert browser.post(f"{page}/lines/1", {"reason": ""}).status_code == 422
    assert browser.post(f"{page}/lines/1", {"reason": "cổng xác nhận"}).status_code == 303
    assert browser.post(f"{page}/lines/2", {"reason": "cổng xác nhận"}).status_code == 409

    assert "cổng xác nhận" in browser.get(page).get_data(as_text=True)
    assert "Đã chi trả, còn chênh lệch" in browser.get("/finance/payouts").get_data(as_text=True)


def test_a_broken_report_names_its_line_and_saves_nothing(momo: GatewayDesk) -> None:
    pay(momo)
    file = report(momo)
    assert file is not None
    browser = person(momo, Role.ACCOUNTANT)

    status, text = send(browser, momo, file.replace(b",150000,", b",15x,", 1))
    assert status == 422
    assert "Dòng 2" in text
    for form in ({"channel": "vietqr"}, {"day": "2026-13-01"}, {"account": "0000"}):
        assert send(browser, momo, file, **form)[0] in (404, 422)
    assert send(browser, momo, None)[0] == 422

    assert "Chưa có đợt chi trả nào" in browser.get("/finance/payouts").get_data(as_text=True)


def test_an_auditor_sees_and_changes_nothing(momo: GatewayDesk) -> None:
    pay(momo)
    [payout] = taken(momo, report(momo, differing=1)).payouts
    browser = person(momo, Role.AUDITOR)

    assert browser.get(f"/finance/payouts/{payout}").status_code == 200
    assert browser.post(f"/finance/payouts/{payout}/lines/1", {"reason": "abc"}).status_code == 403
    assert send(browser, momo, report(momo))[0] == 403
