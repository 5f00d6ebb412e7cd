"""The board of a week: every chart says its finding in words and has its table."""

from __future__ import annotations

from html import unescape

from payments.kernel.money import vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser


def test_each_chart_has_words_and_a_table(accountant: Browser, hospital: Hospital) -> None:
    code = hospital.show(hospital.issue()).code
    hospital.arrive(hospital.transfer(code, vnd(150_000)))
    hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(50_000)))
    hospital.open_shift()
    hospital.hand_over(hospital.issue(), vnd(150_000))

    answer = accountant.get("/finance/overview")
    text = unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")

    assert "Cao nhất 350.000 đ ngày 24/11/2026. Kênh lớn nhất: Chuyển khoản VietQR." in text
    assert "1 trên 2 chuyển khoản tự khớp: 50,0 %." in text
    assert "200.000 đ trên 350.000 đ; 2 trên 3 lần thu." in text
    assert "1 khoản cần xử lý, 0 quá hạn." in text
    assert text.count("<desc") == 3
    assert text.count("Xem bảng số") == 3


def test_a_week_without_money_says_so(accountant: Browser) -> None:
    text = unescape(accountant.get("/finance/overview?day=2026-01-05").get_data(as_text=True))

    assert "Bảy ngày này chưa thu khoản nào." in text
    assert accountant.get("/finance/overview?day=x").status_code == 404
