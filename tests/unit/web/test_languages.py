"""A wrong form and a failure are explained in the language of the person, and in no other."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from payments.bank.statement_model import UnreadableStatement
from payments.identity.permissions import Role
from payments.kernel.errors import Conflict, InvalidField, NotFound, Problem, Unavailable
from payments.kernel.money import vnd
from payments.receipts.model import NoPayment
from payments.web.security import public
from payments.words import catalogue
from tests.support import failures
from tests.support.hospital import PAYEE, Hospital
from tests.support.languages import foreign, text_of
from tests.support.web import Browser, add_user

LANGUAGES = pytest.mark.parametrize("language", catalogue.LANGUAGES)
DAY = "/finance/day/2026-11-24"
GOOD = {
    "name": "NGUYỄN VĂN THỬ",
    "birth_year": "1990",
    "file_number": "TN-1",
    "service": "KB01",
    "do": "issue",
}
NOBODY = "00000000-0000-0000-0000-000000000000"

Send = Callable[[Browser, Hospital], TestResponse]


def form(**changes: str) -> Send:
    return lambda browser, _: browser.post("/desk/invoices", GOOD | changes)


def statement(content: bytes) -> Send:
    def send(browser: Browser, _: Hospital) -> TestResponse:
        files = {"account": PAYEE.account, "file": (io.BytesIO(content), "sao-ke.csv")}
        return browser.post(f"{DAY}/statement", files, content_type="multipart/form-data")

    return send


def cancel(browser: Browser, hospital: Hospital) -> TestResponse:
    return browser.post(f"/desk/invoices/{hospital.issue()}/cancel", {"reason": "x"})


def explain(browser: Browser, _: Hospital) -> TestResponse:
    told = {"account": PAYEE.account, "finding": "none", "reason": "đã hỏi ngân hàng"}
    return browser.post(f"{DAY}/explain", told)


#: Role, what is sent, and the key of what must be said.
WRONG: dict[str, tuple[Role, Send, str]] = {
    "no name": (Role.HEAD_CASHIER, form(name=""), "invalid.patient_name"),
    "no year": (Role.HEAD_CASHIER, form(birth_year="x"), "invalid.birth_year_digits"),
    "future year": (Role.HEAD_CASHIER, form(birth_year="3000"), "invalid.birth_year"),
    "file number": (Role.HEAD_CASHIER, form(file_number="a b"), "invalid.file_number"),
    "no service": (Role.HEAD_CASHIER, form(service=""), "invalid.service_unknown"),
    "quantity": (Role.HEAD_CASHIER, form(**{"quantity:KB01": "0"}), "invalid.quantity"),
    "old form": (Role.HEAD_CASHIER, form(key=""), "invalid.form_key"),
    "foreign form": (Role.HEAD_CASHIER, form(form_token="0" * 64), "error.foreign-form"),
    "reason": (Role.HEAD_CASHIER, cancel, "invalid.reason"),
    "no finding": (Role.ACCOUNTANT, explain, "error.no-finding"),
    "early close": (
        Role.CHIEF_ACCOUNTANT,
        lambda browser, _: browser.post(f"{DAY}/close"),
        "error.day-not-over",
    ),
    "no movement": (
        Role.ACCOUNTANT,
        lambda browser, _: browser.get(f"/finance/credits/{NOBODY}"),
        "error.no-movement",
    ),
    "other account": (
        Role.ACCOUNTANT,
        lambda browser, _: browser.get(f"{DAY}?account=123"),
        "error.no-bank-account",
    ),
    "not a day": (
        Role.ACCOUNTANT,
        lambda browser, _: browser.get("/finance/day/2026-13-01"),
        "error.no-day",
    ),
    "spreadsheet": (Role.ACCOUNTANT, statement(b"\xd0\xcf\x11\xe0"), "invalid.statement_not_text"),
    "other columns": (Role.ACCOUNTANT, statement(b"a,b\n1,2\n"), "invalid.statement_header"),
    "not his": (
        Role.AUDITOR,
        lambda browser, _: browser.post("/desk/invoices", GOOD),
        "error.not-yours",
    ),
}


def said(key: str, language: str) -> list[str]:
    """Give the parts of a sentence between its facts."""
    return [part for part in catalogue.outline(key, language).split(catalogue.LEFT_OUT) if part]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_form_is_answered_in_the_language_of_the_person(
    app: Flask, hospital: Hospital, name: str
) -> None:
    role, send, key = WRONG[name]
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, role))
    for language in catalogue.LANGUAGES:
        browser.get(f"/language/{language}")
        browser.get("/desk" if role is Role.HEAD_CASHIER else DAY)

        answer = send(browser, hospital)

        page = answer.get_data(as_text=True)
        assert 400 <= answer.status_code < 500
        assert f'<html lang="{language}"' in page
        assert all(part in text_of(page) for part in said(key, language)), text_of(page)
        assert foreign(page, language) == {}
        # The finder finds: to readers of the other languages everything here is foreign.
        assert all(len(foreign(page, one)) > 2 for one in catalogue.LANGUAGES if one != language)


@LANGUAGES
def test_a_wrong_password_is_answered_in_the_language_of_the_browser(
    browser: Browser, hospital: Hospital, language: str
) -> None:
    login = add_user(hospital.runtime, hospital.scope)
    browser.get(f"/language/{language}")

    answer = browser.sign_in(login, "sai mật khẩu rồi")

    assert answer.status_code == 422
    assert catalogue.say("sign_in.wrong", language) in unescape(answer.get_data(as_text=True))
    assert foreign(answer.get_data(as_text=True), language) == {}


@LANGUAGES
def test_a_guessed_link_is_answered_in_the_language_of_the_telephone(
    browser: Browser, language: str
) -> None:
    """A link of the right shape and one of none are told apart by nobody."""
    headers = {"Accept-Language": language}

    answers = [browser.get(f"/p/{token}", headers=headers) for token in ("x", "x" * 22)]

    pages = [answer.get_data(as_text=True) for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    for page, answer in zip(pages, answers, strict=True):
        assert catalogue.say("error.no-invoice", language) in unescape(page)
        assert foreign(page, language) == {}
        assert answer.headers["X-Request-ID"] in page


@LANGUAGES
def test_every_problem_is_explained_in_three_languages(browser: Browser, language: str) -> None:
    for kind in failures.classes():
        answer = browser.get(f"/problems/{kind.code}", headers={"Accept-Language": language})

        page = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert catalogue.outline(f"error.{kind.code}", language) in unescape(page)
        assert foreign(page, language) == {}, kind.code
        assert "{" not in text_of(page)


@LANGUAGES
@pytest.mark.parametrize(
    ("error", "status", "key"),
    [
        (NoPayment(), 404, "error.no-payment"),
        (Conflict("txn 7 is held"), 409, "error.conflict"),
        (Unavailable("bank 10.0.0.7 timed out"), 503, "error.unavailable"),
        (InvalidField("amount", "credit_amount", department="KB", most=vnd(5_000)), 422, ""),
    ],
    ids=["not found", "conflict", "unavailable", "field"],
)
def test_a_program_is_answered_in_the_language_it_accepts(
    widened: Flask, error: Exception, status: int, key: str, language: str
) -> None:
    @public
    def fail() -> str:
        raise error

    widened.add_url_rule("/fail", "fail", fail)
    browser = Browser(widened.test_client())
    accept = {"Accept": "application/problem+json", "Accept-Language": f"{language}, de;q=0.5"}

    answer = browser.get("/fail", headers=accept)

    told = answer.get_json()
    assert answer.content_type == "application/problem+json"
    assert answer.status_code == told["status"] == status
    assert {"type", "title", "status", "detail", "instance"} <= set(told)
    assert all(told[name] for name in ("type", "title", "detail", "instance"))
    assert browser.get(told["type"]).status_code == 200
    assert foreign(f"{told['title']}\n{told['detail']}", language) == {}
    if key:
        assert told["detail"] == catalogue.say(key, language)
    else:
        assert "5.000\N{NO-BREAK SPACE}đ" in told["detail"]
        assert told["most"] == {"amount": 5_000, "currency": "VND"}
    assert "10.0.0.7" not in answer.get_data(as_text=True)


def test_a_refused_statement_is_told_to_a_program_line_by_line(
    widened: Flask,
) -> None:
    facts = {"title": "Ghi có", "told": "12,50"}
    error = UnreadableStatement([Problem(7, "Ghi có", "cell_amount", facts)])

    @public
    def fail() -> str:
        raise error

    widened.add_url_rule("/fail", "fail", fail)
    browser = Browser(widened.test_client())
    accept = {"Accept": "application/json", "Accept-Language": "fr"}

    told = browser.get("/fail", headers=accept).get_json()

    assert told["problems"] == [
        {
            "line": 7,
            "field": "Ghi có",
            "detail": "Colonne Ghi có : le montant « 12,50 » est illisible.",
        }
    ]


def test_staff_read_vietnamese_until_they_choose(app: Flask, hospital: Hospital) -> None:
    """Many desks run an English Windows: its browser says nothing about the cashier."""
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.HEAD_CASHIER))

    answer = browser.get(f"/desk/invoices/{NOBODY}", headers={"Accept-Language": "en"})

    assert catalogue.say("error.no-invoice", "vi") in answer.get_data(as_text=True)


def test_what_stays_in_the_log_is_on_no_page(widened: Flask) -> None:
    @public
    def fail() -> str:
        raise NotFound("channel 'sepay-9' of host db.internal")

    widened.add_url_rule("/fail", "fail", fail)
    browser = Browser(widened.test_client())

    for headers in ({}, {"Accept": "application/json"}):
        assert "sepay-9" not in browser.get("/fail", headers=headers).get_data(as_text=True)
