"""Who asks for what is not there is noted and counted; the log holds no id, no link, no name."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from payments.audit import AUDIT_EVENT
from payments.identity.rows import STAFF_SESSION
from tests.support.hospital import Hospital
from tests.support.web import Browser

KIND = "security.not_found_object"


def events(logs: Any) -> list[dict[str, Any]]:
    return [dict(one) for one in logs if one["event"] == KIND]


def audited(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return len(tx.execute(select(AUDIT_EVENT.c.id).where(AUDIT_EVENT.c.kind == KIND)).all())


def test_an_unknown_invoice_is_an_event_with_route_actor_and_count(
    desk: Browser, hospital: Hospital
) -> None:
    wanted = uuid4()

    with capture_logs() as logs:
        for _ in range(2):
            assert desk.get(f"/desk/invoices/{wanted}").status_code == 404

    first, second = events(logs)
    assert first["route"] == "/desk/invoices/<uuid:invoice_id>"
    assert first["actor"].startswith("user:")
    assert (first["log_level"], first["facility"]) == ("warning", 99001)
    assert (first["count_in_session"], second["count_in_session"]) == (1, 2)
    assert str(wanted) not in str(logs)
    assert audited(hospital) == 2


def test_a_new_session_counts_anew(desk: Browser, hospital: Hospital) -> None:
    desk.get(f"/desk/invoices/{uuid4()}")
    desk.get("/desk")
    desk.post("/sign-out")
    desk.sign_in("head.cashier.thu")

    with capture_logs() as logs:
        desk.get(f"/desk/invoices/{uuid4()}")

    assert [one["count_in_session"] for one in events(logs)] == [1]


def test_a_guessed_link_is_an_event_that_writes_nothing(
    browser: Browser, hospital: Hospital
) -> None:
    with capture_logs() as logs:
        assert browser.get(f"/p/{'x' * 22}").status_code == 404

    [event] = events(logs)
    assert (event["route"], event["actor"]) == ("/p/<token>", "public")
    assert event["count_in_session"] is None
    assert "x" * 22 not in str(event)
    assert audited(hospital) == 0


@pytest.mark.parametrize("path", ["/no/such/page", "/problems/nothing-like-this"])
def test_an_address_that_names_no_object_is_no_event(desk: Browser, path: str) -> None:
    with capture_logs() as logs:
        assert desk.get(path).status_code == 404

    assert events(logs) == []


def test_who_tries_many_does_not_fill_the_audit(desk: Browser, hospital: Hospital) -> None:
    for _ in range(30):
        desk.get(f"/desk/invoices/{uuid4()}/status")

    assert audited(hospital) == 20
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert tx.execute(select(STAFF_SESSION.c.missed)).scalars().all() == [30]
