"""The insured visit on the desk: the same đồng on screen, code, bill, patient's page and claim."""

from __future__ import annotations

import random
import re
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from payments.claims.checking import check
from payments.claims.writing import Claim, envelope_of
from payments.covering.model import CardFact
from payments.insurance.coverage import Rules
from payments.invoicing.model import LineRequest
from payments.kernel.money import Money, vnd
from payments.words.formats import digits
from tests.support.cards import answered, told
from tests.support.hospital import Hospital
from tests.support.insured import CARD, POOR, Desk, some_facts
from tests.support.oracle import findings
from tests.support.web import Browser

DAYS = {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}
RIGHT = {"card": CARD.number, "category": "1.1", "visit_type": "01", **DAYS}
PICKED = ("XN02", "SA02", "XQ01")


def open_visit(desk: Browser) -> str:
    """Open an insured visit from the desk; returns the address of its page."""
    desk.get("/desk")
    form = {
        "name": "TRẦN THỊ MẪU",
        "birth_year": "1951",
        "file_number": "99-0198442",
        "service": list(PICKED),
        "do": "insured",
    }
    answer = desk.post("/desk/invoices", form)
    assert answer.status_code == 303
    return str(answer.location)


def note(desk: Browser, address: str, **changes: Any) -> int:
    desk.get(address)
    return desk.post(address, RIGHT | changes).status_code


def settled(desk: Browser, address: str, seen: str = "128200") -> UUID:
    answer = desk.post(f"{address}/settle", {"seen": seen})
    assert answer.status_code == 303
    return UUID(str(answer.location).rsplit("/", 1)[1])


def shown(desk: Browser, address: str) -> str:
    return desk.get(address).get_data(as_text=True)


def test_the_split_is_shown_before_anything_is_issued(desk: Browser, hospital: Hospital) -> None:
    address = open_visit(desk)
    assert "Nhập thẻ và lượt khám" in shown(desk, address)
    assert note(desk, address) == 303

    page = shown(desk, address)

    for figure in ("Tạm tính", "400.800", "128.200", "100.200", "28.000", "điều"):
        assert figure in page, figure
    assert hospital.balance("1300") == vnd(0)


def test_a_second_card_is_taken_shown_again_and_refused_in_its_own_field(desk: Browser) -> None:
    address = open_visit(desk)
    second = {
        "second_card": POOR.number,
        "second_valid_from": "2026-01-01",
        "second_valid_to": "2026-12-31",
    }

    assert note(desk, address, **second) == 303
    page = shown(desk, address)
    assert "28.000" in page
    assert f'value="{POOR.number}"' in page
    assert page.count("Thẻ chưa tra cứu") == 2
    for wrong, where in (
        ({"second_card": "12"}, "second_card-err"),
        ({"second_card": CARD.number}, "second_card-err"),
        ({"second_valid_to": "2025-12-31"}, "second_valid_to-err"),
        ({"second_valid_from": ""}, "second_valid_from-err"),
        ({"second_registered_at": "1"}, "second_registered_at-err"),
        ({"card": ""}, "card-err"),
    ):
        answer = desk.post(address, RIGHT | second | wrong)
        assert (answer.status_code, f'id="{where}"' in answer.text) == (422, True), wrong


def test_the_form_begins_with_what_the_portal_said_of_the_card(
    desk: Browser, hospital: Hospital
) -> None:
    address = open_visit(desk)
    visit = UUID(address.rsplit("/", 1)[1])
    answered(hospital.runtime, hospital.scope, visit, card=CARD.number, **told(area="K1"))

    page = shown(desk, address)

    for name, value in {
        "card": CARD.number,
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "registered_at": "99001",
        "five_years_from": "2024-06-01",
    }.items():
        assert re.search(f'id="{name}" name="{name}"[^>]* value="{value}"', page), name
    assert '<option value="K1" selected>' in page


@pytest.mark.parametrize("code", ["010", "060", "130"])
def test_a_card_that_does_not_count_is_not_filled_in(
    desk: Browser, hospital: Hospital, code: str
) -> None:
    address = open_visit(desk)
    visit = UUID(address.rsplit("/", 1)[1])
    answered(hospital.runtime, hospital.scope, visit, card=CARD.number, **told(code))

    assert CARD.number not in shown(desk, address)


