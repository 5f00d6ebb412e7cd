"""Cash, shifts, exemptions and keys as pages: usable without a script, nothing typed is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from payments.channels import service as channels
from payments.documents import typesetting
from payments.identity.permissions import Role
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, vnd
from tests.support.hospital import Hospital
from tests.support.orders import FILE_NUMBER, orders, row, take
from tests.support.web import Browser, add_user

FORM = {"name": "NGUYỄN VĂN THỬ", "birth_year": "1958", "file_number": "99-1", "service": ["KB01"]}


def page_of(answer: Any) -> str:
    text: str = answer.get_data(as_text=True)
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def with_shift(desk: Browser) -> Browser:
    desk.get("/desk/shift")
    desk.post("/desk/shift", {"cash_point": "q1", "opening_float": "500.000"})
    return desk


def test_a_shift_is_opened_on_the_way_to_the_cash(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    way = desk.get(f"/desk/invoices/{invoice}/cash")
    assert way.headers["Location"] == f"/desk/shift?next=/desk/invoices/{invoice}/cash"
    page = page_of(desk.get(way.headers["Location"]))
    following = re.findall(r'name="next" value="([^"]+)"', page)[-1]

    form = {"cash_point": "q1", "opening_float": "500.000", "next": following}
    answer = desk.post("/desk/shift", form)

    assert answer.headers["Location"] == f"/desk/invoices/{invoice}/cash"
    assert "Quầy Q1 · mở" in page_of(desk.get("/desk"))


def test_a_wrong_float_is_named_and_what_was_typed_stays(desk: Browser) -> None:
    desk.get("/desk/shift")

    answer = desk.post("/desk/shift", {"cash_point": "Q7", "opening_float": "nhiều"})

    assert answer.status_code == 422
    assert 'id="opening_float-err"' in page_of(answer)
    assert 'value="Q7"' in page_of(answer)
    assert 'value="nhiều"' in page_of(answer)


def test_the_change_is_shown_large_after_the_cash(desk: Browser, hospital: Hospital) -> None:
    with_shift(desk)
    invoice = hospital.issue()
    page = page_of(desk.get(f"/desk/invoices/{invoice}/cash"))
    assert re.findall(r'name="choice" value="(\d+)"', page) == ["150000", "200000", "500000"]

    answer = desk.post(f"/desk/invoices/{invoice}/cash", {"choice": "200000", "due": "150000"})

    assert answer.status_code == 303
    page = page_of(desk.get(answer.headers["Location"]))
    change = page[page.index("Trả lại khách") :]
    assert "50.000" in change[:200]
    assert "BLQ126000001" in page


def test_too_little_is_refused_with_what_is_missing(desk: Browser, hospital: Hospital) -> None:
    with_shift(desk)
    invoice = hospital.issue()
    desk.get(f"/desk/invoices/{invoice}/cash")
    told = {"choice": "150000", "tendered": "100.000", "due": "150000"}

    refused = desk.post(f"/desk/invoices/{invoice}/cash", told)
    taken = desk.post(f"/desk/invoices/{invoice}/cash", told | {"part": "on"})

    assert refused.status_code == 422
    assert "Còn thiếu 50.000 đ" in page_of(refused)
    assert 'value="100.000"' in page_of(refused)
    assert taken.status_code == 303
    assert hospital.view(invoice).due == vnd(50_000)


def test_the_second_desk_is_told_that_nothing_was_taken(desk: Browser, hospital: Hospital) -> None:
    """Acceptance 1: as the second cashier sees it."""
    with_shift(desk)
    hospital.open_shift("Q2")
    invoice = hospital.issue()
    desk.get(f"/desk/invoices/{invoice}/cash")
    hospital.hand_over(invoice, vnd(150_000))

    answer = desk.post(f"/desk/invoices/{invoice}/cash", {"choice": "150000", "due": "150000"})

    assert answer.status_code == 409
    assert "Chưa thu đồng nào" in page_of(answer)
    assert len(hospital.payments(invoice)) == 1


@pytest.mark.parametrize("due", ["", "x", "-1", "150000.5", "9" * 400])
def test_a_changed_form_takes_nothing(desk: Browser, hospital: Hospital, due: str) -> None:
    with_shift(desk)
    invoice = hospital.issue()
    desk.get(f"/desk/invoices/{invoice}/cash")

    answer = desk.post(f"/desk/invoices/{invoice}/cash", {"choice": "150000", "due": due})

    assert answer.status_code == 422
    assert hospital.payments(invoice) == ()


def test_one_key_issues_and_leads_to_the_cash(desk: Browser, hospital: Hospital) -> None:
    with_shift(desk)
    desk.get("/desk")

    answer = desk.post("/desk/invoices", {**FORM, "do": "cash"})

    assert re.fullmatch(r"/desk/invoices/[0-9a-f-]{36}/cash", answer.headers["Location"])
    assert "Mã đang mở" in page_of(desk.get("/desk"))


def test_an_exemption_stands_on_the_ladder_with_its_programme(
    desk: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    desk.get(f"/desk/invoices/{invoice}/exempt")
    told = {"programme": "POOR", "amount": "100.000", "reason": "QĐ 12/2026"}

    wrong = desk.post(f"/desk/invoices/{invoice}/exempt", told | {"amount": "150.001"})
    answer = desk.post(f"/desk/invoices/{invoice}/exempt", told)

    assert wrong.status_code == 422
    assert 'value="QĐ 12/2026"' in page_of(wrong)
    assert answer.status_code == 303
    page = page_of(desk.get(f"/desk/invoices/{invoice}"))
    assert "Miễn giảm: Hộ nghèo, khó khăn" in page
    assert hospital.view(invoice).due == vnd(50_000)


def test_a_cashier_does_not_exempt(browser: Browser, hospital: Hospital) -> None:
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))
    invoice = hospital.issue()

    assert "Miễn giảm …" not in page_of(browser.get(f"/desk/invoices/{invoice}"))
    assert browser.get(f"/desk/invoices/{invoice}/exempt").status_code == 403


def test_single_keys_can_be_switched_off(desk: Browser) -> None:
    assert 'data-single-keys="on"' in page_of(desk.get("/desk"))

    answer = desk.get("/keys/off?back=/desk/keys")

    assert answer.headers["Location"] == "/desk/keys"
    assert 'data-single-keys="off"' in page_of(desk.get("/desk"))


def test_every_key_of_the_list_that_acts_on_the_desk_is_printed_on_a_button(
    desk: Browser, hospital: Hospital
) -> None:
    with_shift(desk)
    invoice = hospital.issue()
    pages = page_of(desk.get("/desk")) + page_of(desk.get(f"/desk/invoices/{invoice}"))
    pages += page_of(desk.get(f"/desk/invoices/{invoice}/cash"))
    desk.post(f"/desk/invoices/{invoice}/cash", {"choice": "150000", "due": "150000"})
    pages += page_of(desk.get(f"/desk/invoices/{invoice}"))

    for key in ("F2", "F4", "F8", "F9", "Ctrl+Enter", "Esc", "/", "?"):
        assert f"<kbd>{key}</kbd>" in pages, key


def test_a_scanned_patient_without_anything_open_goes_straight_to_the_services(
    desk: Browser, hospital: Hospital
) -> None:
    desk.get("/desk")
    desk.post(
        "/desk/patients", {"name": "LÊ THỊ MẪU", "birth": "01/02/1970", "file_number": "98-1"}
    )
    desk.get("/desk")
    way = desk.post("/desk/scan", {"scan": "98-1"}).headers["Location"]

    page = page_of(desk.get(way))

    assert 'name="service"' in page
    assert 'type="hidden" name="file_number" value="98-1"' in page
    assert re.search(r'id="q"[^>]*autofocus', page)


def test_a_scanned_patient_with_orders_is_billed_by_one_key(
    desk: Browser, hospital: Hospital
) -> None:
    take(hospital, row())
    desk.get("/desk")
    way = desk.post("/desk/scan", {"scan": FILE_NUMBER}).headers["Location"]
    page = page_of(desk.get(way))
    [order] = re.findall(r'name="order" value="([^"]+)" checked', page)
    assert 'data-key="F2"' in page

    answer = desk.post("/desk/orders/issue", {"order": [order], "do": "cash"})

    assert answer.headers["Location"].endswith("/cash")
    assert orders(hospital)[0].invoice is not None


def test_a_zero_invoice_has_nothing_to_collect(desk: Browser, hospital: Hospital) -> None:
    """Acceptance 12: no message, no state: settled when it is issued, no code, no payment."""
    invoice = hospital.issue("CT02")

    page = page_of(desk.get(f"/desk/invoices/{invoice}"))

    assert "Phiếu 0 đồng" in page
    assert 'data-key="F4"' not in page
    assert 'data-key="F8"' not in page
    assert hospital.payments(invoice) == ()
    assert hospital.balance("1300") == ZERO


def test_without_a_bank_the_reason_stands_under_the_button_and_cash_is_taken(
    desk: Browser, hospital: Hospital
) -> None:
    """Acceptance 17: the channel is ended; the desk issues, says why, and takes notes."""
    with_shift(desk)
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        channels.end(tx, "vietqr", 1)
    assert "kênh ngân hàng đang tạm dừng" in page_of(desk.get("/desk"))
    made = desk.post("/desk/invoices", {**FORM, "do": "issue"}).headers["Location"]

    page = page_of(desk.get(made))

    assert re.search(r"<button[^>]* disabled aria-describedby=.why-no-code.", page)
    assert 'id="why-no-code">' in page
    desk.get(f"{made}/cash")
    assert desk.post(f"{made}/cash", {"choice": "150000", "due": "150000"}).status_code == 303


def test_without_a_his_the_price_list_serves(desk: Browser, hospital: Hospital) -> None:
    """Acceptance 17: no order has ever come; the desk says so and goes on."""
    desk.get("/desk")
    desk.post(
        "/desk/patients", {"name": "LÊ THỊ MẪU", "birth": "01/02/1970", "file_number": "98-1"}
    )
    desk.get("/desk")
    page = page_of(desk.get(desk.post("/desk/scan", {"scan": "98-1"}).headers["Location"]))

    assert "Nếu HIS đang gián đoạn" in page
    assert desk.post("/desk/invoices", {**FORM, "do": "issue"}).status_code == 303


def test_a_printer_that_fails_leaves_money_number_and_desk(
    desk: Browser, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acceptance 17: the reason in words; the receipt is kept and the next cash is taken."""
    with_shift(desk)
    invoice, following = hospital.issue(), hospital.issue()
    desk.get(f"/desk/invoices/{invoice}/cash")
    desk.post(f"/desk/invoices/{invoice}/cash", {"choice": "150000", "due": "150000"})
    [payment] = hospital.payments(invoice)

    def broken(*_args: object, **_more: object) -> bytes:
        raise RuntimeError("no such font")

    monkeypatch.setattr(typesetting.typst, "compile", broken)
    desk.get(f"/desk/invoices/{invoice}")
    printed = desk.post(f"/desk/receipts/{payment.id}/prints", {"number": "1", "paper": "a5"})
    failed = desk.get(printed.headers["Location"])

    assert failed.status_code == 503
    assert "Chưa tạo được tờ biên lai" in page_of(failed)
    assert "no such font" not in page_of(failed)
    desk.get(f"/desk/invoices/{following}/cash")
    answer = desk.post(f"/desk/invoices/{following}/cash", {"choice": "150000", "due": "150000"})
    assert answer.status_code == 303


