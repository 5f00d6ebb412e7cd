"""Orders of the HIS on the desk: billed by one key, paid ones say so, changes wait for a person."""

from __future__ import annotations

from flask import Flask

from payments.identity.permissions import Role
from tests.support.hospital import Hospital
from tests.support.orders import FILE_NUMBER, ids, orders, row, take
from tests.support.web import Browser, add_user

PAGE = f"/desk/orders?file_number={FILE_NUMBER}"


def test_open_orders_become_one_invoice_with_a_code(desk: Browser, hospital: Hospital) -> None:
    take(hospital, row(), row(line=2, service_code="XN01"))
    page = desk.get(PAGE).get_data(as_text=True)
    assert "LÊ THỊ THỬ NGHIỆM" in page
    assert page.count('name="order"') == 2

    answer = desk.post("/desk/orders/issue", {"order": ids(hospital), "file_number": FILE_NUMBER})
    again = desk.post("/desk/orders/issue", {"order": ids(hospital), "file_number": FILE_NUMBER})

    assert answer.status_code == 303
    assert again.headers["Location"] == answer.headers["Location"]
    shown = desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert "242.000" in shown
    assert "VPH" in shown


def test_a_paid_order_says_so_and_cannot_be_picked(desk: Browser, hospital: Hospital) -> None:
    take(hospital, row())
    desk.get(PAGE)
    desk.post("/desk/orders/issue", {"order": ids(hospital)})
    [order] = orders(hospital)
    assert order.invoice is not None
    code = hospital.show(order.invoice)
    hospital.arrive(hospital.transfer(code.code, code.amount))

    page = desk.get(PAGE).get_data(as_text=True)

    assert "Đã thu" in page
    assert 'name="order"' not in page


def test_what_cannot_be_billed_is_said_on_the_same_page(desk: Browser, hospital: Hospital) -> None:
    take(hospital, row(), row(line=2))
    first, second = ids(hospital)
    desk.get(PAGE)
    none = desk.post("/desk/orders/issue", {"file_number": FILE_NUMBER})
    desk.post("/desk/orders/issue", {"order": [first]})
    part = desk.post("/desk/orders/issue", {"order": [first, second], "file_number": FILE_NUMBER})

    assert none.status_code == 422
    assert "Chọn ít nhất một chỉ định" in none.get_data(as_text=True)
    assert part.status_code == 409
    assert "LÊ THỊ THỬ NGHIỆM" in part.get_data(as_text=True)


def test_a_stranger_s_number_says_so(desk: Browser, hospital: Hospital) -> None:
    assert "Không có người bệnh này" in desk.get("/desk/orders?file_number=<b>").get_data(
        as_text=True
    )


def test_a_change_after_the_invoice_is_confirmed_or_dismissed_by_the_head_cashier_only(
    app: Flask, desk: Browser, hospital: Hospital
) -> None:
    take(hospital, row(quantity=3))
    desk.get(PAGE)
    desk.post("/desk/orders/issue", {"order": ids(hospital)})
    take(hospital, row(version=2, quantity=1))
    page = desk.get(PAGE).get_data(as_text=True)
    [confirm] = {part.split('"')[0] for part in page.split('action="') if "/confirm" in part[:120]}

    cashier = Browser(app.test_client())
    cashier.sign_in(add_user(hospital.runtime, hospital.scope, Role.CASHIER))
    assert "/confirm" not in cashier.get(PAGE).get_data(as_text=True)
    assert cashier.post(confirm).status_code == 403
    no_reason = desk.post(
        confirm.replace("confirm", "dismiss"), {"reason": "", "file_number": FILE_NUMBER}
    )
    assert no_reason.status_code == 422

    assert desk.post(confirm, {"file_number": FILE_NUMBER}).status_code == 303
    [order] = orders(hospital)
    assert order.invoice is not None
    assert hospital.view(order.invoice).due.dong == 150_000
    assert desk.post(confirm, {"file_number": FILE_NUMBER}).status_code == 409
