"""The feed of provisional costs: taken once, a level told, and a wrong part named by its place."""

from __future__ import annotations

from typing import Any

from payments.patients.service import register
from payments.stays.service import Admission, admit
from payments.web.api.stays import EXAMPLE
from tests.support.hospital import Hospital
from tests.support.program import Program


def a_stay(hospital: Hospital) -> str:
    patient = hospital.runtime.database.run(
        hospital.scope,
        lambda tx: register(
            tx, hospital.runtime.keys, file_number="99-900001", name="LÊ THỊ THỬ", birth_year=1960
        ),
    )
    return admit(hospital.runtime, hospital.scope, Admission(patient, "KB", "admit-1")).number


def told(stay: str, **changes: Any) -> dict[str, Any]:
    return EXAMPLE | {"stay": stay} | changes


def test_a_cost_of_the_hospitals_system_is_held_against_the_advance(
    program: Program, hospital: Hospital
) -> None:
    stay = a_stay(hospital)

    answer = program.post("/stays/costs", told(stay))

    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.get_json() == {
        "stay": stay,
        "level": 100,
        "advance": {"amount": 0, "currency": "VND"},
    }


def test_a_part_above_the_whole_and_an_unknown_stay_are_refused(
    program: Program, hospital: Hospital
) -> None:
    stay = a_stay(hospital)

    above = program.post("/stays/costs", told(stay, total={"amount": 1, "currency": "VND"}))
    unknown = program.post("/stays/costs", told("NT26999999"))

    assert above.status_code == 422
    assert "/own/amount" in above.get_data(as_text=True)
    assert (unknown.status_code, unknown.get_json()["type"]) == (404, "/problems/no-stay")
