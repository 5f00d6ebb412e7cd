"""A person is told everything that is kept about them, and nothing about anybody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from payments.audit import AUDIT_EVENT
from payments.invoicing.rows import INVOICE
from payments.kernel.errors import InvalidField
from payments.patients.model import NoPatient
from payments.retention.exporting import export
from tests.support.hospital import Hospital
from tests.unit.patients.test_dump import BORN, CARD, IDENTITY, NAME, PHONE, Facts, a_day, admit

WHY = "Đơn số 7 ngày 24/11/2026"
MINE, OTHER = "99-0271828", "99-0314159"


def told(hospital: Hospital, number: str = MINE, *, is_masked: bool = False) -> dict[str, Any]:
    made = export(hospital.runtime, hospital.scope, number, reason=WHY, is_masked=is_masked)
    answer: dict[str, Any] = json.loads(made.content)
    return answer


def test_everything_of_a_day_is_told_in_words(hospital: Hospital) -> None:
    a_day(hospital)

    answer = told(hospital)

    [patient] = answer["rows"]["patient"]
    assert patient["name"] == NAME
    assert patient["card"] == CARD
    assert patient["identity_last4"] == IDENTITY[-4:]
    tables = {"patient", "encounter", "invoice", "invoice_line", "intent", "payment", "receipt"}
    assert tables <= set(answer["rows"])
    assert any("Law 91/2025/QH15" in one["basis"] for one in answer["why_it_is_kept"])


def test_nothing_of_anybody_else_is_told(hospital: Hospital) -> None:
    a_day(hospital)
    admit(hospital.runtime, hospital.scope, OTHER, Facts("TRẦN THỊ MẪU", BORN))
    stranger = hospital.issue()

    text = json.dumps(told(hospital), ensure_ascii=False)

    assert "TRẦN THỊ MẪU" not in text
    assert OTHER not in text
    assert str(stranger) not in text


def test_no_secret_and_nobody_of_the_staff_is_told(hospital: Hospital) -> None:
    a_day(hospital)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        tokens = tx.execute(select(INVOICE.c.pay_token)).scalars().all()

    answer = told(hospital)

    text = json.dumps(answer)
    assert "user:test" not in text
    assert tokens
    assert not any(token in text for token in tokens)
    assert all("pay_token" not in row for row in answer["rows"]["invoice"])


def test_masked_tells_the_same_rows_and_not_who_it_is(hospital: Hospital) -> None:
    a_day(hospital)

    whole, masked = told(hospital), told(hospital, is_masked=True)

    text = json.dumps(masked, ensure_ascii=False)
    assert {name: len(rows) for name, rows in masked["rows"].items()} == {
        name: len(rows) for name, rows in whole["rows"].items()
    }
    for secret in (NAME, NAME.split()[0], CARD, IDENTITY, PHONE, MINE):
        assert secret not in text
    assert masked["rows"]["payment"][0]["received"] == whole["rows"]["payment"][0]["received"]


def test_that_it_was_told_stands_in_the_audit(hospital: Hospital) -> None:
    a_day(hospital)

    told(hospital)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        kinds = AUDIT_EVENT.c.kind == "patient.exported"
        [event] = tx.execute(select(AUDIT_EVENT).where(kinds)).all()
    assert json.loads(event.facts)["reason"] == WHY
    assert NAME not in event.facts


def test_nobody_is_told_without_a_reason(hospital: Hospital) -> None:
    a_day(hospital)

    with pytest.raises(InvalidField):
        export(hospital.runtime, hospital.scope, MINE, reason=" ")
    with pytest.raises(NoPatient):
        export(hospital.runtime, hospital.scope, "99-none", reason=WHY)
