"""Promises that every route keeps, taken from the route map: a new one is tested by being there."""

from __future__ import annotations

import pytest
from flask import Flask

from payments.app import create_app
from payments.identity.permissions import ROLES, Permission, Role
from payments.invoicing import queries as invoicing
from payments.kernel.scope import FacilityId, Scope
from payments.runtime import Runtime
from payments.web.security import Access, Audience, access_of
from tests.support.hospital import Hospital
from tests.support.routes import Route, routes
from tests.support.web import PASSWORD, Browser, add_user

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_POLICY = (
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)


def access(app: Flask, route: Route) -> Access:
    found = access_of(app.view_functions[route.endpoint])
    assert found is not None, f"{route} says nobody may open it"
    return found


def takes_forms(app: Flask, route: Route) -> bool:
    """Say whether a browser sends a form there: programs prove themselves by their token."""
    others = (Audience.MACHINES, Audience.PROGRAMS)
    return route.method != "GET" and access(app, route).audience not in others


def test_every_view_says_who_may_open_it(app: Flask) -> None:
    for route in routes(app):
        assert access(app, route)


def test_every_answer_has_the_headers(app: Flask, browser: Browser) -> None:
    for route in [*routes(app), Route("", "GET", "/no/such/page"), Route("", "PUT", "/sign-in")]:
        answer = browser.client.open(route.path, method=route.method)

        for name, value in _HEADERS.items():
            assert answer.headers[name] == value, route
        policy = answer.headers["Content-Security-Policy"]
        assert all(part in policy for part in _POLICY), route
        assert "unsafe" not in policy
        assert answer.headers["X-Request-ID"], route
        assert "Server" not in answer.headers
        if not route.path.startswith("/static"):
            assert answer.headers["Cache-Control"] == "no-store", route


def test_production_answers_over_tls_only_and_binds_every_cookie_to_its_host(
    production: Runtime, scope: Scope
) -> None:
    app = create_app(production)
    browser = Browser(app.test_client())
    login = add_user(production, scope)
    told = {"base_url": "https://localhost"}
    browser.get("/sign-in", **told)
    answers = [
        browser.post(
            "/sign-in",
            {"login": login, "password": PASSWORD},
            headers={"Origin": "https://localhost"},
            **told,
        )
    ]
    answers += [browser.client.open(r.path, method=r.method, **told) for r in routes(app)]
    cookies = {one for answer in answers for one in answer.headers.getlist("Set-Cookie")}

    for answer in answers:
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert {one.split("=")[0] for one in cookies} >= {"__Host-vienphi", "__Host-vienphi_device"}
    for cookie in cookies:
        name = cookie.split("=")[0]
        assert "Secure" in cookie, name
        assert "HttpOnly" in cookie, name
        assert "SameSite" in cookie, name
        assert "Domain" not in cookie, name
        # Language and theme say nothing about anybody; all others cannot be planted.
        assert name.startswith("__Host-") or name in ("vienphi_language", "vienphi_theme")


def test_no_page_carries_a_style_or_a_script_of_its_own(
    app: Flask, desk: Browser, hospital: Hospital
) -> None:
    invoice = hospital.issue()
    hospital.show(invoice)
    token = hospital.view(invoice).pay_token
    for route in routes(app, invoice_id=invoice, token=token, code="not-found"):
        if route.method != "GET":
            continue
        answer = desk.get(route.path)
        if answer.mimetype != "text/html":
            continue
        text = answer.get_data(as_text=True)

        assert " style=" not in text, route
        assert "<style" not in text, route
        assert " onclick" not in text, route
        assert all("src=" in part for part in text.split("<script")[1:]), route


