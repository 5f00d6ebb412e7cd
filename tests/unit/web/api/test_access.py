"""Who may ask what: a token of this facility with the scope, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from payments.identity.permissions import Role
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import FacilityId, Scope
from payments.runtime import Runtime
from payments.tokens import service
from payments.tokens.model import TokenScope
from payments.web.security import Audience, access_of
from tests.support.hospital import Hospital
from tests.support.program import Program, new_token, order
from tests.support.routes import Route, routes
from tests.support.web import Browser, add_user

#: The table of scopes, written a second time on purpose: a view that changes its scope fails here.
SCOPES = {
    "list_services": "services:read",
    "find_patients": "patients:read",
    "list_invoices": "invoices:read",
    "read_invoice": "invoices:read",
    "issue_invoice": "invoices:write",
    "cancel_invoice": "invoices:write",
    "credit_invoice": "invoices:write",
    "open_code": "codes:write",
    "read_code": "invoices:read",
    "draw_code_svg": "invoices:read",
    "draw_code_png": "invoices:read",
    "list_payments": "payments:read",
    "read_payment": "payments:read",
    "print_receipt": "payments:read",
    "read_day_statement": "statements:read",
    "list_events": "events:read",
    "take_orders": "orders:write",
    "take_stay_cost": "orders:write",
}


def of_programs(app: Flask, **known: object) -> list[Route]:
    return [
        route
        for route in routes(app, day="2026-11-24", **known)
        if route.endpoint.startswith("api.")
    ]


def test_every_view_below_the_api_is_for_programs_but_the_document(app: Flask) -> None:
    below = [route for route in routes(app) if route.path.startswith("/api/")]

    audiences = {route.endpoint: access_of(app.view_functions[route.endpoint]) for route in below}

    assert {name.removeprefix("api."): found.token_scope for name, found in audiences.items()
            if found and found.audience is Audience.PROGRAMS} == SCOPES  # fmt: skip
    others = {name for name, found in audiences.items() if found and found.token_scope is None}
    assert others == {"reference.openapi", "reference.show"}


@pytest.mark.parametrize("scope_held", TokenScope)
def test_each_scope_opens_what_the_table_says_and_nothing_else(
    app: Flask, runtime: Runtime, hospital: Hospital, scope_held: TokenScope
) -> None:
    token = new_token(runtime, hospital.scope, [scope_held])
    for route in of_programs(app):
        answer = app.test_client().open(
            route.path, method=route.method, headers={"Authorization": f"Bearer {token}"}
        )

        may = SCOPES[route.endpoint.removeprefix("api.")] == scope_held
        assert (answer.status_code != 403) == may, route
        if not may:
            assert answer.get_json()["type"] == "/problems/scope-missing"
            assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Basic dXNlcjpwYXNz",
        "Bearer vienphi_" + "0" * 32 + "_" + "A" * 43,
    ],
)
def test_nothing_opens_without_a_live_token(app: Flask, hospital: Hospital, header: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    for route in of_programs(app):
        answer = app.test_client().open(route.path, method=route.method, headers=headers)

        assert answer.status_code == 401, route
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), route


def test_cookie_of_a_signed_in_person_opens_nothing(app: Flask, desk: Browser) -> None:
    desk.get("/desk")
    for route in of_programs(app):
        answer = desk.client.open(
            route.path, method=route.method, headers={"X-Form-Token": desk.token}
        )

        assert answer.status_code == 401, route


def test_cookie_beside_a_token_changes_nothing(
    app: Flask, runtime: Runtime, hospital: Hospital, browser: Browser
) -> None:
    browser.sign_in(add_user(runtime, hospital.scope, Role.HEAD_CASHIER))
    browser.client.set_cookie("vienphi_language", "fr")
    program = Program(browser.client, new_token(runtime, hospital.scope))

    invoice = program.issue()
    missing = program.get("/invoices/00000000-0000-7000-8000-000000000000")

    assert "Set-Cookie" not in missing.headers
    assert missing.get_json()["title"] == "Không tìm thấy"
    with runtime.database.reading(hospital.scope) as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT made_by FROM invoice WHERE number = 'VP26000001'"
        ).all()
    assert [row[0][:6] for row in rows] == ["token:"]
    assert invoice["number"] == "VP26000001"


def test_request_needs_no_form_token_and_may_come_from_anywhere(
    app: Flask, program: Program
) -> None:
    program.headers = {"Origin": "https://his.example", "Sec-Fetch-Site": "cross-site"}

    answer = program.post("/invoices", order())

    assert answer.status_code == 201
    # No other site's script may read it: nothing allows that.
    assert not [name for name in answer.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118


def test_title_is_in_the_language_that_is_asked_for(program: Program) -> None:
    titles = {}
    for language in ("vi", "en", "fr"):
        program.headers = {"Accept-Language": language}
        titles[language] = program.get("/payments/00000000-0000-7000-8000-000000000000").get_json()[
            "title"
        ]

    assert titles == {"vi": "Không tìm thấy", "en": "Not found", "fr": "Introuvable"}


def test_ended_and_revoked_tokens_open_nothing(
    app: Flask, runtime: Runtime, hospital: Hospital, clock: FrozenClock
) -> None:
    token, secret = service.make(
        runtime, hospital.scope, name="HIS", scopes=["services:read"], days=1
    )
    program = Program(app.test_client(), secret.reveal())
    assert program.get("/services").status_code == 200

    clock.advance(timedelta(days=1))
    ended = program.get("/services")
    clock.advance(timedelta(days=-1))
    service.revoke(runtime, hospital.scope, token.id)
    revoked = program.get("/services")

    assert (ended.status_code, revoked.status_code) == (401, 401)
    assert ended.get_json()["detail"] == revoked.get_json()["detail"]


def test_limit_of_a_token_holds_over_two_processes(
    app: Flask, runtime: Runtime, hospital: Hospital, clock: FrozenClock
) -> None:
    from payments.app import create_app

    token = new_token(runtime, hospital.scope, per_minute=30)
    programs = [Program(made.test_client(), token) for made in (app, create_app(runtime))]

    answers = [program.get("/services") for _ in range(25) for program in programs]

    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (30, 20)
    assert answers[-1].headers["Retry-After"] == "60"
    assert answers[-1].get_json()["type"] == "/problems/too-many-requests"
    clock.advance(timedelta(minutes=1))
    assert programs[0].get("/services").status_code == 200


def test_token_of_one_facility_sees_nothing_of_another(
    app: Flask, runtime: Runtime, program: Program
) -> None:
    if not runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    theirs = Hospital(runtime, Scope(FacilityId(99002), "user:them", "r"))
    invoice = theirs.issue()
    code = theirs.show(invoice)
    theirs.arrive(theirs.transfer(code.code, code.amount))
    theirs.work()
    [payment] = theirs.payments(invoice)
    before = theirs.view(invoice)
    known = {"invoice_id": invoice, "code_id": code.id, "payment_id": payment.id}
    bodies = {
        "cancel_invoice": {"reason": "lý do thử"},
        "credit_invoice": {
            "reason": "lý do thử",
            "amounts": [{"department_code": "KB", "amount": {"amount": 1, "currency": "VND"}}],
        },
        "open_code": {},
    }
    tried = 0
    for route in of_programs(app, **known):
        if not any(str(value) in route.path for value in known.values()):
            continue
        tried += 1
        name = route.endpoint.removeprefix("api.")
        path = route.path.removeprefix("/api/v1")
        answer = program.get(path) if route.method == "GET" else program.post(path, bodies[name])

        assert answer.status_code == 404, route
        assert before.number not in answer.get_data(as_text=True)
    assert tried == 10
    assert theirs.view(invoice) == before
    for path in ("/invoices", "/events", f"/patients?file_number={before.file_number}"):
        assert program.get(path).get_json()["items"] == []
    statement = program.get("/days/2026-11-24/statement").get_json()
    assert (statement["received"]["amount"], statement["lines"]) == (0, 0)


def test_token_of_another_facility_is_no_token_here(
    app: Flask, runtime: Runtime, hospital: Hospital
) -> None:
    if not runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    theirs = Scope(FacilityId(99002), "user:them", "r")
    program = Program(app.test_client(), new_token(runtime, theirs))

    assert program.get("/services").status_code == 401
