"""The inbox holds all that waits, each thing once, the aged first, with owner and deadline."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from payments.bank.model import Direction
from payments.exceptions import service
from payments.exceptions.model import Age, Filter, Item, Kind, Next, chosen, in_order
from payments.exceptions.service import NoException, NotClosable
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from payments.reconciliation import service as days
from payments.reconciliation.importing import take_in
from payments.reconciliation.resolving import book_bank_line
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement


def inbox(hospital: Hospital) -> tuple[Item, ...]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return service.inbox(tx)


def lost(hospital: Hospital, amount: int = 10_000, *, hours: int = 0) -> UUID:
    at = hospital.runtime.clock.now() - timedelta(hours=hours)
    told = hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(amount), at=at))
    assert told.credit is not None
    return told.credit


def test_late_and_over_on_one_code_is_one_row_with_both_flags(hospital: Hospital) -> None:
    shown = hospital.show(hospital.issue())
    late = hospital.runtime.clock.now() + timedelta(hours=2)
    hospital.arrive(hospital.transfer(shown.code, vnd(200_000), at=late))

    [row] = inbox(hospital)

    assert (row.kind, row.amount, row.next) == (Kind.CREDIT, vnd(50_000), Next.ASK_REFUND)
    assert "overpaid" in row.flags


def test_the_aged_come_first_and_each_has_a_deadline(hospital: Hospital) -> None:
    young, old = lost(hospital, 10_000), lost(hospital, 20_000, hours=30)

    rows = inbox(hospital)

    assert [row.subject for row in rows] == [str(old), str(young)]
    # Three working days after Tuesday, 24 November 2026.
    assert str(rows[1].due) == "2026-11-27"
    assert all(row.owner == "" and row.next is Next.FIND_INVOICE for row in rows)


def test_money_out_that_differs_from_the_books_is_there_once(hospital: Hospital) -> None:
    told = hospital.arrive(
        replace(hospital.transfer("PHI SMS", vnd(11_000)), direction=Direction.OUT)
    )
    today = HospitalDay.of(hospital.runtime.clock.now())
    days.run(hospital.runtime, hospital.scope, PAYEE.account, today)

    [row] = inbox(hospital)

    assert (row.kind, row.next, row.amount) == (Kind.OUTGOING, Next.BOOK_FEE, vnd(-11_000))
    assert told.credit is not None
    book_bank_line(hospital.runtime, hospital.scope, told.credit, "phí SMS tháng 11")
    days.run(hospital.runtime, hospital.scope, PAYEE.account, today)
    assert inbox(hospital) == ()


def test_a_difference_waits_until_it_is_explained(hospital: Hospital) -> None:
    shown = hospital.show(hospital.issue())
    hospital.arrive(hospital.transfer(shown.code, vnd(150_000), reference="FT1"))
    take_in(hospital.runtime, hospital.scope, PAYEE.account, a_statement(Moved(5_000, "FT2")))

    rows = {row.kind: row for row in inbox(hospital)}

    assert rows[Kind.FINDING].flag == "missing_there"
    assert rows[Kind.CREDIT].amount == vnd(5_000)


def test_taking_it_on_is_on_record_and_twice_is_once(hospital: Hospital) -> None:
    lost(hospital)
    [row] = inbox(hospital)

    first = service.assign(hospital.runtime, hospital.scope, [row.key], "user:a")
    again = service.assign(hospital.runtime, hospital.scope, [row.key], "user:a")

    [row] = inbox(hospital)
    assert (first, again, row.owner) == (1, 0, "user:a")
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert [(one.event, one.owner) for one in service.history(tx, row)] == [
            ("assigned", "user:a")
        ]


def test_money_is_not_put_away_by_a_reason(hospital: Hospital) -> None:
    lost(hospital)
    [row] = inbox(hospital)

    with pytest.raises(NotClosable):
        service.close(hospital.runtime, hospital.scope, [row.key], "không tìm được")
    with pytest.raises(InvalidField):
        service.close(hospital.runtime, hospital.scope, [row.key], "")

    assert inbox(hospital) == (row,)


def test_what_waits_no_more_is_refused_and_nothing_is_half_done(hospital: Hospital) -> None:
    lost(hospital)
    [row] = inbox(hospital)

    with pytest.raises(NoException):
        service.assign(hospital.runtime, hospital.scope, [row.key, "credit:gone"], "user:a")

    assert inbox(hospital)[0].owner == ""


DAY = HospitalDay.parse("2026-11-24")


def an_item(subject: str, *, age: int = 0, **changes: object) -> Item:
    since = DAY.plus(-age).starts_at
    item = Item(Kind.CREDIT, subject, ("unmatched",), vnd(1_000), since, subject, Next.FIND_INVOICE)
    return replace(item, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("by", "found"),
    [
        (Filter(), ["d", "c", "b", "a"]),
        (Filter(flag="duplicate"), ["b"]),
        (Filter(age=Age.WEEK.value), ["c"]),
        (Filter(age=Age.LONG.value), ["d"]),
        (Filter(owner="user:a"), ["a"]),
        (Filter(owner="-"), ["d", "c", "b"]),
    ],
)
def test_filters_keep_the_order_of_age(by: Filter, found: list[str]) -> None:
    items = in_order(
        (
            an_item("a", owner="user:a"),
            an_item("b", age=1, flags=("duplicate",)),
            an_item("c", age=7),
            an_item("d", age=8),
        )
    )

    assert [one.subject for one in chosen(items, by, DAY)] == found