def test_what_the_books_expect_is_shown_only_after_the_count(
    desk: Browser, hospital: Hospital
) -> None:
    with_shift(desk)
    invoice = hospital.issue()
    desk.get(f"/desk/invoices/{invoice}/cash")
    desk.post(f"/desk/invoices/{invoice}/cash", {"choice": "200000", "due": "150000"})
    blind = page_of(desk.get("/desk/shift/close"))
    [shift] = re.findall(r'name="shift" value="([^"]+)"', blind)
    assert "650.000" not in blind
    assert "150.000" not in blind

    wrong = desk.post("/desk/shift/close", {"shift": shift, "counted": "nhiều"})
    counted = desk.post("/desk/shift/close", {"shift": shift, "counted": "630.000"})
    compared = page_of(desk.get(counted.headers["Location"]))
    told = {"shift": shift, "counted": "630000", "expected": "650000"}
    silent = desk.post("/desk/shift/close", told | {"reason": ""})
    closed = desk.post("/desk/shift/close", told | {"reason": "thối nhầm"})

    assert (wrong.status_code, silent.status_code) == (422, 422)
    assert "650.000" in compared
    assert "Chênh lệch: thiếu" in compared
    assert "−20.000" in compared
    page = page_of(desk.get(closed.headers["Location"]))
    assert "Đã chốt ca" in page
    assert "Đếm 1 lần" in page
    assert "Chưa mở ca" in page_of(desk.get("/desk"))


