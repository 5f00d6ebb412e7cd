"""The page of a day: its sums, its statement, its explanations, its closing."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from werkzeug.test import TestResponse

from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement
from tests.support.web import Browser

PAGE = "/finance/day/2026-11-24"
_FINDING = re.compile(r'name="finding" value="([^"]+)"')


def pay(hospital: Hospital, reference: str = "FT1", amount: int = 150_000) -> str:
    shown = hospital.show(hospital.issue())
    hospital.arrive(hospital.transfer(shown.code, vnd(amount), reference=reference))
    return shown.code


def send(browser: Browser, content: bytes, account: str = PAYEE.account) -> TestResponse:
    browser.get(PAGE)
    form = {"account": account, "file": (io.BytesIO(content), "sao-ke.csv")}
    return browser.post(f"{PAGE}/statement", form, content_type="multipart/form-data")


def text_of(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True))


def tiles(answer: TestResponse) -> list[str]:
    found = re.findall(r'money--xl[^"]*">([^<]+)<i>', text_of(answer))
    return [one.strip() for one in found]


def test_an_empty_day_says_what_will_be_here(accountant: Browser) -> None:
    answer = accountant.get(PAGE)

    assert answer.status_code == 200
    assert "Không còn dòng cần xem" in text_of(answer)
    assert "Không còn giao dịch cần xử lý" in text_of(answer)


def test_finance_opens_today(accountant: Browser) -> None:
    assert accountant.get("/finance").headers["Location"].endswith(PAGE)


@pytest.mark.parametrize("day", ["x", "2026-13-01", "20261124", "1026-11-24", "2026-W48-2"])
def test_what_is_no_day_is_not_found(accountant: Browser, day: str) -> None:
    assert accountant.get(f"/finance/day/{day}").status_code == 404


def test_an_account_that_is_not_ours_is_not_found(accountant: Browser) -> None:
    assert accountant.get(f"{PAGE}?account=000").status_code == 404


def test_a_statement_is_taken_in_and_the_day_matches(
    accountant: Browser, hospital: Hospital
) -> None:
    code = pay(hospital)

    sent = send(accountant, a_statement(Moved(150_000, "FT1", code)))

    assert sent.status_code == 303
    answer = accountant.get(sent.headers["Location"])
    assert "Đã nhập sao kê: 1 dòng" in text_of(answer)
    assert "Thêm 0 · đã biết từ tin báo 1" in text_of(answer)
    assert tiles(answer)[:3] == ["150.000", "150.000", "0"]
    assert "Đã khớp 1" in text_of(answer)


def test_the_same_statement_again_says_that_it_added_nothing(
    accountant: Browser, hospital: Hospital
) -> None:
    content = a_statement(Moved(5_000, "FT9", "CK"))
    send(accountant, content)

    answer = accountant.get(send(accountant, content).headers["Location"])

    assert "Thêm 0 · đã biết từ tin báo 0 · đã có trong sao kê trước 1" in text_of(answer)


def test_a_refused_statement_names_its_lines_and_saves_nothing(
    accountant: Browser, hospital: Hospital
) -> None:
    content = a_statement(Moved(5_000), Moved(6_000)).replace(b",6000,", b",6.5,")

    answer = send(accountant, content)

    assert answer.status_code == 422
    assert "không có gì được lưu" in text_of(answer)
    assert '<td class="num">9</td>' in text_of(answer)
    assert hospital.balance("1100") == vnd(0)


def test_a_form_without_a_file_says_so(accountant: Browser) -> None:
    accountant.get(PAGE)

    answer = accountant.post(f"{PAGE}/statement", {"account": PAYEE.account})

    assert answer.status_code == 422
    assert "Chọn tệp sao kê" in text_of(answer)


def test_sums_of_page_file_and_ledger_are_equal(accountant: Browser, hospital: Hospital) -> None:
    pay(hospital, "FT1", 160_000)
    hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(70_001)))

    page = accountant.get(PAGE)
    sheet = accountant.get(f"{PAGE}/collection.csv")

    *lines, total = list(csv.reader(io.StringIO(sheet.get_data().decode("utf-8-sig"))))[1:]
    in_ledger = hospital.balance("1100").dong
    assert int(total[6]) == sum(int(line[6]) for line in lines) == in_ledger == 230_001
    assert tiles(page)[0] == "230.001"
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="thu-2026-11-24.csv"'


def test_a_difference_is_explained_with_a_reason(accountant: Browser, hospital: Hospital) -> None:
    answer = accountant.get(send(accountant, a_statement(Moved(-1_100, "PHI"))).headers["Location"])
    assert "Chưa có trong sổ" in text_of(answer)
    [name] = _FINDING.findall(text_of(answer))
    form = {"account": PAYEE.account, "finding": name, "reason": "phí quản lý"}

    assert accountant.post(f"{PAGE}/explain", form).status_code == 303

    assert "Đã giải thích" in text_of(accountant.get(PAGE))
    assert "phí quản lý" in text_of(accountant.get(PAGE))


def test_the_chief_closes_a_day_that_matches(
    chief: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    code = pay(hospital)
    assert "Chỉ khóa sổ ngày đã qua" in text_of(chief.get(PAGE))
    clock.advance(timedelta(minutes=1))
    send(chief, a_statement(Moved(150_000, "FT1", code)))
    clock.advance(timedelta(hours=20))
    _again(chief)

    closed = chief.post(f"{PAGE}/close")

    assert closed.status_code == 303
    assert "Ngày này đã khóa sổ" in text_of(chief.get(PAGE))


def _again(browser: Browser) -> None:
    """Sign in once more: a night has passed."""
    browser.sign_in("chief.accountant.thu")
    browser.get(PAGE)


def test_an_open_difference_keeps_the_day_open(
    chief: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    send(chief, a_statement(Moved(-1_100, "PHI")))
    clock.advance(timedelta(hours=20))
    _again(chief)

    answer = chief.post(f"{PAGE}/close")

    assert answer.status_code == 409
    assert "Còn 1 chênh lệch chưa giải thích" in text_of(chief.get(PAGE))


def test_who_may_only_look_sees_no_button(auditor: Browser, hospital: Hospital) -> None:
    hospital.arrive(hospital.transfer("CK", vnd(5_000)))

    page = text_of(auditor.get(PAGE))

    assert "Nhập sao kê</button>" not in page
    assert 'name="reason"' not in page
    assert auditor.post(f"{PAGE}/close").status_code == 403


def test_an_unmatched_transfer_is_matched_from_its_suggestion(
    accountant: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    hospital.show(invoice)
    hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(150_000), reference="FT7"))
    page = text_of(accountant.get(PAGE))
    [address] = set(re.findall(r'href="(/finance/credits/[^"]+)"', page))
    credit = text_of(accountant.get(address))
    assert "Trùng số tiền, lệch 0 phút" in credit
    number = hospital.view(invoice).number
    assert number in credit

    form = {"number": number, "reason": "Trùng số tiền"}
    assert accountant.post(f"{address}/attach", form).status_code == 303

    assert hospital.view(invoice).due == vnd(0)
    assert "Khoản này đã xử lý xong" in text_of(accountant.get(address))
    hospital.assert_balanced()


def test_an_unknown_number_is_said_beside_the_form(accountant: Browser, hospital: Hospital) -> None:
    credit = hospital.arrive(hospital.transfer("CK", vnd(5_000))).credit
    accountant.get(PAGE)

    answer = accountant.post(
        f"/finance/credits/{credit}/attach", {"number": "VP1", "reason": "đã hỏi"}
    )

    assert answer.status_code == 422
    assert "Không có phiếu VP1" in text_of(answer)


def test_a_bank_fee_is_booked_from_its_page(accountant: Browser, hospital: Hospital) -> None:
    page = accountant.get(send(accountant, a_statement(Moved(-1_100, "PHI"))).headers["Location"])
    [address] = set(re.findall(r'href="(/finance/credits/[^"]+)"', text_of(page)))
    accountant.get(address)

    assert accountant.post(f"{address}/fee", {"reason": "phí tháng 11"}).status_code == 303

    assert hospital.balance("1100") == vnd(-1_100)
    assert tiles(accountant.get(PAGE))[2] == "0"


def test_interest_is_taken_as_income_from_its_page(accountant: Browser, hospital: Hospital) -> None:
    credit = hospital.arrive(hospital.transfer("TRA LAI", vnd(31_250))).credit
    address = f"/finance/credits/{credit}"
    assert "Không phải tiền người bệnh" in text_of(accountant.get(address))

    nothing_chosen = accountant.post(f"{address}/income", {"purpose": "", "reason": "lãi tháng 11"})
    no_reason = accountant.post(f"{address}/income", {"purpose": "interest", "reason": ""})
    form = {"purpose": "interest", "reason": "lãi tháng 11"}
    said = [accountant.post(f"{address}/income", form).status_code for _ in range(2)]

    assert (nothing_chosen.status_code, no_reason.status_code) == (422, 422)
    assert 'id="income-purpose-err"' in text_of(nothing_chosen)
    assert 'id="income-reason-err"' in text_of(no_reason)
    assert said == [303, 303]
    assert hospital.balance("4900") == vnd(-31_250)
    assert "Khoản này đã xử lý xong" in text_of(accountant.get(address))


def test_excess_of_an_invoice_has_no_button_for_income(
    accountant: Browser, hospital: Hospital
) -> None:
    code = hospital.show(hospital.issue()).code
    credit = hospital.arrive(hospital.transfer(code, vnd(200_000))).credit

    page = text_of(accountant.get(f"/finance/credits/{credit}"))

    assert "Còn chờ xử lý" in page
    assert 'name="purpose"' not in page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_speaks_each_language(
    accountant: Browser, hospital: Hospital, language: str
) -> None:
    pay(hospital)
    accountant.client.set_cookie("vienphi_language", language)

    assert accountant.get(PAGE).status_code == 200
    assert "Đối soát ngày" not in text_of(accountant.get(PAGE))
