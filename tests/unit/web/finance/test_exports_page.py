"""Finance asks for a file, takes it out, and lets one be made by itself; every taking is noted."""

from __future__ import annotations

import re

from sqlalchemy import select

from payments.audit import AUDIT_EVENT
from payments.identity.permissions import Role
from payments.kernel.money import vnd
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user, house


def person(hospital: Hospital, role: Role) -> Browser:
    browser = Browser(house(hospital.runtime).test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, role))
    return browser


def test_a_short_file_is_there_at_once_and_its_taking_is_noted(hospital: Hospital) -> None:
    hospital.arrive(hospital.transfer("CK", vnd(5_000)))
    browser = person(hospital, Role.ACCOUNTANT)
    browser.get("/finance/exports")
    asked = {"file": "collection", "form": "csv"}
    days = {"first_day": "2026-11-24", "last_day": "2026-11-24"}

    made = browser.post("/finance/exports", asked | days)

    page = browser.get(made.headers["Location"]).get_data(as_text=True)
    assert "5.000" in page
    [address] = re.findall(r'href="(/finance/exports/[0-9a-f-]{36}/file)"', page)
    answer = browser.get(address)
    assert answer.headers["Content-Disposition"].endswith('"collection-2026-11-24.csv"')
    assert "Tổng cộng (1 dòng)" in answer.get_data(as_text=True)
    assert len(answer.get_data()) == int(answer.headers["Content-Length"])
    with hospital.runtime.database.reading(hospital.scope) as tx:
        kinds = list(tx.execute(select(AUDIT_EVENT.c.kind)).scalars())
    assert kinds.count("export.downloaded") == 1


def test_a_plan_makes_the_file_of_yesterday_once(hospital: Hospital) -> None:
    browser = person(hospital, Role.CHIEF_ACCOUNTANT)
    browser.get("/finance/exports")
    asked = {"file": "collection", "form": "xlsx", "every": "daily"}
    assert browser.post("/finance/exports/plans", asked).status_code == 303
    hospital.work()
    assert orders(browser) == []

    hospital.runtime.clock.set(hospital.runtime.clock.now().replace(day=25))  # type: ignore[attr-defined]
    for _ in range(2):
        hospital.work()

    browser = person(hospital, Role.AUDITOR)
    assert len(orders(browser)) == 1
    assert "Tạo tự động" in browser.get("/finance/exports").get_data(as_text=True)


def orders(browser: Browser) -> list[str]:
    page = browser.get("/finance/exports").get_data(as_text=True)
    return re.findall(r'href="(/finance/exports/[0-9a-f-]{36})"', page)


def test_who_keeps_users_takes_no_file(hospital: Hospital) -> None:
    browser = person(hospital, Role.IT_ADMIN)

    assert browser.get("/finance/exports").status_code == 403
