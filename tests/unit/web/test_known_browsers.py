"""Guessing behind the hospital's one address keeps no desk out, and no guess is free (A5)."""

from __future__ import annotations

from flask import Flask

from payments.identity.permissions import Role
from tests.support.hospital import Hospital
from tests.support.web import PASSWORD, Browser, add_user


def flood(app: Flask, logins: list[str]) -> list[int]:
    thief = Browser(app.test_client())
    thief.get("/sign-in")
    return [
        thief.post("/sign-in", {"login": login, "password": "đoán bừa"}).status_code
        for login in logins
    ]


def test_desks_that_were_used_before_sign_in_during_a_flood_from_their_address(
    app: Flask, hospital: Hospital
) -> None:
    login = add_user(hospital.runtime, hospital.scope, Role.CASHIER)
    other = add_user(hospital.runtime, hospital.scope, Role.CASHIER, "ca.sau")
    desk = Browser(app.test_client())
    desk.sign_in(login)
    desk.get("/desk")
    desk.post("/sign-out")

    told = flood(app, [f"nguoi{number}" for number in range(61)])

    assert told.count(429) == 1
    assert desk.sign_in(login).headers["Location"] == "/"
    desk.get("/desk")
    desk.post("/sign-out")
    # The next shift at the same desk, never seen here before.
    assert desk.sign_in(other).headers["Location"] == "/"


def test_guessing_one_login_does_not_lock_its_owner_out_of_the_own_desk(
    app: Flask, hospital: Hospital
) -> None:
    login = add_user(hospital.runtime, hospital.scope, Role.CASHIER)
    desk = Browser(app.test_client())
    desk.sign_in(login)
    desk.get("/desk")
    desk.post("/sign-out")

    told = flood(app, [login] * 14)

    assert (told.count(422), told.count(429)) == (10, 4)
    assert desk.sign_in(login).headers["Location"] == "/"


def test_cookie_of_a_known_browser_cannot_be_invented(app: Flask, hospital: Hospital) -> None:
    login = add_user(hospital.runtime, hospital.scope, Role.CASHIER)
    flood(app, [login] * 10)
    thief = Browser(app.test_client())
    for evil in ("x", "a" * 32 + "." + "0" * 64, "." + "0" * 64, "a~b." + "0" * 64):
        thief.client.set_cookie("vienphi_device", evil)
        assert thief.sign_in(login, PASSWORD).status_code == 429, evil


def test_who_guesses_from_a_known_browser_has_few_tries(app: Flask, hospital: Hospital) -> None:
    insider = add_user(hospital.runtime, hospital.scope, Role.CASHIER)
    desk = Browser(app.test_client())
    desk.sign_in(insider)
    desk.get("/desk")
    desk.post("/sign-out")
    desk.get("/sign-in")

    told = [
        desk.post("/sign-in", {"login": f"nguoi{n}", "password": "đoán bừa"}).status_code
        for n in range(22)
    ]

    assert (told.count(422), told.count(429)) == (20, 2)
