"""A request that is sent twice has one effect, and both get the same answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from payments import audit, idempotency
from payments.invoicing.rows import CREDIT_NOTE, INVOICE
from payments.kernel.clock import FrozenClock
from payments.runtime import Runtime
from tests.support.hospital import Hospital
from tests.support.program import PREFIX, Program, new_token, order

REDUCTION = {
    "reason": "Giảm giá",
    "amounts": [{"department_code": "KB", "amount": {"amount": 50_000, "currency": "VND"}}],
}


def count(hospital: Hospital, table: Any) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        number: int = tx.execute(select(func.count()).select_from(table)).scalar_one()
    return number


WRITES: list[tuple[str, object]] = [
    ("/invoices", order()),
    ("/invoices/{invoice}/codes", {}),
    ("/invoices/{invoice}/cancel", {"reason": "Đổi dịch vụ"}),
    ("/invoices/{invoice}/credit-notes", REDUCTION),
]


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_repeat_gets_the_same_answer_and_changes_nothing(
    program: Program, hospital: Hospital, path: str, body: object
) -> None:
    path = path.format(invoice=hospital.issue())
    first = program.post(path, body, key="k-1")
    facts = count(hospital, audit.AUDIT_EVENT)

    again = program.post(path, body, key="k-1")

    assert first.status_code in (200, 201), first.get_data(as_text=True)
    assert (again.status_code, again.get_data()) == (first.status_code, first.get_data())
    assert again.headers.get("Location") == first.headers.get("Location")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert count(hospital, audit.AUDIT_EVENT) == facts
    hospital.assert_balanced()


def test_repeat_gets_the_answer_of_then_and_not_of_now(
    program: Program, hospital: Hospital
) -> None:
    first = program.post("/invoices", order(), key="k-1")
    program.post(f"/invoices/{first.get_json()['id']}/cancel", {"reason": "Đổi dịch vụ"})

    again = program.post("/invoices", order(), key="k-1")

    assert again.get_data() == first.get_data()
    assert again.get_json()["document"] == "issued"


def test_key_with_other_content_is_refused(program: Program, hospital: Hospital) -> None:
    program.post("/invoices", order("KB01"), key="k-1")

    answer = program.post("/invoices", order("KB01", "KB01"), key="k-1")

    assert answer.status_code == 422
    assert answer.get_json()["type"] == "/problems/idempotency-key-reused"
    assert count(hospital, INVOICE) == 1


def test_key_of_one_address_is_not_that_of_another(program: Program, hospital: Hospital) -> None:
    one, two = hospital.issue(), hospital.issue()
    program.post(f"/invoices/{one}/cancel", {"reason": "Đổi dịch vụ"}, key="k-1")

    answer = program.post(f"/invoices/{two}/cancel", {"reason": "Đổi dịch vụ"}, key="k-1")

    assert answer.get_json()["type"] == "/problems/idempotency-key-reused"
    assert hospital.view(two).document == "issued"


def test_key_of_one_token_is_not_that_of_another(
    app: Flask, program: Program, runtime: Runtime, hospital: Hospital
) -> None:
    other = Program(app.test_client(), new_token(runtime, hospital.scope))

    first = program.post("/invoices", order(), key="k-1")
    second = other.post("/invoices", order(), key="k-1")

    assert first.get_json()["id"] != second.get_json()["id"]


def test_order_of_the_fields_does_not_matter(program: Program, hospital: Hospital) -> None:
    body = order()
    first = program.post("/invoices", body, key="k-1")

    again = program.post("/invoices", dict(reversed(body.items())), key="k-1")

    assert again.get_json()["id"] == first.get_json()["id"]


def test_quoted_key_is_the_same_key(program: Program, hospital: Hospital) -> None:
    first = program.post("/invoices", order(), key="k-1")

    assert program.post("/invoices", order(), key='"k-1"').get_data() == first.get_data()


@pytest.mark.parametrize("key", [None, "", " ", '""', "x" * 256, "khóa", "a b"])
def test_write_without_a_key_does_nothing(
    program: Program, hospital: Hospital, key: str | None
) -> None:
    headers = {"Authorization": f"Bearer {program.token}"}
    if key is not None:
        headers["Idempotency-Key"] = key

    answer = program.client.post(f"{PREFIX}/invoices", json=order(), headers=headers)

    assert answer.status_code == 400
    assert answer.get_json()["type"] == "/problems/no-idempotency-key"
    assert count(hospital, INVOICE) == 0


def test_refused_request_leaves_its_key_free(program: Program, hospital: Hospital) -> None:
    refused = program.post("/invoices", order("NO-SUCH"), key="k-1")

    corrected = program.post("/invoices", order("KB01"), key="k-1")

    assert (refused.status_code, corrected.status_code) == (422, 201)


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_twins_at_the_same_moment_have_one_effect(
    app: Flask, program: Program, hospital: Hospital, path: str, body: object
) -> None:
    path = path.format(invoice=hospital.issue())
    before = count(hospital, audit.AUDIT_EVENT)
    answers = at_once(
        8, lambda: Program(app.test_client(), program.token).post(path, body, key="k-1")
    )

    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    done = [answer for answer in answers if answer.status_code != 409]
    assert len({answer.get_data() for answer in done}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in done) == 1
    assert count(hospital, audit.AUDIT_EVENT) == before + 1
    assert count(hospital, CREDIT_NOTE) == (1 if path.endswith("credit-notes") else 0)
    assert count(hospital, INVOICE) == (2 if path == "/invoices" else 1)
    hospital.assert_balanced()


def test_invoice_is_not_made_again_when_its_answer_is_forgotten(
    program: Program, hospital: Hospital, clock: FrozenClock
) -> None:
    first = program.post("/invoices", order(), key="k-1").get_json()
    clock.advance(idempotency.KEPT - timedelta(hours=1))
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        idempotency.forget(tx, before=clock.now())

    again = program.post("/invoices", order(), key="k-1").get_json()

    assert again["id"] == first["id"]
    assert count(hospital, INVOICE) == 1


def test_kept_answer_cannot_be_read_in_the_table(program: Program, hospital: Hospital) -> None:
    invoice = program.issue()

    with hospital.runtime.database.reading(hospital.scope) as tx:
        row = tx.execute(select(idempotency.IDEMPOTENCY_REQUEST)).one()

    assert row.resource == f"invoice:{invoice['id']}"
    assert invoice["number"].encode() not in row.body
    assert row.actor.startswith("token:")


def at_once(number: int, ask: Callable[[], TestResponse]) -> list[TestResponse]:
    """Ask from *number* threads that start together."""
    answers: list[TestResponse] = []
    start = threading.Barrier(number)

    def run() -> None:
        start.wait()
        answers.append(ask())

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == number
    return answers
