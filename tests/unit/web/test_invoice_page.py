"""An invoice on the desk says what is due, shows the code, and learns by itself what arrived."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from payments.identity.permissions import Role
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user


def page(desk: Browser, invoice: UUID) -> str:
    return desk.get(f"/desk/invoices/{invoice}").get_data(as_text=True)


def test_exact_money_turns_the_page_green(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)

    hospital.arrive(hospital.transfer(intent.code, vnd(150_000)))
    hospital.work()

    shown = page(desk, invoice)
    assert "bar--ok" in shown
    assert "BL26000001" in shown
    assert "qr-symbol" not in shown


def test_short_money_shows_what_is_missing_and_a_code_for_it(
    desk: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)

    hospital.arrive(hospital.transfer(intent.code, vnd(100_000)))

    shown = page(desk, invoice)
    assert "Thanh toán thiếu 50.000\N{NO-BREAK SPACE}đ" in shown
    assert intent.code not in shown
    assert "qr-symbol" in shown


def test_money_twice_is_kept_and_said(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)

    for _ in range(2):
        hospital.arrive(hospital.transfer(intent.code, vnd(150_000)))

    shown = page(desk, invoice)
    assert "Thanh toán trùng" in shown
    assert "Chờ xử lý 150.000" in shown


def test_ended_code_is_not_shown_and_a_new_one_is_offered(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    invoice = hospital.issue()
    old = hospital.show(invoice)
    # Longer than the code lives, shorter than the desk stays signed in: it is used in between.
    for _ in range(2):
        clock.advance(timedelta(minutes=8))
        shown = page(desk, invoice)
    assert old.code not in shown
    assert "qr-symbol" not in shown

    desk.post(f"/desk/invoices/{invoice}/codes")

    assert "qr-symbol" in page(desk, invoice)


def test_status_is_silent_until_something_changes(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)
    address = f"/desk/invoices/{invoice}/status"
    seen = desk.get(address).get_json()["version"]

    assert desk.get(f"{address}?seen={seen}").status_code == 204
    hospital.arrive(hospital.transfer(intent.code, vnd(150_000)))
    changed = desk.get(f"{address}?seen={seen}")

    assert changed.status_code == 200
    assert changed.get_json() == {"version": hospital.view(invoice).version}


def test_status_keeps_nobody_signed_in(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    invoice = hospital.issue()
    for _ in range(15):
        clock.advance(timedelta(minutes=1))
        answer = desk.get(f"/desk/invoices/{invoice}/status")

    assert answer.status_code == 303
    assert desk.get("/desk").status_code == 303


def test_replacing_the_parts_of_a_page_keeps_nobody_signed_in(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    invoice = hospital.issue()
    for _ in range(15):
        clock.advance(timedelta(minutes=1))
        desk.get(f"/desk/invoices/{invoice}", headers={"X-Vienphi-Live": "1"})

    assert desk.get("/desk").status_code == 303


def test_status_of_what_is_not_there_is_not_found(desk: Browser) -> None:
    assert desk.get(f"/desk/invoices/{uuid4()}/status").status_code == 404


def test_unpaid_invoice_is_cancelled_with_a_reason(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    hospital.show(invoice)
    page(desk, invoice)

    desk.post(f"/desk/invoices/{invoice}/cancel", {"reason": "nhập nhầm dịch vụ"})

    shown = page(desk, invoice)
    assert "nhập nhầm dịch vụ" in shown
    assert "qr-symbol" not in shown
    hospital.assert_balanced()


def test_cancelling_needs_a_reason(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    page(desk, invoice)

    for reason in ("", "x", "\u202e\u202e\u202e", "x" * 201):
        answer = desk.post(f"/desk/invoices/{invoice}/cancel", {"reason": reason})
        assert answer.status_code == 422, reason
        assert "Nhập lý do, từ 3 đến 200 ký tự." in answer.get_data(as_text=True)
    assert hospital.view(invoice).cancel_reason == ""


def test_paid_invoice_is_not_cancelled(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)
    hospital.arrive(hospital.transfer(intent.code, vnd(150_000)))
    shown = page(desk, invoice)

    answer = desk.post(f"/desk/invoices/{invoice}/cancel", {"reason": "lý do thử"})

    assert "/cancel" not in shown
    assert answer.status_code == 409


def test_cashier_sees_no_way_to_cancel(browser: Browser, hospital: Hospital) -> None:
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))
    invoice = hospital.issue()

    assert "/cancel" not in page(browser, invoice)
    answer = browser.post(f"/desk/invoices/{invoice}/cancel", {"reason": "lý do thử"})
    assert answer.status_code == 403


def test_new_code_for_a_settled_invoice_is_refused(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)
    hospital.arrive(hospital.transfer(intent.code, vnd(150_000)))
    desk.get("/desk")

    assert desk.post(f"/desk/invoices/{invoice}/codes").status_code == 422
