"""Figures are for this machine and for a token; a proxy's visitor is neither."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from payments.runtime import Runtime
from payments.tokens.model import TokenScope
from payments.web import health
from tests.support.hospital import Hospital
from tests.support.program import new_token
from tests.support.web import Browser

FAR = {"REMOTE_ADDR": "203.0.113.9"}


def test_this_machine_reads_the_figures(browser: Browser) -> None:
    answer = browser.get("/metrics")

    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert 'vienphi_ledger_sum_dong{facility="99001"} 0\n' in answer.get_data(as_text=True)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_what_a_proxy_passes_on_is_refused(browser: Browser, name: str) -> None:
    assert browser.get("/metrics", headers={name: "127.0.0.1"}).status_code == 401


def test_another_machine_needs_a_token_of_that_scope(
    app: Flask, runtime: Runtime, hospital: Hospital
) -> None:
    client = app.test_client()
    told = new_token(runtime, hospital.scope, [TokenScope.METRICS_READ])
    other = new_token(runtime, hospital.scope, [TokenScope.INVOICES_READ])

    def ask(headers: dict[str, str]) -> int:
        return client.get("/metrics", headers=headers, environ_base=FAR).status_code

    assert ask({}) == 401
    assert ask({"Authorization": f"Bearer {other}"}) == 403
    assert ask({"Authorization": f"Bearer {told}"}) == 200


def test_figures_name_no_person(browser: Browser, hospital: Hospital) -> None:
    intent = hospital.show(hospital.issue())
    hospital.arrive(hospital.transfer(intent.code, intent.amount))

    told = browser.get("/metrics").get_data(as_text=True)

    assert not any(word in told for word in ("NGUYỄN", "99-0000", intent.code))


def test_a_program_without_database_lives_and_is_not_ready(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("host db-1 refuses"))

    monkeypatch.setattr(health, "readiness", away)

    answer = browser.get("/readyz")

    assert (browser.get("/healthz").status_code, answer.status_code) == (200, 503)
    assert answer.get_json() == {"status": "not ready", "database": "away"}
