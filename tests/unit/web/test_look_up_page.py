"""The way to an invoice without its link, as people walk it."""

from __future__ import annotations

from html import unescape

import pytest

from payments.invoicing import slips
from payments.words import catalogue
from tests.support.hospital import Hospital
from tests.support.languages import foreign
from tests.support.web import Browser


@pytest.fixture
def form(browser: Browser, hospital: Hospital) -> dict[str, str]:
    """A right answer: the number and the code of its slip."""
    view = hospital.view(hospital.issue())
    code = slips.slip_code(hospital.runtime.keys, hospital.scope.facility, view.pay_token)
    browser.get("/tra-cuu")
    return {"number": view.number, "slip_code": code, "token": view.pay_token}


def test_a_right_answer_leads_to_the_page(browser: Browser, form: dict[str, str]) -> None:
    typed = {"number": f" {form['number'].lower()} ", "slip_code": form["slip_code"].lower()}

    answer = browser.post("/tra-cuu", typed)

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/p/{form['token']}"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("number", {"number": "?"}),
        ("number", {"number": ""}),
        ("slip_code", {"slip_code": "123"}),
        ("phone_end", {"slip_code": "", "phone_end": "12", "birth_year": "1958"}),
        ("birth_year", {"slip_code": "", "phone_end": "1234", "birth_year": "58"}),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_is_no_try(
    browser: Browser, form: dict[str, str], field: str, typed: dict[str, str]
) -> None:
    for _ in range(7):
        answer = browser.post("/tra-cuu", form | typed)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-err"' in page
    assert f'aria-describedby="{field}-err"' in page
    assert browser.post("/tra-cuu", form).status_code == 303


def test_unknown_number_and_wrong_code_get_the_same_page(
    browser: Browser, form: dict[str, str]
) -> None:
    pages = []
    for typed in ({"number": "VP26999999"}, {"slip_code": "00000000"}):
        told = form | typed
        answer = browser.post("/tra-cuu", told)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        pages.append(page.replace(told["number"], "").replace(told["slip_code"], ""))

    assert pages[0] == pages[1]
    assert "Không tìm thấy phiếu với thông tin này" in pages[0]


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_too_many_failures_are_told_in_words(
    browser: Browser, form: dict[str, str], language: str
) -> None:
    headers = {"Accept-Language": language}
    for _ in range(6):
        answer = browser.post("/tra-cuu", form | {"slip_code": "00000000"}, headers=headers)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 3600
    assert catalogue.say("lookup.too_many", language) in unescape(page)
    assert foreign(page, language) == {}
    assert browser.post("/tra-cuu", form).status_code == 429


def test_a_second_address_leads_to_the_same_page(browser: Browser) -> None:
    assert browser.get("/pay").headers["Location"] == "/tra-cuu"


def test_a_link_that_opens_nothing_leads_here(browser: Browser) -> None:
    page = browser.get(f"/p/{'x' * 22}").get_data(as_text=True)

    assert 'href="/tra-cuu"' in page
