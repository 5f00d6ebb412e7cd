"""Wrong links of one network are few; right links of everybody else stay open."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from payments.app import create_app
from payments.invoicing import links
from payments.kernel.clock import FrozenClock
from payments.runtime import Runtime
from tests.support.hospital import Hospital
from tests.support.web import Browser

GUESSER = {"REMOTE_ADDR": "203.0.113.7"}
NEIGHBOUR = {"REMOTE_ADDR": "203.0.113.8"}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "PER_NETWORK", 5)


@pytest.fixture
def right(hospital: Hospital) -> str:
    invoice = hospital.issue()
    hospital.show(invoice)
    return f"/p/{hospital.view(invoice).pay_token}"


def guess(app: Flask, times: int = 5) -> list[int]:
    client = app.test_client()
    return [
        client.get(f"/p/{secrets.token_urlsafe(16)}", environ_overrides=GUESSER).status_code
        for _ in range(times)
    ]


def test_a_network_is_refused_after_its_wrong_links(app: Flask) -> None:
    assert guess(app, 7) == [404] * 5 + [429] * 2


def test_a_wrong_link_is_answered_alike_where_it_cannot_be_counted(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(links, "missed", refuses)

    assert guess(app, 1) == [404]


def test_right_ended_and_invented_links_are_refused_alike(
    app: Flask, hospital: Hospital, clock: FrozenClock, right: str
) -> None:
    ended = right
    clock.set(clock.now() + timedelta(days=400))
    fresh = f"/p/{hospital.view(hospital.issue()).pay_token}"
    guess(app)
    told = set()
    for path in (fresh, ended, f"/p/{'x' * 22}", "/p/broken"):
        answer = app.test_client().get(path, environ_overrides=GUESSER)
        page = re.sub(r"[0-9a-f]{32,}", "", answer.get_data(as_text=True))
        told.add((answer.status_code, answer.headers["Retry-After"], page))

    [(status, wait, page)] = told
    assert status == 429
    assert 0 < int(wait) <= 3601
    assert "quá nhiều liên kết" in page


@pytest.mark.parametrize("path", ["", "/status", "/qr.png"])
def test_everything_of_a_link_is_refused(app: Flask, right: str, path: str) -> None:
    guess(app)

    assert app.test_client().get(right + path, environ_overrides=GUESSER).status_code == 429


def test_other_networks_open_their_links(app: Flask, right: str) -> None:
    guess(app)

    assert app.test_client().get(right, environ_overrides=NEIGHBOUR).status_code == 200


def test_a_browser_that_opened_a_link_before_opens_it_again(app: Flask, right: str) -> None:
    known = app.test_client()
    known.get(right, environ_overrides=GUESSER)
    guess(app)

    assert known.get(right, environ_overrides=GUESSER).status_code == 200
    assert known.get(f"{right}/status", environ_overrides=GUESSER).status_code == 200
    assert known.get(f"/p/{'x' * 22}", environ_overrides=GUESSER).status_code == 429


def test_another_process_knows_after_one_more(app: Flask, runtime: Runtime) -> None:
    guess(app)

    assert guess(create_app(runtime), 3) == [404, 429, 429]


def test_the_wait_ends_and_is_not_lengthened_by_guessing_on(app: Flask, clock: FrozenClock) -> None:
    guess(app, 6)
    clock.set(clock.now() + timedelta(minutes=59))
    assert guess(app, 3) == [429] * 3
    clock.set(clock.now() + timedelta(minutes=2))

    assert guess(app, 2) == [404, 404]


def test_pages_that_need_no_link_stay_open(app: Flask) -> None:
    guess(app)

    assert app.test_client().get("/tra-cuu", environ_overrides=GUESSER).status_code == 200


def test_an_ended_code_is_no_wrong_link(app: Flask, hospital: Hospital) -> None:
    path = f"/p/{hospital.view(hospital.issue()).pay_token}"
    browser = Browser(app.test_client())

    assert {browser.get(f"{path}/qr.png").status_code for _ in range(9)} == {404}
    assert browser.get(path).status_code == 200


def test_the_cookie_names_neither_link_nor_invoice(app: Flask, right: str) -> None:
    answer = app.test_client().get(right)

    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if "vienphi_links" in c)
    assert right.removeprefix("/p/") not in cookie
    assert "HttpOnly" in cookie
    assert re.match(r"vienphi_links=[0-9a-f]{16};", cookie)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_household_is_one_network(address: str, network: str) -> None:
    assert links.network_of(address) == network
