"""Merging moves nothing but the arrow: both numbers are found, books and papers stay."""

from __future__ import annotations

import json
import threading
from uuid import UUID

import pytest
from sqlalchemy import select

from payments.audit import AUDIT_EVENT
from payments.invoicing import queries as invoicing
from payments.kernel.errors import InvalidField
from payments.ledger.rows import POSTING, TXN
from payments.patients import lookup, queries
from payments.patients.merging import Reason, merge, reason_of
from payments.patients.model import CannotMerge, Facts
from payments.patients.scanning import Birth
from payments.patients.service import admit
from payments.storage.unit_of_work import UnitOfWork
from tests.support.hospital import Hospital
from tests.support.orders import orders, row, take


def made(hospital: Hospital, number: str, name: str = "LÊ THỊ THỬ NGHIỆM") -> UUID:
    return admit(hospital.runtime, hospital.scope, number, Facts(name, Birth(1971, 2, 1)))


def join(hospital: Hospital, duplicate: UUID, into: UUID) -> None:
    merge(hospital.runtime, hospital.scope, duplicate, into, Reason.PERSON_SAYS_SO)


def books(tx: UnitOfWork) -> list[tuple[object, ...]]:
    found = [*tx.execute(select(TXN)), *tx.execute(select(POSTING))]
    return sorted((tuple(one) for one in found), key=str)


def test_both_numbers_lead_to_the_record_that_counts(hospital: Hospital) -> None:
    first, second = made(hospital, "99-1"), made(hospital, "99-2")

    join(hospital, first, second)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        keys = hospital.runtime.keys
        for number in ("99-1", "99-2"):
            found = queries.of_number(tx, keys, number)
            masked = lookup.of_file_number(tx, keys, number)
            assert found is not None
            assert masked is not None
            assert found.id == masked.id == second
        assert queries.other_numbers(tx, second) == ("99-1",)
        assert len(queries.search(tx, keys, "le thi thu nghiem")) == 1


def test_nothing_posted_or_printed_changes(hospital: Hospital) -> None:
    invoices = [hospital.issue(), hospital.issue("XN01")]
    code = hospital.show(invoices[0])
    hospital.arrive(hospital.transfer(code.code, code.amount))
    hospital.work()
    with hospital.runtime.database.reading(hospital.scope) as tx:
        before = books(tx), [hospital.view(one) for one in invoices]
        people = [
            queries.of_number(tx, hospital.runtime.keys, one.file_number) for one in before[1]
        ]
    first, second = (one.id for one in people if one is not None)

    join(hospital, first, second)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert (books(tx), [hospital.view(one) for one in invoices]) == before
        records = queries.records_of(tx, second)
        assert set(records) == {first, second}
        assert {one.id for one in invoicing.of_patients(tx, hospital.runtime.keys, records)} == set(
            invoices
        )


def test_orders_of_both_are_on_the_record_that_counts_once(hospital: Hospital) -> None:
    take(hospital, row(file_number="99-1"), row(order_number="CD0002", file_number="99-2"))
    with hospital.runtime.database.reading(hospital.scope) as tx:
        found = [queries.of_number(tx, hospital.runtime.keys, n) for n in ("99-1", "99-2")]
    first, second = (one.id for one in found if one is not None)

    join(hospital, first, second)

    assert len(orders(hospital, "99-1")) == len(orders(hospital, "99-2")) == 2


def test_a_person_of_three_records_is_one_step_away(hospital: Hospital) -> None:
    one, two, three = (made(hospital, f"99-{number}") for number in (1, 2, 3))
    join(hospital, one, two)

    join(hospital, two, three)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert set(queries.records_of(tx, three)) == {one, two, three}
        assert queries.person(tx, hospital.runtime.keys, one).id == three


def test_who_merged_what_and_why_is_in_the_audit_without_a_name(hospital: Hospital) -> None:
    first, second = made(hospital, "99-1"), made(hospital, "99-2")

    join(hospital, first, second)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        kind = AUDIT_EVENT.c.kind == "patient.merged"
        [noted] = tx.execute(select(AUDIT_EVENT).where(kind))
    assert noted.about == f"patient:{first}"
    assert noted.actor == hospital.scope.actor
    assert json.loads(noted.facts) == {"into": str(second), "reason": "person_says_so"}


def test_one_is_not_merged_into_itself_nor_twice(hospital: Hospital) -> None:
    first, second = made(hospital, "99-1"), made(hospital, "99-2")
    with pytest.raises(CannotMerge):
        join(hospital, first, first)
    join(hospital, first, second)

    for pair in ((first, second), (second, first)):
        with pytest.raises(CannotMerge):
            join(hospital, *pair)


def test_two_who_merge_crosswise_make_no_circle(hospital: Hospital) -> None:
    first, second = made(hospital, "99-1"), made(hospital, "99-2")
    refused: list[CannotMerge] = []
    ready = threading.Barrier(2)

    def cross(duplicate: UUID, into: UUID) -> None:
        ready.wait()
        try:
            join(hospital, duplicate, into)
        except CannotMerge as error:
            refused.append(error)

    both = [
        threading.Thread(target=cross, args=pair) for pair in ((first, second), (second, first))
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert len(refused) == 1
    with hospital.runtime.database.reading(hospital.scope) as tx:
        counting = {queries.person(tx, hospital.runtime.keys, one).id for one in (first, second)}
    assert len(counting) == 1


def test_a_reason_is_one_of_the_list() -> None:
    assert reason_of("typed_twice") is Reason.TYPED_TWICE
    with pytest.raises(InvalidField):
        reason_of("vì NGUYỄN VĂN THỬ nói thế")