def test_a_visit_type_that_does_not_fit_its_category_is_refused_in_words(desk: Browser) -> None:
    address = open_visit(desk)
    desk.get(address)

    answer = desk.post(address, RIGHT | {"category": "3.2"})

    assert answer.status_code == 422
    assert "Mã đối tượng 3.2 không dùng được với loại khám chữa bệnh 01" in answer.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"card": "DN9"}, "card"),
        ({"valid_to": "2025-12-31"}, "valid_to"),
        ({"valid_from": ""}, "valid_from"),
        ({"exempt_from": "31/12/2026"}, "exempt_from"),
        ({"other_source": "cl", "other_line": "x", "other_amount": "1"}, "other_line"),
        ({"registered_at": "99"}, "registered_at"),
    ],
)
def test_a_wrong_field_is_told_beside_it(
    desk: Browser, changes: dict[str, str], field: str
) -> None:
    address = open_visit(desk)
    desk.get(address)

    answer = desk.post(address, RIGHT | changes)

    assert answer.status_code == 422
    assert f'id="{field}-err"' in answer.text


def test_the_settlement_shows_a_code_for_the_patients_part(
    desk: Browser, hospital: Hospital
) -> None:
    address = open_visit(desk)
    note(desk, address)

    invoice = settled(desk, address)

    page = shown(desk, f"/desk/invoices/{invoice}")
    assert "qr-symbol" in page
    assert "128.200" in page
    assert "400.800" in page
    assert Desk(hospital).code(invoice).amount == vnd(128_200)
    patient = shown(desk, f"/p/{hospital.view(invoice).pay_token}")
    assert {"128.200", "400.800", "529.000"} <= set(re.findall(r"\d{3}\.\d{3}", patient))
    assert "Siêu âm" not in patient
    assert findings(hospital.runtime, hospital.scope, is_worked=False) == []


def test_a_split_that_changed_meanwhile_is_shown_again(desk: Browser) -> None:
    address = open_visit(desk)
    note(desk, address)

    answer = desk.post(f"{address}/settle", {"seen": "1"})

    assert answer.status_code == 409
    assert "vừa đổi" in answer.text


def test_a_change_after_the_issue_says_what_it_did(desk: Browser, hospital: Hospital) -> None:
    address = open_visit(desk)
    note(desk, address)
    invoice = settled(desk, address)
    code = Desk(hospital).code(invoice)
    hospital.arrive(hospital.transfer(code.code, code.amount))
    assert note(desk, address, card=POOR.number) == 422
    assert note(desk, address, card=POOR.number, reason="thẻ hộ nghèo tìm thấy sau") == 303

    page = shown(desk, address)

    assert "Người bệnh trả ít hơn 100.200" in page
    assert "thẻ hộ nghèo tìm thấy sau" in page
    assert "Được hoàn 100.200" in shown(desk, f"/desk/invoices/{invoice}")


def test_an_invoice_is_covered_from_its_page(desk: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue(*PICKED)
    desk.get(f"/desk/invoices/{invoice}")

    answer = desk.post(f"/desk/invoices/{invoice}/insured", {})

    address = str(answer.location)
    assert note(desk, address, reason="thẻ tìm thấy sau") == 303
    assert hospital.view(invoice).due == vnd(128_200)


def test_screen_code_bill_and_claim_are_the_same_dong(desk: Browser, hospital: Hospital) -> None:
    chance = random.Random(20261124)
    clerk = Desk(hospital)
    codes = ("KB01", "KB02", "XN01", "XN02", "XN03", "XN04", "SA01", "SA02", "CT01")
    for number in range(8):
        picked = chance.sample(codes, chance.randint(1, 6))
        lines = [LineRequest(code, chance.randint(1, 7)) for code in picked]
        letters = chance.choice(("DN4", "HT3", "HN2", "TE1"))
        card = CardFact(f"{letters}99012345678{number}", date(2026, 1, 1), date(2026, 12, 31))
        category = chance.choice(("1.1", "1.13", "1.18", "2"))
        encounter = clerk.open(lines=lines)
        split = clerk.note(encounter, some_facts(card=card, category=category))
        invoice = clerk.settle(encounter)

        view = hospital.view(invoice)
        part = split.parts.patient
        assert (view.due, view.total - view.covered) == (part, part)
        page = shown(desk, f"/desk/insured/{encounter}")
        assert digits(part) in page
        if part:
            assert hospital.show(invoice).amount == part
        assert claimed(clerk, encounter) == part


def claimed(clerk: Desk, encounter: UUID) -> Money:
    """Write the claim of a visit and read what it says that the patient owes."""
    coverage = clerk.computed(encounter).coverage
    cards = tuple(f"{one.letters}{one.digit}990123456789" for one in coverage.bill.visit.cards)
    summary = {"HO_TEN": "NGƯỜI THỬ MỘT", "MA_BENH_CHINH": "I10"}
    texts = [{"MA_KHOA": "K01"} for _ in coverage.lines]
    claim = Claim("VPTEST0001", coverage, cards, summary, texts)
    report = check(envelope_of("99001", date(2026, 11, 30), [claim]), Rules.shipped())
    assert [one.code for one in report.findings] == []
    result = report.visits[0].result
    assert result is not None
    return result.patient_pays
