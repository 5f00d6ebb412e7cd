"""The receipt: one A5 page that says in Vietnamese what was received."""

from __future__ import annotations

import io

import pypdf
import pytest

from payments.kernel.money import vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser


def paper(desk: Browser, hospital: Hospital, *codes: str, amount: int) -> pypdf.PdfReader:
    invoice = hospital.issue(*codes)
    intent = hospital.show(invoice)
    hospital.arrive(hospital.transfer(intent.code, vnd(amount)))
    hospital.work()
    [payment] = hospital.payments(invoice)
    answer = desk.get(f"/desk/receipts/{payment.id}.pdf")
    assert answer.mimetype == "application/pdf"
    return pypdf.PdfReader(io.BytesIO(answer.get_data()))


def words(reader: pypdf.PdfReader) -> str:
    return " ".join(reader.pages[0].extract_text().replace("\N{NO-BREAK SPACE}", " ").split())


def test_receipt_says_who_paid_what_for_what(desk: Browser, hospital: Hospital) -> None:
    text = words(paper(desk, hospital, "KB01", "SA01", amount=330_000))

    for said in (
        "BIÊN LAI THU TIỀN",
        "BL26000001",
        "NGUYỄN VĂN THỬ",
        "Siêu âm ổ bụng tổng quát",
        "330.000 đ",
        "Ba trăm ba mươi nghìn đồng",
        "Biên lai này không thay thế hóa đơn điện tử",
        "KHÔNG CHUYỂN TIỀN THẬT",
        "TRẦN THỊ THỬ",
    ):
        assert said in text, said


def test_receipt_of_a_part_says_the_part_and_the_rest(desk: Browser, hospital: Hospital) -> None:
    text = words(paper(desk, hospital, "KB01", amount=100_000))

    assert "Một trăm nghìn đồng" in text
    assert "Số tiền thu lần này 100.000 đ" in text
    assert "50.000 đ" in text


def test_receipt_of_too_much_says_only_what_was_owed(desk: Browser, hospital: Hospital) -> None:
    text = words(paper(desk, hospital, "KB01", amount=999_000))

    assert "Một trăm năm mươi nghìn đồng" in text
    assert "999" not in text


@pytest.mark.parametrize("count", [1, 6, 7, 11])
def test_receipt_is_one_a5_page_however_long_the_invoice(
    desk: Browser, hospital: Hospital, count: int
) -> None:
    codes = ["KB01", "KB02", "KB03", "XN01", "XN02", "XN03", "XN04", "SA01", "SA02", "XQ01", "CT01"]

    reader = paper(desk, hospital, *codes[:count], amount=100_000)

    assert len(reader.pages) == 1
    width, height = (float(side) * 25.4 / 72 for side in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 148)
    assert ("khoản mục khác" in words(reader)) == (count > 6)


def test_payment_without_a_number_has_no_receipt_yet(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)
    hospital.arrive(hospital.transfer(intent.code, vnd(150_000)))
    [payment] = hospital.payments(invoice)

    assert desk.get(f"/desk/receipts/{payment.id}.pdf").status_code == 404
