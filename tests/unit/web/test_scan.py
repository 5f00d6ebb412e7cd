"""The scan box: what is recognised is said in words, and nothing personal is in an address."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from payments.kernel.clock import FrozenClock
from payments.kernel.scope import FacilityId, Scope
from payments.patients.model import Facts
from payments.patients.rows import PATIENT
from payments.patients.scanning import Birth
from payments.patients.service import admit
from tests.support import keyboards, scans
from tests.support.hospital import Hospital
from tests.support.web import Browser

NUMBER = "001099000001"
CHIP = f"{NUMBER}||NGUYỄN VĂN THỬ|01011999|Nam|Xã Thử, Tỉnh Thử|15082021"
PEOPLE = scans.People(7)
_SCANNED = re.compile(r'name="scanned" value="([^"]+)"')


def scan(desk: Browser, text: str) -> TestResponse:
    desk.get("/desk")
    return desk.post("/desk/scan", {"scan": text})


def page_of(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def stored(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        count: int = tx.execute(select(func.count()).select_from(PATIENT)).scalar_one()
        return count


def admitted(hospital: Hospital, name: str = "NGUYỄN VĂN THỬ", identity: str = NUMBER) -> str:
    facts = Facts(name=name, birth=Birth(1999, 1, 1), identity=identity)
    number = f"98-{stored(hospital):04d}"
    return str(admit(hospital.runtime, hospital.scope, number, facts))


def test_the_box_stands_on_the_desk(desk: Browser) -> None:
    page = page_of(desk.get("/desk"))

    assert 'action="/desk/scan"' in page
    assert re.search(r'id="scan"[^>]* autofocus', page)
    assert page.count(" autofocus") == 1


def test_our_numbers_and_codes_lead_to_the_invoice(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    intent = hospital.show(invoice)
    hospital.arrive(hospital.transfer(intent.code, intent.amount))
    hospital.work()
    view = hospital.view(invoice)
    [payment] = hospital.payments(invoice)
    assert payment.receipt_number is not None
    link = f"http://localhost/p/{view.pay_token}"

    for text in (view.number, intent.code, intent.payload, payment.receipt_number, link):
        answer = scan(desk, f"{text}\r\n")
        assert answer.status_code == 303, text
        assert answer.headers["Location"] == f"/desk/invoices/{invoice}"


def test_a_known_card_leads_to_the_patient_with_open_invoices(
    desk: Browser, hospital: Hospital
) -> None:
    known = admitted(hospital)

    answer = scan(desk, CHIP)

    assert answer.headers["Location"] == f"/desk/patients/{known}"
    page = page_of(desk.get(answer.headers["Location"]))
    assert "NGUYỄN VĂN THỬ" in page
    assert "01/01/1999" in page
    assert NUMBER not in page


def test_a_patient_s_page_leads_to_a_filled_desk_and_back(
    desk: Browser, hospital: Hospital
) -> None:
    known = admitted(hospital)
    page = page_of(desk.get(f"/desk/patients/{known}"))
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))

    filled = page_of(desk.post("/desk/invoices", {**hidden, "do": "search"}))
    form = {name: hidden[name] for name in ("name", "birth_year", "file_number")}
    desk.post("/desk/invoices", {**form, "service": ["KB01"], "do": "issue"})

    assert 'value="NGUYỄN VĂN THỬ"' in filled
    assert 'value="1999"' in filled
    assert "Phiếu chưa thanh toán" in page_of(desk.get(f"/desk/patients/{known}"))
    assert stored(hospital) == 1


def test_an_unknown_card_fills_the_form_whole_and_is_saved_once_confirmed(
    desk: Browser, hospital: Hospital
) -> None:
    page = page_of(scan(desk, CHIP))

    assert "Đã nhận ra: CCCD" in page
    assert 'value="NGUYỄN VĂN THỬ"' in page
    assert 'value="01/01/1999"' in page
    assert NUMBER not in page
    assert stored(hospital) == 0
    [sealed] = _SCANNED.findall(page)
    form = {"name": "nguyễn văn thử", "birth": "01/01/1999", "file_number": "99-7"}
    answer = desk.post("/desk/patients", {**form, "scanned": sealed})
    assert answer.status_code == 303
    assert scan(desk, CHIP).headers["Location"] == answer.headers["Location"]


def test_a_health_card_is_recognised_in_words(desk: Browser) -> None:
    text = "|".join(PEOPLE.health(PEOPLE.facts("TRẦN THỊ MẪU"), "DN4799912345678"))

    page = page_of(scan(desk, text))

    assert "Đã nhận ra: Thẻ BHYT" in page
    assert 'value="TRẦN THỊ MẪU"' in page
    assert "5678" in page
    assert "DN4799912345678" not in page


def test_candidates_are_shown_with_what_differs(desk: Browser, hospital: Hospital) -> None:
    known = admitted(hospital, "NGUYỄN VĂN THỦ")

    page = page_of(scan(desk, CHIP))

    assert f"/desk/patients/{known}/card" in page
    assert page.count('class="differs"') == 1
    assert "khác" in page
    assert NUMBER not in page


def test_a_chosen_candidate_gets_the_card(desk: Browser, hospital: Hospital) -> None:
    hospital.issue()
    year_of_builder = CHIP.replace("01011999", "01011958")
    page = page_of(scan(desk, year_of_builder))
    [action] = re.findall(r'action="(/desk/patients/[0-9a-f-]+/card)"', page)

    answer = desk.post(action, {"scanned": _SCANNED.findall(page)[0]})

    assert answer.status_code == 303
    assert scan(desk, year_of_builder).headers["Location"] == answer.headers["Location"]
    assert "Phiếu chưa thanh toán" in page_of(desk.get(answer.headers["Location"]))


def test_words_find_patients_without_marks(desk: Browser, hospital: Hospital) -> None:
    known = admitted(hospital)

    page = page_of(scan(desk, "nguyen van thu"))

    assert f'href="/desk/patients/{known}"' in page
    assert scan(desk, "khong co ai").status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (keyboards.telex_keys, "Tắt bộ gõ"),
        (keyboards.layout, "Tắt bộ gõ"),
        (keyboards.misread, "Unicode"),
        (str.swapcase, "Caps Lock"),
        (lambda text: text.replace("|", "~"), "Anh (Mỹ)"),
        (lambda text: text[:40], "Giữ thẻ yên"),
        (lambda text: text * 900, "quét một lần"),
    ],
)
def test_a_corrupted_card_is_refused_with_help_and_never_saved(
    desk: Browser, hospital: Hospital, change: object, said: str
) -> None:
    """Acceptance 16: by a typing method, a keyboard, or a scanner that reads twice or stops."""
    text = change(CHIP)  # type: ignore[operator]
    with capture_logs() as logs:
        answer = scan(desk, text)

    page = page_of(answer)
    assert answer.status_code == 422
    assert said in page
    assert "Chưa có gì được lưu" in page
    assert f"{len(text)} ký tự" in page
    assert 'name="name"' not in page
    assert stored(hospital) == 0
    [event] = [log for log in logs if log["event"] == "scan.refused"]
    assert event["length"] == len(text)
    assert not any(part in str(logs) for part in (NUMBER, "NGUY", "THỬ", "THUWR"))


@pytest.mark.parametrize("text", ["", "<script>alert(1)</script>", "' OR 1=1 --", "a\u202eb c"])
def test_hostile_text_is_refused_and_not_shown(desk: Browser, text: str) -> None:
    answer = scan(desk, text)

    assert answer.status_code == 422
    assert not text or text not in page_of(answer)


def test_a_wrong_field_of_the_form_is_named_and_the_rest_is_kept(
    desk: Browser, hospital: Hospital
) -> None:
    good = {"name": "LÊ THỊ MẪU", "birth": "1999", "file_number": "99-7", "phone": ""}
    wrong = (
        ("name", ""), ("name", "a\u202eb"), ("birth", "31/02/1999"), ("birth", "2100"),
        ("birth", "x"), ("file_number", "a b"), ("file_number", ""), ("phone", "123"),
    )  # fmt: skip
    for field, value in wrong:
        desk.get("/desk")
        answer = desk.post("/desk/patients", {**good, field: value})

        assert answer.status_code == 422, (field, value)
        assert f'id="{field}-err"' in page_of(answer), (field, value)
    assert stored(hospital) == 0


def test_a_file_number_of_another_patient_is_said_at_its_field(
    desk: Browser, hospital: Hospital
) -> None:
    admitted(hospital)
    desk.get("/desk")

    form = {"name": "LÊ THỊ MẪU", "birth": "1999", "file_number": "98-0000"}
    answer = desk.post("/desk/patients", form)

    assert answer.status_code == 409
    assert 'id="file_number-err"' in page_of(answer)


def test_a_sealed_scan_is_refused_when_old_changed_or_missing(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    known = admitted(hospital, "TRẦN THỊ MẪU", "001099000009")
    [sealed] = _SCANNED.findall(page_of(scan(desk, CHIP)))
    path = f"/desk/patients/{known}/card"

    for changed in ("", "x", sealed[:-8] + "AAAAAAA=", "A" * 5_000):
        assert desk.post(path, {"scanned": changed}).status_code == 422, changed[:9]
    for minutes in (10, 10, 11):
        clock.advance(timedelta(minutes=minutes))
        desk.get("/desk")
    assert desk.post(path, {"scanned": sealed}).status_code == 422
    assert "Người bệnh mới" in page_of(scan(desk, CHIP))


def test_megabytes_are_refused_before_they_are_read(desk: Browser) -> None:
    assert scan(desk, CHIP * 20_000).status_code == 413


def test_a_patient_of_another_facility_is_not_there(desk: Browser, hospital: Hospital) -> None:
    if not hospital.runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    theirs = Hospital(hospital.runtime, Scope(FacilityId(99002), "user:them", "r"))
    known = admitted(theirs)
    [sealed] = _SCANNED.findall(page_of(scan(desk, CHIP)))

    assert desk.get(f"/desk/patients/{known}").status_code == 404
    assert desk.post(f"/desk/patients/{known}/card", {"scanned": sealed}).status_code == 404
