"""The second factor through the pages: nothing opens before the last stage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from payments.app import create_app
from payments.identity.permissions import Role
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.web.security import Audience, access_of
from tests.support.access import code_now, enrol
from tests.support.routes import routes
from tests.support.web import PASSWORD, Browser, add_user


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    return replace(runtime, settings=replace(runtime.settings, second_factor=True))


@pytest.fixture
def login(runtime: Runtime, scope: Scope) -> str:
    return add_user(runtime, scope, Role.IT_ADMIN)


def test_enrolment_shows_a_code_for_the_app_and_recovery_codes_once(
    browser: Browser, clock: FrozenClock, login: str
) -> None:
    assert browser.sign_in(login).headers["Location"] == "/sign-in/enrol"

    page = browser.get("/sign-in/enrol").get_data(as_text=True)
    _, codes = enrol(browser, clock)

    assert "<svg" in page
    assert len(codes) == 10
    assert browser.get("/admin/users").status_code == 200
    assert codes[0] not in browser.get("/admin/users").get_data(as_text=True)


def test_after_that_the_password_leads_to_the_code(
    app: Flask, browser: Browser, clock: FrozenClock, login: str
) -> None:
    browser.sign_in(login)
    secret, codes = enrol(browser, clock)
    clock.advance(timedelta(seconds=30))
    second = Browser(app.test_client())

    assert second.sign_in(login).headers["Location"] == "/sign-in/code"
    second.get("/sign-in/code")
    wrong = second.post("/sign-in/code", {"code": "000000"})
    assert wrong.status_code == 422
    assert "Mã không đúng" in wrong.get_data(as_text=True)
    right = second.post("/sign-in/code", {"code": code_now(secret, clock)})
    assert right.headers["Location"] == "/"
    assert second.get("/admin/users").status_code == 200

    third = Browser(app.test_client())
    third.sign_in(login)
    third.get("/sign-in/code")
    assert third.post("/sign-in/code", {"code": codes[0]}).headers["Location"] == "/"


def test_no_route_of_the_staff_opens_before_the_last_stage(
    app: Flask, browser: Browser, login: str
) -> None:
    browser.sign_in(login)
    browser.get("/sign-in/enrol")
    tried = 0
    for route in routes(app):
        access = access_of(app.view_functions[route.endpoint])
        if access is None or access.audience is not Audience.STAFF:
            continue
        tried += 1
        answer = browser.client.open(
            route.path, method=route.method, headers={"X-Form-Token": browser.token}
        )

        assert answer.status_code == 303, route
        assert answer.headers["Location"].startswith("/sign-in"), route
    assert tried > 20


def test_every_stage_changes_the_cookie(browser: Browser, clock: FrozenClock, login: str) -> None:
    browser.sign_in(login)
    before = browser.client.get_cookie("vienphi")

    enrol(browser, clock)

    after = browser.client.get_cookie("vienphi")
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_given_password_must_be_changed_before_anything_opens(
    runtime: Runtime, scope: Scope, browser: Browser
) -> None:
    app = create_app(runtime)
    boss = Browser(app.test_client())
    relaxed = create_app(replace(runtime, settings=replace(runtime.settings, second_factor=False)))
    boss = Browser(relaxed.test_client())
    boss.sign_in(add_user(runtime, scope, Role.IT_ADMIN, "quan.tri"))
    boss.get("/admin/users")
    made = boss.post(
        "/admin/users",
        {"login": "moi.vao", "name": "Lê Thị Thử", "role": "cashier", "person": "NV9"},
    ).get_data(as_text=True)
    password = made.split('<b class="secret">')[1].split("<")[0]

    assert browser.sign_in("moi.vao", password).headers["Location"] == "/sign-in/password"
    browser.get("/sign-in/password")
    for bad in (password, "ngan", "moi.vao.moi.vao"):
        answer = browser.post("/sign-in/password", {"password": bad, "password_again": bad})
        assert answer.status_code == 422, bad
    differs = browser.post(
        "/sign-in/password", {"password": PASSWORD, "password_again": PASSWORD + "x"}
    )
    assert differs.status_code == 422
    done = browser.post("/sign-in/password", {"password": PASSWORD, "password_again": PASSWORD})
    assert done.headers["Location"] == "/"
    assert browser.get("/desk").status_code == 200
