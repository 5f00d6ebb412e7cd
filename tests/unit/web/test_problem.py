"""A failure is explained: as a document to programs, as a page to people, with its number."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from payments.kernel.errors import Conflict, InvalidField, NotFound, Rejected, Unavailable
from payments.kernel.money import vnd
from payments.web.problem import known, status_of
from payments.web.security import public
from tests.support.web import Browser

JSON = {"Accept": "application/json"}


def failing(app: Flask, error: Exception) -> Browser:
    @public
    def fail() -> str:
        raise error

    app.add_url_rule("/fail", "fail", fail)
    return Browser(app.test_client())


@pytest.mark.parametrize(
    ("kind", "status"), [(NotFound, 404), (Conflict, 409), (Rejected, 422), (Unavailable, 503)]
)
def test_each_category_has_its_status(kind: type, status: int) -> None:
    assert status_of(kind) == status


def test_every_code_has_a_page(browser: Browser) -> None:
    codes = known()
    assert len(codes) > 30
    for code in codes:
        answer = browser.get(f"/problems/{code}")
        assert answer.status_code == 200, code
        assert code in answer.get_data(as_text=True)


def test_codes_are_stable_names() -> None:
    for code, kind in known().items():
        assert code == kind.code
        assert code.replace("-", "").isalnum()
        assert code == code.lower()


def test_program_gets_a_problem_document(widened: Flask) -> None:
    browser = failing(widened, InvalidField("birth_year", "birth_year_digits", line=3))

    answer = browser.get("/fail", headers=JSON)

    told = answer.get_json()
    assert answer.content_type == "application/problem+json"
    assert answer.status_code == told["status"] == 422
    assert told["type"] == "/problems/invalid-field"
    assert (told["field"], told["line"]) == ("birth_year", 3)
    assert told["detail"] == "Dòng 3: Nhập năm sinh bằng 4 chữ số."
    assert told["instance"].endswith(answer.headers["X-Request-ID"])


def test_extras_cannot_overwrite_what_a_problem_is(widened: Flask) -> None:
    browser = failing(widened, Conflict("changed", status=200, type="x"))

    told = browser.get("/fail", headers=JSON).get_json()

    assert (told["status"], told["type"]) == (409, "/problems/conflict")


def test_amounts_among_the_extras_are_told(widened: Flask) -> None:
    browser = failing(widened, Rejected("too much", most=vnd(150_000)))

    told = browser.get("/fail", headers=JSON).get_json()

    assert told["most"] == {"amount": 150_000, "currency": "VND"}


def test_person_gets_a_page_that_says_what_to_do(widened: Flask) -> None:
    browser = failing(widened, Unavailable("gateway is away"))

    answer = browser.get("/fail")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Tiền đã nhận không bị mất" in page
    assert answer.headers["X-Request-ID"] in page


def test_unknown_failure_tells_nothing_but_its_number(widened: Flask) -> None:
    browser = failing(widened, RuntimeError("secret of NGUYỄN VĂN THỬ"))

    for headers in ({}, JSON):
        answer = browser.get("/fail", headers=headers)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 500
        assert "secret" not in text
        assert "Traceback" not in text
        assert answer.headers["X-Request-ID"] in text


def test_busy_database_is_no_failure_of_ours(widened: Flask) -> None:
    browser = failing(widened, OperationalError("SELECT 1", {}, Exception("database is locked")))

    answer = browser.get("/fail")

    assert answer.status_code == 503
    assert "SELECT" not in answer.get_data(as_text=True)


def test_view_without_a_mark_is_closed(widened: Flask) -> None:
    browser = Browser(widened.test_client())
    widened.add_url_rule("/forgotten", "forgotten", lambda: "open")

    assert browser.get("/forgotten").status_code == 403


def test_wrong_method_and_wrong_address_are_explained(browser: Browser) -> None:
    assert browser.client.delete("/sign-in", headers=JSON).get_json()["status"] == 405
    assert browser.get("/no/such", headers=JSON).get_json()["type"] == "/problems/not-found"


def test_live_and_ready_are_told_apart(browser: Browser) -> None:
    assert browser.get("/healthz").get_json() == {"status": "live"}
    assert browser.get("/readyz").get_json() == {"status": "ready"}
