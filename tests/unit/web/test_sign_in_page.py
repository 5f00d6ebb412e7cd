"""Signing in through the page: cookies, redirects, and what is not shown again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from payments.app import create_app
from payments.identity.permissions import Role
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from tests.support.web import PASSWORD, Browser, add_user


def cookie(answer: object, name: str) -> str:
    headers: list[str] = answer.headers.getlist("Set-Cookie")  # type: ignore[attr-defined]
    return next(header for header in headers if header.startswith(f"{name}="))


def test_cookie_is_kept_from_scripts_and_other_sites(
    browser: Browser, runtime: Runtime, scope: Scope
) -> None:
    told = cookie(browser.sign_in(add_user(runtime, scope)), "vienphi")

    assert "HttpOnly" in told
    assert "SameSite=Lax" in told
    assert "Path=/" in told
    # The server ends a session after 12 hours; the cookie lets a late form be known again.
    assert "Max-Age=86400" in told


def test_cookie_of_production_is_bound_to_https_and_host(production: Runtime, scope: Scope) -> None:
    app = create_app(production)
    browser = Browser(app.test_client())
    secure = {"base_url": "https://localhost", "headers": {"Origin": "https://localhost"}}
    login = add_user(production, scope)
    browser.get("/sign-in", base_url="https://localhost")

    answer = browser.post("/sign-in", {"login": login, "password": PASSWORD}, **secure)

    told = cookie(answer, "__Host-vienphi")
    assert "Secure" in told
    assert "Domain" not in told
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    page = browser.get("/sign-in", base_url="https://localhost").get_data(as_text=True)
    assert "THỬ NGHIỆM" not in page


def test_password_is_never_shown_again(browser: Browser, runtime: Runtime, scope: Scope) -> None:
    login = add_user(runtime, scope)

    answer = browser.sign_in(login, "mật khẩu gõ nhầm")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert login in page
    assert "gõ nhầm" not in page


def test_eleventh_try_says_to_wait(browser: Browser, runtime: Runtime, scope: Scope) -> None:
    login = add_user(runtime, scope)
    for _ in range(10):
        browser.sign_in(login, "sai")

    answer = browser.sign_in(login)

    assert answer.status_code == 429
    assert "Chờ 1 phút" in answer.get_data(as_text=True)


def test_a_session_cannot_be_planted(browser: Browser, runtime: Runtime, scope: Scope) -> None:
    browser.client.set_cookie("vienphi", "planted-by-somebody")
    told = cookie(browser.sign_in(add_user(runtime, scope)), "vienphi")

    assert "planted" not in told


def test_token_is_worth_nothing_after_signing_out(
    app: Flask, browser: Browser, runtime: Runtime, scope: Scope
) -> None:
    token = cookie(browser.sign_in(add_user(runtime, scope)), "vienphi")
    token = token.partition("=")[2].partition(";")[0]
    browser.get("/desk")
    browser.post("/sign-out")
    thief = Browser(app.test_client())
    thief.client.set_cookie("vienphi", token)

    assert thief.get("/desk").headers["Location"].startswith("/sign-in")


def test_page_that_was_asked_for_comes_after_signing_in(
    browser: Browser, runtime: Runtime, scope: Scope
) -> None:
    login = add_user(runtime, scope)
    asked = browser.get("/desk").headers["Location"]
    browser.get(asked)

    answer = browser.post("/sign-in", {"login": login, "password": PASSWORD, "next": "/desk"})

    assert asked == "/sign-in?next=/desk"
    assert answer.headers["Location"] == "/desk"


def test_signing_in_leads_to_no_other_site(
    browser: Browser, runtime: Runtime, scope: Scope
) -> None:
    login = add_user(runtime, scope)
    for target in ("https://evil.example", "//evil.example/x", "/\\evil.example"):
        browser.get("/sign-in")
        answer = browser.post("/sign-in", {"login": login, "password": PASSWORD, "next": target})
        assert answer.headers["Location"] == "/", target


def test_first_page_is_the_role_s_own(app: Flask, runtime: Runtime, scope: Scope) -> None:
    for role, start in (
        (Role.CASHIER, "/desk"),
        (Role.IT_ADMIN, "/admin/users"),
        (Role.SECURITY_OFFICER, "/admin/users"),
    ):
        browser = Browser(app.test_client())
        browser.sign_in(add_user(runtime, scope, role))

        answer = browser.get("/")

        assert answer.headers["Location"] == start


def test_facility_that_no_host_names_is_not_guessed(runtime: Runtime) -> None:
    if not runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    lost = replace(runtime, settings=replace(runtime.settings, facility=None))

    assert create_app(lost).test_client().get("/sign-in").status_code == 404