def test_a_closed_shift_is_shown_to_nobody_else(desk: Browser, hospital: Hospital) -> None:
    shift = hospital.open_shift("Q9", by="user:other")

    assert desk.get(f"/desk/shifts/{shift.id}").status_code == 404


def test_a_desk_prints_by_itself_once_somebody_has_said_so(
    desk: Browser, hospital: Hospital
) -> None:
    with_shift(desk)
    invoice = hospital.issue()
    desk.get(f"/desk/invoices/{invoice}/cash")
    desk.post(f"/desk/invoices/{invoice}/cash", {"choice": "150000", "due": "150000"})
    assert 'id="roll"' not in page_of(desk.get(f"/desk/invoices/{invoice}"))

    answer = desk.get("/printing/on?back=/desk/shift")

    assert answer.headers["Location"] == "/desk/shift"
    assert "Không tự in" in page_of(desk.get("/desk/shift"))
    page = page_of(desk.get(f"/desk/invoices/{invoice}"))
    [payment] = hospital.payments(invoice)
    assert f'data-now="{payment.id}"' in page
    told = {"number": "1", "paper": "a5", "picture": "1"}
    printed = desk.post(f"/desk/receipts/{payment.id}/prints", told)
    paper = desk.get(printed.headers["Location"])
    assert paper.mimetype == "image/svg+xml"
    assert page_of(paper).startswith("<svg")
    assert "data-now" not in page_of(desk.get(f"/desk/invoices/{invoice}"))


