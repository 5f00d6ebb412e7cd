"""The desk: pick, issue, show a code; what is wrong is named and nothing is half saved."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select

from payments.invoicing.queries import recent
from payments.invoicing.rows import INVOICE
from payments.kernel.money import vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser

FORM = {
    "name": "nguyễn văn thử",
    "birth_year": "1958",
    "file_number": "99-0240817",
    "service": ["KB01", "XQ01"],
    "quantity:XQ01": "2",
    "do": "issue",
}


WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"name": ""}, "name", "họ và tên"),
    ({"name": "x" * 121}, "name", "họ và tên"),
    ({"name": "NGUYỄN\nVĂN"}, "name", "họ và tên"),
    ({"name": "NGUYỄN\u202eVĂN"}, "name", "họ và tên"),
    ({"birth_year": "năm nào"}, "birth_year", "năm sinh"),
    ({"birth_year": "-1958"}, "birth_year", "năm sinh"),
    ({"birth_year": "1800"}, "birth_year", "Năm sinh"),
    ({"birth_year": "2027"}, "birth_year", "Năm sinh"),
    ({"birth_year": "9" * 4000}, "birth_year", "năm sinh"),
    ({"file_number": ""}, "file_number", "mã người bệnh"),
    ({"file_number": "a b;c"}, "file_number", "Mã người bệnh"),
    ({"file_number": "9" * 31}, "file_number", "mã người bệnh"),
    ({"service": []}, "lines", "dịch vụ"),
    ({"service": ["NO-SUCH"]}, "service", "NO-SUCH"),
    ({"service": [f"S{number}" for number in range(300)]}, "lines", "100"),
    ({"quantity:XQ01": "-2"}, "quantity", "Số lượng"),
    ({"quantity:XQ01": "0"}, "quantity", "Số lượng"),
    ({"quantity:XQ01": "1000"}, "quantity", "Số lượng"),
    ({"quantity:XQ01": "1.5"}, "quantity", "Số lượng"),
    ({"quantity:XQ01": "２"}, "quantity", "Số lượng"),
    ({"quantity:XQ01": "1e3"}, "quantity", "Số lượng"),
)


def issue(desk: Browser, **changes: Any) -> Any:
    desk.get("/desk")
    return desk.post("/desk/invoices", FORM | changes)


def stored(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        count: int = tx.execute(select(func.count()).select_from(INVOICE)).scalar_one()
        return count


def test_one_form_makes_an_invoice_and_shows_its_code(desk: Browser, hospital: Hospital) -> None:
    answer = issue(desk)

    page = desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert "NGUYỄN VĂN THỬ" in page
    assert "278.000" in page
    assert "BENH VIEN DA KHOA THU NGHIEM" in page
    assert 'class="qr-symbol"' in page
    assert re.search(r"VPH[0-9A-Z]{9}", page)
    hospital.assert_balanced()


def test_quantity_of_what_is_not_picked_counts_nothing(desk: Browser, hospital: Hospital) -> None:
    issue(desk, **{"quantity:CT01": "5"})

    with hospital.runtime.database.reading(hospital.scope) as tx:
        [invoice] = recent(tx, hospital.runtime.keys)
    assert invoice.total == vnd(278_000)


def test_second_click_leads_to_the_same_invoice(desk: Browser, hospital: Hospital) -> None:
    desk.get("/desk")

    first, second = (desk.post("/desk/invoices", FORM) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert stored(hospital) == 1


def test_price_is_the_catalogue_s_and_never_the_form_s(desk: Browser, hospital: Hospital) -> None:
    answer = issue(desk, price="1", total="1", **{"price:KB01": "1"})

    assert "278.000" in desk.get(answer.headers["Location"]).get_data(as_text=True)


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    desk: Browser, hospital: Hospital
) -> None:
    for changes, field, said in WRONG:
        answer = issue(desk, **changes)

        page = answer.get_data(as_text=True)
        assert answer.status_code == 422, changes
        assert said in page, changes
        assert f'id="{field}-err"' in page or 'id="lines-err"' in page, changes
        assert "Chưa có gì được lưu" in page, changes
    assert stored(hospital) == 0
    hospital.assert_balanced()


def test_failed_form_keeps_what_was_typed(desk: Browser, hospital: Hospital) -> None:
    page = issue(desk, birth_year="19").get_data(as_text=True)

    assert 'value="nguyễn văn thử"' in page
    assert 'value="99-0240817"' in page
    assert page.count(" checked") == 2
    assert re.search(r'name="quantity:XQ01"[^>]*value="2"', page)


def test_failed_form_can_be_mended_and_sent(desk: Browser, hospital: Hospital) -> None:
    issue(desk, birth_year="19")

    answer = desk.post("/desk/invoices", FORM)

    assert answer.status_code == 303
    assert stored(hospital) == 1


def test_form_without_its_key_is_refused(desk: Browser, hospital: Hospital) -> None:
    for key in ("", "x", "../../etc", "G" * 32, "0" * 33):
        assert issue(desk, key=key).status_code == 422, key
    assert stored(hospital) == 0


def test_nul_in_a_form_is_refused(desk: Browser, hospital: Hospital) -> None:
    assert issue(desk, name="NGUYỄN\0THỬ").status_code == 400
    assert stored(hospital) == 0


def test_too_large_a_form_is_refused(desk: Browser, hospital: Hospital) -> None:
    assert issue(desk, name="x" * 1_100_000).status_code == 413
    assert stored(hospital) == 0


def test_markup_in_a_name_is_text(desk: Browser, hospital: Hospital) -> None:
    answer = issue(desk, name="<script>alert(1)</script>")

    page = desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert "<SCRIPT>" not in page.upper().replace("<SCRIPT SRC", "")
    assert "&lt;SCRIPT&gt;" in page


def test_search_finds_without_marks_and_keeps_what_is_picked(
    desk: Browser, hospital: Hospital
) -> None:
    desk.get("/desk")
    page = desk.post("/desk/invoices", FORM | {"do": "search", "q": "sieu am"}).get_data(
        as_text=True
    )

    rows = re.findall(r'name="service" value="([A-Z0-9]+)"( checked)?', page)
    assert {code for code, _ in rows} == {"KB01", "XQ01", "SA01", "SA02"}
    assert {code for code, checked in rows if checked} == {"KB01", "XQ01"}
    assert stored(hospital) == 0


def test_zero_invoice_is_settled_without_a_code(desk: Browser, hospital: Hospital) -> None:
    answer = issue(desk, service=["CT02"])

    page = desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert "qr-symbol" not in page
    hospital.assert_balanced()


def test_open_codes_and_latest_invoices_stand_at_the_left(
    desk: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue("KB01")
    hospital.show(invoice)

    page = desk.get("/desk").get_data(as_text=True)

    assert page.count(f"/desk/invoices/{invoice}") == 2
    assert "150.000" in page
    assert 'data-left="900"' in page
