"""A form that comes after its session: nothing typed is lost, nothing is done twice."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from payments.identity import queries, staff
from payments.identity.permissions import Role
from payments.invoicing.rows import INVOICE
from payments.kernel.clock import FrozenClock
from tests.support.hospital import Hospital
from tests.support.web import PASSWORD, Browser, add_user

TYPED = {
    "do": "issue",
    "name": "NGUYỄN VĂN THỬ",
    "birth_year": "1958",
    "file_number": "99-000777",
    "service": "KB01",
    "quantity:KB01": "2",
}
_KEPT = re.compile(r'name="kept" value="([^"]+)"')
_FIELD = re.compile(r'<input[^>]*name="([^"]+)" value="([^"]*)"')
_ACTION = re.compile(r'action="([^"]+)"')


def invoices(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        count: int = tx.execute(select(func.count()).select_from(INVOICE)).scalar_one()
    return count


def end_sessions(hospital: Hospital, login: str) -> None:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [user] = [one for one in queries.users(tx) if one.login == login]
    staff.end_sessions(hospital.runtime, hospital.scope, user.id)


def kept_in(page: str) -> str:
    found = _KEPT.search(page)
    assert found, "the page carries no form"
    return html.unescape(found[1])


def sent_again(browser: Browser, page: str) -> str:
    """Press the button of the page that shows what was kept; returns where it leads."""
    action = html.unescape(_ACTION.findall(page)[-1])
    fields = {name: html.unescape(value) for name, value in _FIELD.findall(page)}
    return browser.client.post(action, data=fields).headers.get("Location", "")


@pytest.fixture
def late(desk: Browser, hospital: Hospital) -> str:
    """The page that answers a desk's form after its sessions were ended."""
    desk.get("/desk")
    end_sessions(hospital, "head.cashier.thu")
    answer = desk.post("/desk/invoices", TYPED)
    assert answer.status_code == 401
    assert "NGUYỄN" not in answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_form_after_the_session_is_shown_again_and_sent_once(
    desk: Browser, hospital: Hospital, late: str
) -> None:
    back = desk.post(
        "/sign-in", {"login": "head.cashier.thu", "password": PASSWORD, "kept": kept_in(late)}
    ).get_data(as_text=True)

    assert invoices(hospital) == 0
    for value in ("NGUYỄN VĂN THỬ", "1958", "99-000777"):
        assert value in back
    first, second = sent_again(desk, back), sent_again(desk, back)
    assert first == second
    assert first.startswith("/desk/invoices/")
    assert invoices(hospital) == 1


def test_wrong_password_does_not_lose_the_form(desk: Browser, late: str) -> None:
    again = desk.post(
        "/sign-in", {"login": "head.cashier.thu", "password": "sai", "kept": kept_in(late)}
    )

    assert again.status_code == 422
    assert kept_in(again.get_data(as_text=True)) == kept_in(late)


def test_another_person_does_not_see_what_was_typed(
    desk: Browser, hospital: Hospital, late: str
) -> None:
    other = add_user(hospital.runtime, hospital.scope, Role.CASHIER, "nguoi.khac")

    answer = desk.post("/sign-in", {"login": other, "password": PASSWORD, "kept": kept_in(late)})

    assert answer.status_code == 303
    assert "NGUYỄN" not in desk.get("/desk").get_data(as_text=True)


def test_form_of_a_locked_screen_comes_back_after_unlocking(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    desk.get("/desk")
    clock.advance(timedelta(minutes=15))
    asleep = desk.post("/desk/invoices", TYPED).get_data(as_text=True)
    assert "Màn hình đã khóa" in asleep

    back = desk.post("/unlock", {"password": PASSWORD, "kept": kept_in(asleep)})

    assert invoices(hospital) == 0
    assert sent_again(desk, back.get_data(as_text=True)).startswith("/desk/invoices/")
    assert invoices(hospital) == 1


def test_page_from_before_the_lock_stays_good_after_it(
    desk: Browser, hospital: Hospital, clock: FrozenClock
) -> None:
    """The script unlocks over the page: its form has the token from before."""
    desk.get("/desk")
    token, key = desk.token, desk.key
    desk.post("/lock")
    unlocked = desk.client.post(
        "/unlock",
        data={"password": PASSWORD, "form_token": token},
        headers={"Accept": "application/json"},
    )

    answer = desk.client.post("/desk/invoices", data=TYPED | {"form_token": token, "key": key})

    assert unlocked.status_code == 200
    assert answer.headers["Location"].startswith("/desk/invoices/")
    assert invoices(hospital) == 1


def test_form_of_a_stranger_is_neither_kept_nor_shown(desk: Browser, hospital: Hospital) -> None:
    desk.get("/desk")
    end_sessions(hospital, "head.cashier.thu")
    for told, headers in (
        ({"form_token": "0" * 64}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
    ):
        answer = desk.post("/desk/invoices", TYPED | told, headers=headers)

        assert answer.status_code == 303, (told, headers)
        assert answer.headers["Location"].startswith("/sign-in")


def test_altered_or_invented_form_is_dropped(desk: Browser, late: str) -> None:
    kept = kept_in(late)
    for evil in ("", "AAAA", "=%", kept[:-8] + "AAAAAAA="):
        desk.get("/sign-in")
        answer = desk.post(
            "/sign-in", {"login": "head.cashier.thu", "password": PASSWORD, "kept": evil}
        )
        assert answer.status_code == 303, evil
        desk.post("/sign-out", {"form_token": _token(desk)})


def test_passwords_and_files_are_not_carried(app: Flask, hospital: Hospital) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.IT_ADMIN))
    browser.get("/admin/channels/sepay")
    end_sessions(hospital, "it.admin.thu")

    answer = browser.post(
        "/admin/channels/sepay/versions", {"secret-setting:webhook_key": "ak_rat_mat"}
    )
    back = browser.post(
        "/sign-in",
        {
            "login": "it.admin.thu",
            "password": PASSWORD,
            "kept": kept_in(answer.get_data(as_text=True)),
        },
    ).get_data(as_text=True)

    assert "ak_rat_mat" not in back


def _token(browser: Browser) -> str:
    browser.get("/desk")
    return browser.token