def test_nothing_of_the_staff_opens_without_signing_in(app: Flask, browser: Browser) -> None:
    for route in routes(app):
        if access(app, route).audience is not Audience.STAFF:
            continue
        page = browser.client.open(route.path, method=route.method)
        told = browser.client.open(
            route.path, method=route.method, headers={"Accept": "application/json"}
        )

        assert page.status_code == 303, route
        assert page.headers["Location"].startswith("/sign-in"), route
        assert told.status_code == 401, route


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_what_the_table_says_and_nothing_else(
    app: Flask, runtime: Runtime, scope: Scope, browser: Browser, role: Role
) -> None:
    browser.sign_in(add_user(runtime, scope, role))
    browser.get("/", follow_redirects=True)
    for route in routes(app):
        needed = access(app, route).permission
        if needed is None:
            continue
        answer = browser.client.open(
            route.path, method=route.method, headers={"X-Form-Token": browser.token}
        )

        assert (answer.status_code == 403) == (needed not in ROLES[role]), (route, role)


def test_form_without_our_token_is_refused(app: Flask, desk: Browser) -> None:
    tried = 0
    for route in routes(app):
        if not takes_forms(app, route):
            continue
        tried += 1
        for token in ("", "0" * 64, desk.token[:-1]):
            answer = desk.client.open(
                route.path, method=route.method, data={"form_token": token, "login": "x"}
            )
            assert answer.status_code == 403, route
    assert tried >= 4


def test_form_with_the_token_of_another_session_is_refused(
    app: Flask, desk: Browser, runtime: Runtime, scope: Scope
) -> None:
    other = Browser(app.test_client())
    other.sign_in(add_user(runtime, scope, Role.CASHIER, "nguoi.khac"))
    other.get("/desk")
    for route in routes(app):
        if not takes_forms(app, route):
            continue
        answer = desk.client.open(route.path, method=route.method, data={"form_token": other.token})

        assert answer.status_code == 403, route


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_form_from_another_site_is_refused_even_with_our_token(
    app: Flask, desk: Browser, headers: dict[str, str]
) -> None:
    desk.get("/desk")
    for route in routes(app):
        if not takes_forms(app, route):
            continue
        answer = desk.client.open(
            route.path, method=route.method, data={"form_token": desk.token}, headers=headers
        )

        assert answer.status_code == 403, route


def test_unknown_host_gets_nothing(app: Flask, browser: Browser) -> None:
    for route in routes(app):
        answer = browser.client.open(
            route.path, method=route.method, headers={"Host": "evil.example"}
        )

        assert answer.status_code == 400, route
        assert "evil" not in answer.get_data(as_text=True)


def test_objects_of_another_facility_are_not_there(
    app: Flask, runtime: Runtime, desk: Browser, hospital: Hospital
) -> None:
    if not runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    theirs = Hospital(runtime, Scope(FacilityId(99002), "user:them", "r"))
    invoice = theirs.issue()
    intent = theirs.show(invoice)
    theirs.arrive(theirs.transfer(intent.code, intent.amount))
    theirs.work()
    with runtime.database.reading(theirs.scope) as tx:
        view = invoicing.invoice(tx, runtime.keys, invoice)
    [payment] = theirs.payments(invoice)
    before = theirs.view(invoice)
    known = {"invoice_id": invoice, "payment_id": payment.id, "token": view.pay_token}
    tried = 0
    for route in routes(app, **known):
        if not any(str(value) in route.path for value in known.values()):
            continue
        if access(app, route).audience is Audience.PROGRAMS:
            # Asked with a token in tests/unit/web/api/test_access.py.
            continue
        tried += 1
        desk.get("/desk")
        answer = desk.client.open(
            route.path,
            method=route.method,
            data={"form_token": desk.token, "key": desk.key, "reason": "lý do thử"},
        )

        assert answer.status_code == 404, route
        assert view.number not in answer.get_data(as_text=True)
        assert "NGUYỄN" not in answer.get_data(as_text=True)
    assert tried >= 6
    assert theirs.view(invoice) == before


def test_background_asking_is_marked_so(app: Flask) -> None:
    for route in routes(app):
        if route.path.endswith("/status"):
            assert access(app, route).is_background, route


def test_every_permission_that_a_view_needs_is_in_the_table(app: Flask) -> None:
    needed = {access(app, route).permission for route in routes(app)} - {None}

    assert needed <= set(Permission)
