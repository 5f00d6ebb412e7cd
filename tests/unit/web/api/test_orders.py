"""Orders of a HIS by the API: the rules of the file, the places of the body."""

from __future__ import annotations

from typing import Any

import pytest

from payments.web.api.orders import EXAMPLE, LINES_MAX
from tests.support import orders as files
from tests.support.hospital import Hospital
from tests.support.program import Program

NOTHING = {"added": 0, "changed": 0, "repeated": 0, "stale": 0, "drafted": 0}


def line(**changes: Any) -> dict[str, Any]:
    """One line of the example without a price, changed."""
    told = {name: value for name, value in EXAMPLE["orders"][0].items() if name != "unit_price"}  # type: ignore[index]
    return told | changes


def body(*lines: dict[str, Any], source: str = "his") -> dict[str, Any]:
    return {"source": source, "orders": list(lines)}


def wrong(program: Program, told: object) -> dict[str, str]:
    """Send what is refused; gives what was said of each place, by pointer."""
    answer = program.post("/orders", told)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    found = answer.get_json()
    assert found["type"] == "/problems/invalid-input"
    return {one["pointer"]: one["detail"] for one in found["errors"]}


def test_orders_of_a_program_stand_beside_those_of_a_file(
    program: Program, hospital: Hospital
) -> None:
    files.take(hospital, files.row(order_number="CD0009"))

    answer = program.post("/orders", body(line(), line(line=2, service_code="XN01", quantity=2)))

    assert (answer.status_code, answer.get_json()) == (200, NOTHING | {"added": 2})
    assert len(files.orders(hospital)) == 3


def test_a_line_of_a_file_told_again_by_the_program_is_the_same_line(
    program: Program, hospital: Hospital
) -> None:
    files.take(hospital, files.row())

    answer = program.post("/orders", body(line()))

    assert answer.get_json() == NOTHING | {"repeated": 1}
    assert len(files.orders(hospital)) == 1


def test_a_request_sent_twice_is_answered_twice_alike(program: Program, hospital: Hospital) -> None:
    first = program.post("/orders", body(line()), key="once")
    again = program.post("/orders", body(line()), key="once")
    other = program.post("/orders", body(line(quantity=3)), key="once")

    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.get_json() == NOTHING | {"added": 1}
    assert other.get_json()["type"] == "/problems/idempotency-key-reused"
    assert [one.quantity for one in files.orders(hospital)] == [1]


def test_a_newer_version_wins_and_an_older_is_ignored(program: Program, hospital: Hospital) -> None:
    program.post("/orders", body(line(version=2)))

    older = program.post("/orders", body(line(version=1, quantity=9)))
    newer = program.post("/orders", body(line(version=3, quantity=4)))

    assert older.get_json() == NOTHING | {"stale": 1}
    assert newer.get_json() == NOTHING | {"changed": 1}
    assert [one.quantity for one in files.orders(hospital)] == [4]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"order_number": "a b"}, "order_number"),
        ({"service_code": "NO99"}, "service_code"),
        ({"ordered_on": "2026-11-25"}, "ordered_on"),
        ({"ordered_on": "2026-02-30"}, "ordered_on"),
        ({"file_number": "a b"}, "file_number"),
        ({"patient_name": "=HYPERLINK(1)"}, "patient_name"),
        ({"birth_year": 2030}, "birth_year"),
        ({"unit_price": {"amount": 1, "currency": "VND"}}, "unit_price"),
    ],
)
def test_a_wrong_line_is_named_by_its_place_and_nothing_is_taken(
    program: Program, hospital: Hospital, change: dict[str, Any], place: str
) -> None:
    good = line(order_number="CD0100", file_number="99-700009")

    found = wrong(program, body(good, line(**change)))

    assert list(found) == [f"/orders/1/{place}"]
    assert found[f"/orders/1/{place}"]
    assert files.orders(hospital) == ()
    assert files.orders(hospital, "99-700009") == ()


def test_a_refused_request_leaves_its_key_free(program: Program, hospital: Hospital) -> None:
    program.post("/orders", body(line(service_code="NO99")), key="again")

    mended = program.post("/orders", body(line()), key="again")

    assert mended.get_json() == NOTHING | {"added": 1}


def test_the_place_is_explained_in_the_language_that_is_asked_for(program: Program) -> None:
    said = set()
    for language in ("vi", "en", "fr"):
        program.headers = {"Accept-Language": language}
        said.add(wrong(program, body(line(service_code="NO99")))["/orders/0/service_code"])

    assert len(said) == 3
    assert all("NO99" in text for text in said)


def test_a_line_twice_and_two_names_are_named(program: Program) -> None:
    twice = wrong(program, body(line(), line()))
    names = wrong(program, body(line(), line(line=2, patient_name="LÊ THỊ KHÁC")))

    assert list(twice) == ["/orders/1/line"]
    assert list(names) == ["/orders/1/patient_name"]


def test_shape_is_strict(program: Program) -> None:
    assert list(wrong(program, body())) == ["/orders"]
    assert list(wrong(program, body(line(), source="HIS; DROP"))) == ["/source"]
    assert list(wrong(program, body(line(quantity="1")))) == ["/orders/0/quantity"]
    assert list(wrong(program, body(line(diagnosis="x")))) == ["/orders/0/diagnosis"]
    assert list(wrong(program, body(line(status="maybe")))) == ["/orders/0/status"]
    many = [line(line=number) for number in range(1, LINES_MAX + 2)]
    assert list(wrong(program, body(*many))) == ["/orders"]


def test_as_many_as_promised_are_taken_in_at_once(program: Program) -> None:
    price = {"amount": 150_000, "currency": "VND"}
    many = [line(line=number, unit_price=price) for number in range(1, LINES_MAX + 1)]

    answer = program.post("/orders", body(*many))

    assert answer.get_json() == NOTHING | {"added": LINES_MAX}