def test_an_old_receipt_is_not_printed_because_somebody_looks_at_it(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    with_shift(desk)
    invoice = hospital.issue()
    desk.get(f"/desk/invoices/{invoice}/cash")
    desk.post(f"/desk/invoices/{invoice}/cash", {"choice": "150000", "due": "150000"})
    desk.get("/printing/on?back=/desk")
    clock.advance(timedelta(minutes=3))

    page = page_of(desk.get(f"/desk/invoices/{invoice}"))

    assert 'id="roll"' in page
    assert "data-now" not in page


def test_notes_counted_by_kind_are_added_up_and_a_wrong_number_is_named(
    desk: Browser, hospital: Hospital
) -> None:
    with_shift(desk)
    page = desk.get("/desk/shift/close").get_data(as_text=True)
    [shift] = set(re.findall(r'name="shift" value="([0-9a-f-]{36})"', page))

    wrong = desk.post("/desk/shift/close", {"shift": shift, "note_200000": "hai"})
    closed = desk.post("/desk/shift/close", {"shift": shift, "note_200000": "2", "note_50000": "2"})

    assert wrong.status_code == 422
    assert "note_200000-err" in wrong.get_data(as_text=True)
    assert closed.headers["Location"].endswith(f"/desk/shifts/{shift}")
