"""The insurer's board on a screen: drawn, told in words and in a table; steps by two people."""

from __future__ import annotations

import io
from datetime import date

import pytest
from flask import Flask

from payments.identity.permissions import Role
from payments.kernel.money import vnd
from payments.settlement.status import Refused, State
from tests.support.hospital import Hospital
from tests.support.insured import Desk
from tests.support.settlement import Fund, a_sheet, a_written, claimed
from tests.support.web import Browser, add_user

PAGE = "/finance/bhyt"
ROW = ("VPTEST0001", "XML3", 1, 60_000, "Sai mức hưởng")


@pytest.fixture
def fund(hospital: Hospital) -> Fund:
    made = Fund(hospital)
    made.bring(*(a_written(f"VPTEST000{n}", date(2026, 9, 3), 300_000) for n in (1, 2)))
    made.send("202609")
    return made


def test_an_empty_board_says_how_claims_come(accountant: Browser) -> None:
    assert "GIAMDINHHS" in accountant.get(PAGE).text


def test_the_board_is_drawn_and_stands_in_words_and_in_a_table(
    fund: Fund, accountant: Browser
) -> None:
    fund.assess("202609", ROW)

    page = accountant.get(PAGE).text

    board = fund.board("2026Q3")
    told = f"{board.requested.dong:,}".replace(",", ".")
    assert page.count(told) >= 4
    assert page.count("<rect class=") == 7 + 5
    assert 'role="img"' in page
    assert "khớp với sổ" in page
    assert "VPTEST0001" in page


def test_a_late_deadline_is_on_the_board_and_among_the_exceptions(
    fund: Fund, accountant: Browser
) -> None:
    for page in (PAGE, "/finance/day/2026-11-24"):
        shown = accountant.get(page).text

        assert "Gửi đủ và lập 01/BH tháng 202609, 2 hồ sơ" in shown
        assert "hạn 15/10/2026" in shown
        assert "Quá hạn" in shown
        assert "Phòng tài chính" in shown


def test_a_refusal_goes_its_way_and_two_people_write_off(
    fund: Fund, accountant: Browser, chief: Browser
) -> None:
    fund.assess("202609", ROW)
    [one] = fund.refusals("2026Q3")
    accountant.get(PAGE)
    chief.get(PAGE)
    address = f"{PAGE}/refusals/{one.id}"
    period = {"period": "2026Q3"}

    for do in ("explain", "decide", "ask_write_off"):
        form = {"do": do, "reason": "đã làm", "won": "10.000"} | period
        assert accountant.post(address, form).status_code == 303
    assert accountant.post(f"{address}/write-off", period).status_code == 403
    assert chief.post(f"{address}/write-off", period).status_code == 303

    [now] = fund.refusals("2026Q3")
    assert (now.state, now.won) == (Refused.WRITTEN_OFF, vnd(10_000))
    fund.assert_equal()


def test_what_the_law_lets_a_patient_owe_is_charged_by_two_people_and_told_at_the_desk(
    hospital: Hospital, accountant: Browser, chief: Browser, desk: Browser
) -> None:
    cashier, fund = Desk(hospital), Fund(hospital)
    encounter = cashier.open()
    cashier.note(encounter)
    invoice = cashier.settle(encounter)
    cashier.pay(invoice)
    written = claimed(cashier, encounter)
    fund.bring(written)
    fund.send("202611")
    fund.assess("202611", (written.ma_lk, *ROW[1:]), on="2026-11-24")
    [one] = fund.refusals("2026Q4")
    address, period = f"{PAGE}/refusals/{one.id}", {"period": "2026Q4"}
    accountant.get(PAGE)

    for do in ("decide", "ask_charge"):
        form = {"do": do, "reason": "sai mức hưởng thật", "won": "0"} | period
        assert accountant.post(address, form).status_code == 303
    assert accountant.post(f"{address}/charge", period).status_code == 403
    assert "Duyệt thu của người bệnh" in chief.get(PAGE).text
    assert chief.post(f"{address}/charge", period).status_code == 303

    assert hospital.view(invoice).due == vnd(60_000)
    for page in (f"/desk/insured/{encounter}", f"/desk/invoices/{invoice}"):
        told = desk.get(page).text
        assert "Quỹ từ chối 60.000" in told
        assert "sai mức hưởng thật" in told
    fund.assert_equal()


