"""Dossier files on a screen: brought, sent by the worker, told by the portal's code, withdrawn."""

from __future__ import annotations

import io
from datetime import date

import pytest
from flask import Flask

from payments.identity.permissions import Role
from payments.settlement import repository
from payments.settlement.delivering import look
from payments.settlement.model import Claim
from payments.settlement.status import State
from tests.support.cards import Counter, a_counter
from tests.support.hospital import Hospital
from tests.support.settlement import Fund, a_file, a_written
from tests.support.web import Browser, add_user, house

PAGE = "/finance/bhyt/files"
VISITS = tuple(a_written(f"VPTEST000{n}", date(2026, 9, 3), 300_000) for n in (1, 2))


@pytest.fixture
def counter(hospital: Hospital) -> Counter:
    return a_counter(hospital.runtime, hospital.scope)


@pytest.fixture
def office(hospital: Hospital, counter: Counter) -> Browser:
    return signed_in(house(counter.runtime), hospital)


def signed_in(app: Flask, hospital: Hospital) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.ACCOUNTANT))
    return browser


def bring(office: Browser, content: bytes, do: str = "new", reason: str = "") -> str:
    office.get(PAGE)
    form = {"file": (io.BytesIO(content), "hoso.xml"), "do": do, "reason": reason}
    return office.post(PAGE, form).text


def claim(hospital: Hospital, ma_lk: str = "VPTEST0001") -> Claim:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return repository.read(tx, Fund(hospital).claim(ma_lk))


def send(office: Browser, do: str = "send") -> int:
    page = office.get(PAGE).text
    action = page.partition(f'action="{PAGE}/')[2].partition('"')[0]
    return office.post(f"{PAGE}/{action}", {"do": do}).status_code


def test_a_file_is_brought_sent_and_its_claims_have_the_number(
    hospital: Hospital, counter: Counter, office: Browser
) -> None:
    assert "Đã đưa vào 2 hồ sơ" in bring(office, a_file(*VISITS))
    assert send(office) == 303
    assert "Đang chờ gửi" in office.get(PAGE).text

    assert look(counter.runtime, counter.scope) == 1

    page = office.get(PAGE).text
    assert "Cổng đã nhận" in page
    assert "GD990000000001" in page
    assert (claim(hospital).state, claim(hospital).portal_number) == (
        State.RECEIVED,
        "GD990000000001",
    )
    Fund(hospital).assert_equal()


def test_what_was_not_answered_is_sent_again_only_by_a_person(
    hospital: Hospital, counter: Counter, office: Browser
) -> None:
    bring(office, a_file(*VISITS))
    counter.turn(down=True)
    send(office)
    look(counter.runtime, counter.scope)

    assert "Cổng chưa trả lời" in office.get(PAGE).text
    assert claim(hospital).state is State.VALIDATED
    assert send(office) == 409
    counter.turn(down=False)
    assert send(office, "again") == 303
    look(counter.runtime, counter.scope)
    assert claim(hospital).state is State.RECEIVED


def test_a_refused_file_is_kept_and_never_sent(office: Browser) -> None:
    page = bring(office, b"<GIAMDINHHS/>")

    assert "không qua kiểm tra" in page
    assert "XML_MALFORMED" in page
    assert "/send" not in page


def test_a_claim_is_replaced_withdrawn_and_adjusted(hospital: Hospital, office: Browser) -> None:
    bring(office, a_file(*VISITS))
    dearer = a_written("VPTEST0001", date(2026, 9, 3), 310_000)
    assert "lý do" in bring(office, a_file(dearer), "replace").lower()
    bring(office, a_file(dearer), "replace", "sai giá")
    mine = claim(hospital)
    address = f"/finance/bhyt/claims/{mine.id}"

    form = office.get(f"{address}/09BH.xml")
    assert form.status_code == 200
    assert b"<MA_LK>VPTEST0001</MA_LK>" in form.data
    assert mine.version == 2
    office.get(address)
    assert office.post(f"{address}/move", {"do": "withdraw", "told": "trùng"}).status_code == 303
    assert claim(hospital).state is State.WITHDRAWN
    office.get(address)
    assert office.post(f"{address}/move", {"do": "number", "told": "GD1"}).status_code == 409


def test_forms_are_taken_along(hospital: Hospital, office: Browser) -> None:
    bring(office, a_file(*VISITS))
    Fund(hospital).send("202609")

    form = office.get("/finance/bhyt/forms/202609.csv")

    assert form.headers["Content-Disposition"] == 'attachment; filename="01BH-202609.csv"'
    total = form.text.strip().splitlines()[-1].split(",")
    assert total[:2] == ["total", "2"]
    assert int(total[5]) == Fund(hospital).board("2026Q3").requested.dong
    assert office.get("/finance/bhyt/forms/209901.csv").status_code == 404


def test_without_an_account_nothing_can_be_sent(accountant: Browser) -> None:
    page = bring(accountant, a_file(*VISITS))

    assert "/send" not in page
    assert "Chưa có tài khoản ở cổng giám định" in page
