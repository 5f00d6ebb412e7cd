"""Lists are read in pages: each row once, whatever is added meanwhile; filters are exact."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from payments.invoicing.listing import Wanted, page
from payments.invoicing.status import Payment
from payments.kernel.clock import FrozenClock
from payments.runtime import Runtime
from tests.support.hospital import Hospital
from tests.support.program import PREFIX, Program, new_token


def walk(program: Program, path: str, between: Any = None) -> list[dict[str, Any]]:
    """Read all pages by their Link headers; *between* runs after each page."""
    found: list[dict[str, Any]] = []
    while path:
        answer = program.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found += answer.get_json()["items"]
        link = answer.headers.get("Link", "")
        assert bool(link) == (answer.get_json()["next"] is not None)
        path = link.partition(">")[0].removeprefix("<" + PREFIX)
        if between is not None:
            between()
    return found


@pytest.mark.parametrize("seed", range(6))
def test_walking_gives_each_invoice_once_while_others_are_added(
    program: Program, hospital: Hospital, clock: FrozenClock, seed: int
) -> None:
    chance = random.Random(seed)

    def add() -> None:
        for _ in range(chance.randrange(3)):
            hospital.issue()
            # Several in one moment: only the id tells them apart.
            clock.advance(timedelta(seconds=chance.choice((0, 0, 1))))

    while len(program.get("/invoices?limit=200").get_json()["items"]) < 12:
        add()
    at_start = [row["id"] for row in program.get("/invoices?limit=200").get_json()["items"]]

    seen = [row["id"] for row in walk(program, f"/invoices?limit={chance.randint(1, 5)}", add)]

    assert len(seen) == len(set(seen))
    assert [one for one in seen if one in set(at_start)] == at_start
    assert seen == at_start


def test_walking_the_price_list_gives_each_service_once(program: Program) -> None:
    whole = program.get("/services?limit=200").get_json()["items"]

    walked = walk(program, "/services?limit=3")

    assert walked == whole
    assert len({row["code"] for row in whole}) == len(whole) > 3


def test_events_go_on_where_the_reader_stopped(program: Program, hospital: Hospital) -> None:
    hospital.issue()
    hospital.work()
    first = program.get("/events").get_json()
    assert [event["seq"] for event in first["items"]] == [1]
    assert first["items"][0]["kind"] == "invoice.issue"

    nothing = program.get(f"/events?cursor={first['next']}").get_json()
    invoice = hospital.issue()
    code = hospital.show(invoice)
    hospital.arrive(hospital.transfer(code.code, code.amount))
    hospital.work()
    more = program.get(f"/events?cursor={nothing['next']}&limit=1").get_json()
    last = program.get(f"/events?cursor={more['next']}").get_json()

    assert nothing["items"] == []
    assert [event["seq"] for event in more["items"] + last["items"]] == [2, 3]
    paid = last["items"][0]
    assert paid["amount"] == {"amount": 150_000, "currency": "VND"}
    assert {"kind": "invoice", "id": str(invoice)} in paid["subjects"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: cursor[:-2],
        lambda cursor: cursor + "A",
        lambda cursor: ("B" if cursor[0] == "A" else "A") + cursor[1:],
        lambda cursor: cursor[:-1] + ("B" if cursor[-1] == "A" else "A"),
        lambda cursor: "x",
        lambda cursor: "W" * 500,
    ],
)
def test_cursor_that_we_did_not_make_is_refused(  # type: ignore[no-untyped-def]
    program: Program, hospital: Hospital, spoil
) -> None:
    cursor = program.get("/services?limit=1").get_json()["next"]

    answer = program.get(f"/services?limit=1&cursor={spoil(cursor)}")

    assert answer.status_code == 400
    assert answer.get_json()["type"] == "/problems/bad-cursor"


def test_cursor_of_one_list_is_none_of_another(program: Program, hospital: Hospital) -> None:
    for _ in range(3):
        hospital.issue()
    cursor = program.get("/invoices?limit=1&payment=unpaid").get_json()["next"]

    same = program.get(f"/invoices?limit=2&payment=unpaid&cursor={cursor}")
    others = [
        program.get(f"{path}cursor={cursor}")
        for path in ("/invoices?", "/invoices?payment=paid&", "/services?", "/events?")
    ]

    assert same.status_code == 200
    assert {answer.status_code for answer in others} == {400}


def test_lists_know_each_payment_state_as_the_rules_name_it(
    program: Program, hospital: Hospital
) -> None:
    """Amounts of every kind; the condition of SQL and the rule in Python must say the same."""
    database = hospital.runtime.database
    amounts = [
        (total, credited, paid, refunded)
        for total in (0, 100)
        for credited in (0, 40, 100)
        for paid in (0, 60, 100)
        for refunded in (0, 60, 100)
        if max(credited, paid) <= total and refunded <= paid
    ]
    for total, credited, paid, refunded in amounts:
        invoice = hospital.issue()
        with database.transaction(hospital.scope) as tx:
            tx.connection.exec_driver_sql(
                f"UPDATE invoice SET total={total}, credited={credited}, paid={paid},"
                f" refunded={refunded} WHERE id = '{invoice}'"
            )

    with database.reading(hospital.scope) as tx:
        keys = hospital.runtime.keys
        everything = page(tx, keys, Wanted(), after=None, limit=1000)
        for state in Payment:
            found = page(tx, keys, Wanted(payment=state), after=None, limit=1000)
            expected = [view.id for view in everything if view.payment is state]
            assert [view.id for view in found] == expected, state
    assert {view.payment for view in everything} == set(Payment)
    assert len(everything) == len(amounts)


def test_filters_by_day_state_and_patient(
    program: Program, hospital: Hospital, clock: FrozenClock
) -> None:
    first = program.issue(number=1)
    clock.advance(timedelta(hours=16, minutes=29, seconds=59))  # 23:59:59 in the hospital
    last = program.issue(number=2)
    clock.advance(timedelta(seconds=1))
    morrow = program.issue(number=1)
    program.post(f"/invoices/{last['id']}/cancel", {"reason": "Đổi dịch vụ"})

    def ids(query: str) -> list[str]:
        return [row["id"] for row in program.get(f"/invoices?{query}").get_json()["items"]]

    assert ids("day=2026-11-24") == [last["id"], first["id"]]
    assert ids("day=2026-11-25") == [morrow["id"]]
    assert ids("document=cancelled") == [last["id"]]
    assert ids("file_number=99-000001") == [morrow["id"], first["id"]]
    assert ids("file_number=99-000001&day=2026-11-24&payment=unpaid&document=issued") == [
        first["id"]
    ]
    assert ids("payment=paid") == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=%2B5",
        "limit=1e2",
        "limit=",
        "limit=5&limit=6",
        "limit=٥",
        "day=24/11/2026",
        "day=2026-02-30",
        "day=20261124",
        "day=1999-12-31",
        "document=gone",
        "payment=",
        "file_number=a%00b",
        "file_number=99'--",
        "state=unpaid",
        "Limit=5",
    ],
)
def test_wrong_or_unknown_parameter_is_named(
    program: Program, hospital: Hospital, query: str
) -> None:
    answer = program.get(f"/invoices?{query}")

    told = answer.get_json()
    assert answer.status_code == 422
    assert told["type"] == "/problems/invalid-input"
    assert [error["parameter"] for error in told["errors"]] == [query.partition("=")[0]]


def test_view_without_parameters_refuses_them(program: Program, hospital: Hospital) -> None:
    answer = program.get(f"/invoices/{hospital.issue()}?expand=lines")

    assert answer.status_code == 422
    assert answer.get_json()["errors"] == [{"parameter": "expand", "detail": "Unknown field."}]


def test_list_shows_no_name_in_full(
    app: Flask, program: Program, hospital: Hospital, runtime: Runtime
) -> None:
    program.issue(number=7)
    reader = Program(app.test_client(), new_token(runtime, hospital.scope))

    for path in ("/invoices", "/patients?file_number=99-000007"):
        text = reader.get(path).get_data(as_text=True)
        assert "VĂN" not in text.encode().decode("unicode_escape", "ignore")
        assert "N*** V***" in text