def test_what_the_law_does_not_let_a_patient_owe_has_no_button(
    fund: Fund, accountant: Browser
) -> None:
    fund.assess("202609", (*ROW[:4], "thiếu hồ sơ bệnh án"))
    [one] = fund.refusals("2026Q3")
    accountant.get(PAGE)
    form = {"do": "decide", "reason": "giữ nguyên", "won": "0", "period": "2026Q3"}
    accountant.post(f"{PAGE}/refusals/{one.id}", form)

    assert "ask_charge" not in accountant.get(PAGE).text
    refused = accountant.post(f"{PAGE}/refusals/{one.id}", form | {"do": "ask_charge"})
    assert refused.status_code == 422
    assert "Pháp luật không cho thu" in refused.text


def test_a_step_that_cannot_be_taken_is_said_on_the_page(fund: Fund, accountant: Browser) -> None:
    fund.assess("202609", ROW)
    [one] = fund.refusals("2026Q3")

    accountant.get(PAGE)
    told = {"do": "turn_down", "reason": "không được"}
    answer = accountant.post(f"{PAGE}/refusals/{one.id}", told)

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


def test_a_claim_tells_its_history(fund: Fund, accountant: Browser) -> None:
    fund.assess("202609", ROW)

    page = accountant.get(f"{PAGE}/claims/{fund.claim('VPTEST0001')}").text

    for word in ("Nhập tệp", "Gửi", "Giám định", "Sai mức hưởng"):
        assert word in page


def test_an_assessment_is_previewed_and_then_taken_whole(fund: Fund, accountant: Browser) -> None:
    address = f"{PAGE}/assessment"
    accountant.get(address)

    def send(do: str, *rows: tuple[str, str, int, int, str]) -> int:
        form = {
            "do": do, "month": "202609", "map": "vienphi", "reach": "month",
            "received_on": "2026-11-10", "file": (io.BytesIO(a_sheet(rows)), "kq.csv"),
        }  # fmt: skip
        return accountant.post(address, form).status_code

    assert send("preview", ROW) == 200
    assert fund.refusals("2026Q3") == ()
    assert send("take", ROW, ("VPTEST0002", "XML3", 77, 1, "trùng")) == 422
    assert fund.refusals("2026Q3") == ()
    assert send("take", ROW) == 303
    assert send("take", ROW) == 303

    assert len(fund.refusals("2026Q3")) == 1
    assert fund.state("VPTEST0002") is State.ASSESSED


def test_a_column_map_is_saved_and_offered(fund: Fund, accountant: Browser) -> None:
    address = f"{PAGE}/assessment"
    accountant.get(address)
    form = {"name": "bhxh-tinh", "column:ma_lk": "Mã", "column:amount_refused": "Từ chối"}

    assert accountant.post(f"{PAGE}/maps", form).status_code == 303
    assert "bhxh-tinh" in accountant.get(address).text
    assert accountant.post(f"{PAGE}/maps", {"name": "x"}).status_code == 422


def test_advance_notice_and_payment_are_entered_on_the_board(
    fund: Fund, accountant: Browser
) -> None:
    for month in (7, 8):
        fund.bring(a_written(f"VPTEST010{month}", date(2026, month, 3)))
        fund.send(f"20260{month}")
    fund.report("2026Q3", "202607", "202608", "202609")
    for month in ("202607", "202608", "202609"):
        fund.assess(month)
    due, period = fund.due("2026Q3"), {"period": "2026Q3"}
    accountant.get(PAGE)
    advance, rest = fund.arrive(vnd(100_000)), fund.arrive(due - vnd(100_000))

    def send(where: str, form: dict[str, str]) -> int:
        return accountant.post(f"{PAGE}/{where}", form | period).status_code

    as_advance = {"do": "advance", "credit": str(advance), "reason": "tạm ứng"}
    assert send("money", as_advance) == 303
    wrong = {"number": "TB-01", "day": "2026-11-10", "total": str(due.dong - 1)}
    assert send("notice", wrong) == 409
    assert send("notice", wrong | {"total": str(due.dong)}) == 303
    as_payment = {"do": "payment", "credit": str(rest), "reason": "thanh toán"}
    assert send("money", as_payment) == 303

    assert fund.board("2026Q3").claims == {State.PAID: 4}
    fund.assert_equal()


def test_whoever_only_looks_changes_nothing(fund: Fund, auditor: Browser) -> None:
    fund.assess("202609", ROW)
    page = auditor.get(PAGE)

    assert page.status_code == 200
    assert "/finance/bhyt/refusals/" not in page.text
    assert auditor.get(f"{PAGE}/assessment").status_code == 403


def test_a_cashier_sees_nothing(app: Flask, hospital: Hospital) -> None:
    cashier = Browser(app.test_client())
    cashier.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))

    assert cashier.get(PAGE).status_code == 403
