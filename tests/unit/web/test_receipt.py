"""The receipt: one A5 page that says in Vietnamese what was received."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from uuid import UUID

import pypdf
import pytest
import typst
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from payments.documents import typesetting
from payments.identity.permissions import Role
from payments.invoicing import slips
from payments.invoicing.queries import LineView
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, vnd
from payments.qr import drawing
from payments.receipts import printing
from payments.resources import resource
from payments.web.cashier import papers
from payments.words.formats import local_time
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user


def paper(desk: Browser, hospital: Hospital, *codes: str, amount: int) -> pypdf.PdfReader:
    invoice = hospital.issue(*codes)
    intent = hospital.show(invoice)
    hospital.arrive(hospital.transfer(intent.code, vnd(amount)))
    hospital.work()
    [payment] = hospital.payments(invoice)
    return printed(desk, payment.id, 1)


def printed(desk: Browser, payment: UUID, number: int, **form: str) -> pypdf.PdfReader:
    desk.get("/desk")
    answer = desk.post(f"/desk/receipts/{payment}/prints", {"number": str(number), **form})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    paper = desk.get(answer.location)
    assert paper.mimetype == "application/pdf"
    return pypdf.PdfReader(io.BytesIO(paper.get_data()))


def receipt_of(hospital: Hospital) -> UUID:
    invoice = hospital.issue("KB01")
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(150_000)))
    hospital.work()
    [payment] = hospital.payments(invoice)
    return payment.id


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
    assert ("Gộp theo khoa/phòng" in words(reader)) == (count > 6)


def test_more_than_six_lines_become_sums_that_add_up(desk: Browser, hospital: Hospital) -> None:
    codes = ["KB01", "KB02", "KB03", "XN01", "XN02", "XN03", "SA01"]

    text = words(paper(desk, hospital, *codes, amount=821_000))

    assert "Phòng 20 (3 khoản) 306.500" in text
    assert "Phòng 21 (3 khoản) 334.500" in text
    assert "Phòng 22 (1 khoản) 180.000" in text
    assert "Chi tiết 7 khoản mục" in text
    assert "Siêu âm" not in text


@given(
    departments=st.lists(st.sampled_from("ABCDEFGHIJ"), min_size=7, max_size=100),
    data=st.data(),
)
def test_groups_keep_the_total_and_fit_the_paper(
    departments: list[str], data: st.DataObject
) -> None:
    lines = [
        LineView("x", one, one, 1, vnd(dong), vnd(dong))
        for one in departments
        for dong in [data.draw(st.integers(0, 10_000_000))]
    ]

    rows = papers.rows(lines)

    assert len(rows) <= papers.LINES_MAX
    total = sum(int(row["amount"].replace(".", "")) for row in rows)
    assert total == sum(line.amount.dong for line in lines)


def test_payment_without_a_number_has_no_receipt_yet(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)
    hospital.arrive(hospital.transfer(intent.code, vnd(150_000)))
    [payment] = hospital.payments(invoice)

    desk.get("/desk")
    assert desk.get(f"/desk/receipts/{payment.id}").status_code == 404
    assert desk.post(f"/desk/receipts/{payment.id}/prints", {"number": "1"}).status_code == 404


def test_reprint_n_says_n_and_gives_its_reason(browser: Browser, hospital: Hospital) -> None:
    """Acceptance 14: reprint n shows n; the limit of a cashier is one."""
    payment = receipt_of(hospital)
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))

    original = words(printed(browser, payment, 1))
    copy = words(printed(browser, payment, 2, reason="Người bệnh làm mất"))

    assert "BẢN IN LẠI" not in original
    assert "BẢN IN LẠI – lần 1" in copy
    page = browser.get(f"/desk/receipts/{payment}").get_data(as_text=True)
    assert "Người bệnh làm mất" in page
    assert "Đã hết số lần in lại" in page
    refused = browser.post(f"/desk/receipts/{payment}/prints", {"number": "3", "reason": "Mất nữa"})
    assert refused.status_code == 422


def test_a_copy_without_a_reason_is_asked_for_one(desk: Browser, hospital: Hospital) -> None:
    payment = receipt_of(hospital)
    printed(desk, payment, 1)

    answer = desk.post(f"/desk/receipts/{payment}/prints", {"number": "2", "reason": " "})

    assert answer.status_code == 422
    assert "Nhập lý do in lại" in answer.get_data(as_text=True)


def test_a_second_click_is_the_same_print(desk: Browser, hospital: Hospital) -> None:
    payment = receipt_of(hospital)

    printed(desk, payment, 1)
    printed(desk, payment, 1)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert [one.number for one in printing.prints(tx, payment)] == [1]


def test_an_original_opened_by_another_or_later_is_marked(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    payment = receipt_of(hospital)
    assert "BẢN TRA CỨU" not in words(printed(desk, payment, 1))

    clock.advance(timedelta(minutes=11))
    later = desk.get(f"/desk/receipts/{payment}/prints/1.pdf?paper=a5")

    assert "BẢN TRA CỨU" in words(pypdf.PdfReader(io.BytesIO(later.get_data())))
    printed(desk, payment, 2, reason="Người bệnh làm mất")
    desk.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))
    other = desk.get(f"/desk/receipts/{payment}/prints/2.pdf?paper=a5")
    assert "BẢN TRA CỨU" in words(pypdf.PdfReader(io.BytesIO(other.get_data())))


def test_a_head_cashier_prints_beyond_the_limit(browser: Browser, hospital: Hospital) -> None:
    payment = receipt_of(hospital)
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.HEAD_CASHIER))
    browser.get("/desk")

    for number in range(1, 5):
        text = words(printed(browser, payment, number, reason="Máy in kẹt giấy"))

    assert "BẢN IN LẠI – lần 3" in text


def test_roll_is_80_mm_wide_and_says_the_same(desk: Browser, hospital: Hospital) -> None:
    reader = printed(desk, receipt_of(hospital), 1, paper="roll")

    width = float(reader.pages[0].mediabox.width) * 25.4 / 72
    assert (round(width), len(reader.pages)) == (80, 1)
    for said in (
        "BIÊN LAI THU TIỀN",
        "NGUYỄN VĂN THỬ",
        "150.000 đ",
        "Một trăm năm mươi nghìn đồng",
    ):
        assert said in words(reader), said


def test_paper_is_for_the_archive_and_sets_vietnamese_in_our_typeface(
    desk: Browser, hospital: Hospital
) -> None:
    reader = printed(desk, receipt_of(hospital), 1)

    fonts = {str(font["/BaseFont"]) for font in _fonts(reader)}
    assert any("BeVietnamPro" in name for name in fonts), fonts
    metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata


def test_code_on_the_slip_asks_for_the_amount_in_its_words(
    desk: Browser, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = hospital.issue("KB01", "SA01")
    intent = hospital.show(invoice)
    told: dict[str, object] = {}
    set_page = typesetting.pdf

    def remembering(template: str, data: dict[str, object]) -> bytes:
        told.update(data)
        return set_page(template, data)

    monkeypatch.setattr(typesetting, "pdf", remembering)

    answer = desk.get(f"/desk/invoices/{invoice}/slip.pdf")

    text = words(pypdf.PdfReader(io.BytesIO(answer.get_data())))
    assert "330.000 đ" in text
    assert "Ba trăm ba mươi nghìn đồng" in text
    assert f"Hạn thanh toán: {local_time(intent.expires_at)}" in text
    assert "Kiểm tra đúng tên bệnh viện" in text
    picture = typst.compile(
        str(resource("templates") / "typst" / "slip.typ"),
        sys_inputs={"data": json.dumps(told)},
        font_paths=[str(resource("templates") / "typst" / "fonts")],
        format="png",
        ppi=200,
    )
    [read] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    assert read.text == intent.payload
    assert read.text.count("5406330000") == 1


@pytest.mark.parametrize(
    "name",
    ['#read("/etc/passwd")', "$x^2$ *đậm* _nghiêng_", "<nhãn> @thử \\ `mã`", "=TIÊU ĐỀ [x](y)"],
)
def test_markup_in_a_name_is_printed_as_it_stands(name: str) -> None:
    data = _slip_data("x") | {"patient": name, "hospital": name}

    text = words(pypdf.PdfReader(io.BytesIO(typesetting.pdf("slip.typ", data))))

    assert " ".join(name.split()) in text


def test_code_on_the_slip_finds_its_invoice_without_the_link(
    desk: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue("KB01")
    hospital.show(invoice)
    paper = desk.get(f"/desk/invoices/{invoice}/slip.pdf").get_data()
    view = hospital.view(invoice)
    code = slips.slip_code(hospital.runtime.keys, hospital.scope.facility, view.pay_token)
    assert code in words(pypdf.PdfReader(io.BytesIO(paper)))
    desk.get("/tra-cuu")

    answer = desk.post("/tra-cuu", {"number": view.number, "slip_code": code})

    assert answer.headers["Location"] == f"/p/{view.pay_token}"


def test_no_open_code_no_slip(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue("KB01")

    assert desk.get(f"/desk/invoices/{invoice}/slip.pdf").status_code == 404
    desk.get("/desk")
    assert desk.post(f"/desk/invoices/{invoice}/slip").status_code == 404


def test_a_printed_code_is_the_same_code_and_lives_to_the_end_of_the_seventh_day(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    invoice = hospital.issue("KB01")
    shown = hospital.show(invoice)
    before = desk.get("/desk").text.count(f"/desk/invoices/{invoice}")

    for _ in range(2):
        answer = desk.post(f"/desk/invoices/{invoice}/slip")
        assert answer.headers["Location"] == f"/desk/invoices/{invoice}/slip.pdf"

    paper = words(pypdf.PdfReader(io.BytesIO(desk.get(answer.headers["Location"]).get_data())))
    assert shown.code in paper
    assert "Hạn thanh toán: 23:59:59 · 01/12/2026" in paper
    assert "đến 23:59:59 · 01/12/2026" in desk.get(f"/desk/invoices/{invoice}").text
    # Nobody stands at the desk for it any longer.
    assert desk.get("/desk").text.count(f"/desk/invoices/{invoice}") == before - 1

    clock.advance(timedelta(days=6))
    hospital.arrive(hospital.transfer(shown.code, shown.amount))
    hospital.work()
    assert hospital.view(invoice).due == ZERO


def test_a_printed_code_ends_with_its_days(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    invoice = hospital.issue("KB01")
    shown = hospital.show(invoice)
    link = f"/p/{hospital.view(invoice).pay_token}"
    desk.get("/desk")
    desk.post(f"/desk/invoices/{invoice}/slip")

    clock.advance(timedelta(days=7))
    assert shown.code in desk.get(link).text
    clock.advance(timedelta(days=1))
    assert shown.code not in desk.get(link).text


def _fonts(reader: pypdf.PdfReader) -> list[dict[str, object]]:
    return [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]


def _slip_data(payload: str) -> dict[str, object]:
    return {
        "hospital": "BV THỬ",
        "facility": "99001",
        "is_trial": True,
        "sandbox": "THỬ NGHIỆM",
        "number": "VP26000001",
        "title": "PHIẾU MÃ QR",
        "patient": "N.V.T",
        "amount": "330.000 đ",
        "words": "Ba trăm ba mươi nghìn đồng",
        "due_label": "Hạn thanh toán",
        "due": "24/11/2026 08:15",
        "qr": drawing.svg(payload, "VP26000001"),
        "facts": [],
        "check_payee": "Kiểm tra tên",
        "later": "",
        "link": "",
    }
