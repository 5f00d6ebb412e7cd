"""Cash points, and what the desk lets their screens show."""

from __future__ import annotations

import pytest

from payments.desks import queries, service
from payments.desks.model import CashPoint, CashPointKnown, NoCashPoint, Shown
from payments.kernel.errors import InvalidField
from tests.support.hospital import Hospital


def add(hospital: Hospital, code: str, name: str, department: str | None = None) -> CashPoint:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        return service.add(tx, code, name, department=department)


def shown(hospital: Hospital, code: str = "Q1") -> Shown | None:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return queries.shown(tx, code)


def test_a_new_cash_point_shows_nothing(hospital: Hospital) -> None:
    made = add(hospital, " q3 ", "  Quầy   03 ", "KB")

    assert made == CashPoint("Q3", "Quầy 03", "KB", is_active=True)
    assert shown(hospital, "Q3") == Shown("Q3", 0, None)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert [point.code for point in queries.cash_points(tx)] == ["Q1", "Q2", "Q3"]
        assert queries.cash_point(tx, "Q3") == made


@pytest.mark.parametrize("code", ["", "1Q", "Q-1", "QUAYTHU", "Đ1", "Q1;"])
def test_a_code_that_no_receipt_could_bear_is_refused(hospital: Hospital, code: str) -> None:
    with pytest.raises(InvalidField) as refused:
        add(hospital, code, "Quầy")

    assert refused.value.field == "cash_point"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Quầy\x00 1", "Quầy\u202e1"])
def test_a_name_that_cannot_be_read_is_refused(hospital: Hospital, name: str) -> None:
    with pytest.raises(InvalidField) as refused:
        add(hospital, "Q3", name)

    assert refused.value.field == "name"


def test_a_code_is_given_once_and_a_department_must_be_there(hospital: Hospital) -> None:
    with pytest.raises(CashPointKnown) as refused:
        add(hospital, "Q1", "Quầy khác")
    assert refused.value.extras == {"cash_point": "Q1"}
    with pytest.raises(InvalidField) as unknown:
        add(hospital, "Q3", "Quầy 03", "NO")
    assert unknown.value.field == "department"


def test_a_closed_cash_point_shows_no_code_and_nobody_sits_there(hospital: Hospital) -> None:
    intent = hospital.show(hospital.issue())
    service.show(hospital.runtime, hospital.scope, "Q1", intent.id)

    service.set_active(hospital.runtime, hospital.scope, "Q1", is_active=False)

    assert shown(hospital) == Shown("Q1", 2, None)
    with hospital.runtime.database.reading(hospital.scope) as tx, pytest.raises(NoCashPoint):
        queries.cash_point(tx, "Q1")
    with pytest.raises(NoCashPoint):
        service.set_active(hospital.runtime, hospital.scope, "Q9", is_active=True)


def test_each_showing_has_a_version_of_its_own(hospital: Hospital) -> None:
    first = hospital.show(hospital.issue())
    second = hospital.show(hospital.issue())

    service.show(hospital.runtime, hospital.scope, "Q1", first.id)
    assert shown(hospital) == Shown("Q1", 1, first.id)
    service.show(hospital.runtime, hospital.scope, "Q1", second.id)

    assert shown(hospital) == Shown("Q1", 2, second.id)
    assert shown(hospital, "Q2") == Shown("Q2", 0, None)


def test_clearing_takes_away_what_was_seen_and_nothing_newer(hospital: Hospital) -> None:
    first = hospital.show(hospital.issue())
    second = hospital.show(hospital.issue())
    service.show(hospital.runtime, hospital.scope, "Q1", first.id)
    service.show(hospital.runtime, hospital.scope, "Q1", second.id)

    service.clear(hospital.runtime, hospital.scope, "Q1", seen=1)
    assert shown(hospital) == Shown("Q1", 2, second.id)
    service.clear(hospital.runtime, hospital.scope, "Q1", seen=2)

    assert shown(hospital) == Shown("Q1", 3, None)
