"""Orders are taken in once, billed once, and changed after the bill by a person only."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from payments.catalogue.rows import SERVICE_PRICE
from payments.events.delivering import tell_all
from payments.intents.service import cancel_invoice
from payments.interop.orders import changes
from payments.interop.orders.changes import ChangeDecided
from payments.interop.orders.issuing import OrderCancelled, OrdersTaken, issue
from payments.interop.orders.model import Change, WrongOrders
from payments.interop.orders.queries import ChangeView, Standing, changes_for, open_for, patient_of
from payments.interop.orders.rows import ORDER_LINE
from payments.interop.orders.taking import Taken, take_in
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import vnd
from payments.kernel.scope import FacilityId, Scope
from payments.storage.inserting import insert_new
from tests.support.hospital import Hospital
from tests.support.orders import FILE_NUMBER, ids, orders, row, take
from tests.support.receivers import Receiver


def _issue(hospital: Hospital) -> UUID:
    return issue(hospital.runtime, hospital.scope, ids(hospital))


def _changes(hospital: Hospital) -> tuple[ChangeView, ...]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        patient = patient_of(tx, hospital.runtime.keys, FILE_NUMBER)
        assert patient is not None
        return changes_for(tx, patient.patient)


def _count(hospital: Hospital, table: Any) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        counted = select(func.count()).where(table.c.facility_id == tx.facility)
        return int(tx.execute(counted).scalar_one())


def _standings(hospital: Hospital) -> list[Standing]:
    return [one.standing for one in orders(hospital)]


def _pay(hospital: Hospital, invoice: UUID) -> None:
    code = hospital.show(invoice)
    hospital.arrive(hospital.transfer(code.code, code.amount))


def test_orders_appear_for_their_patient_at_the_catalogue_s_price(hospital: Hospital) -> None:
    taken = take(hospital, row(), row(line=2, service_code="XN01", quantity=2))

    assert taken == Taken(added=2, changed=0, repeated=0, stale=0, drafted=0)
    assert [(one.number, one.line, one.amount.dong) for one in orders(hospital)] == [
        ("CD0001", 1, 150_000),
        ("CD0001", 2, 184_000),
    ]


def test_the_same_orders_again_add_nothing(hospital: Hospital) -> None:
    take(hospital, row())

    assert take(hospital, row()).repeated == 1
    assert _count(hospital, ORDER_LINE) == 1


def test_the_same_number_of_another_program_is_another_order(hospital: Hospital) -> None:
    take(hospital, row())
    take(hospital, row(), source="lis")

    assert len(orders(hospital)) == 2


def test_a_newer_version_wins_and_an_older_one_changes_nothing(hospital: Hospital) -> None:
    take(hospital, row(version=2, quantity=5))

    assert take(hospital, row(version=1, quantity=9)).stale == 1
    assert take(hospital, row(version=3, quantity=7)).changed == 1
    assert [one.quantity for one in orders(hospital)] == [7]


def test_a_cancelled_order_is_not_open(hospital: Hospital) -> None:
    take(hospital, row(), row(line=2))
    take(hospital, row(version=2, status="cancelled"))

    with hospital.runtime.database.reading(hospital.scope) as tx:
        patient = patient_of(tx, hospital.runtime.keys, FILE_NUMBER)
        assert patient is not None
        assert [one.line for one in open_for(tx, patient.patient)] == [2]
    with pytest.raises(OrderCancelled):
        _issue(hospital)


def test_the_price_is_that_of_the_day_of_the_order(hospital: Hospital) -> None:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        today = HospitalDay.of(tx.now())
        insert_new(
            tx,
            SERVICE_PRICE,
            {"service_code": "KB01", "valid_from": today.date, "price": 170_000},
        )
    take(hospital, row(ordered_on="2026-11-23"), row(line=2))

    invoice = _issue(hospital)

    assert [line.unit_price.dong for line in hospital.view(invoice).lines] == [150_000, 170_000]


@pytest.mark.parametrize(
    ("changes", "column", "key"),
    [
        ({"unit_price": 149_000}, "unit_price", "order_other_price"),
        ({"service_code": "ZZ99"}, "service_code", "order_no_service"),
        ({"ordered_on": "2020-01-01"}, "service_code", "order_no_service"),
    ],
)
def test_a_price_or_service_that_the_catalogue_lacks_refuses_the_whole(
    hospital: Hospital, changes: dict[str, object], column: str, key: str
) -> None:
    with pytest.raises(WrongOrders) as refused:
        take(hospital, row(order_number="CD0009"), row(**changes))

    [problem] = refused.value.problems
    assert (problem.line, problem.field, problem.key) == (3, column, key)
    assert _count(hospital, ORDER_LINE) == 0
    assert orders(hospital) == ()


def test_a_declared_price_that_agrees_is_taken(hospital: Hospital) -> None:
    assert take(hospital, row(unit_price=150_000)).added == 1


def test_one_version_that_says_two_things_is_refused(hospital: Hospital) -> None:
    take(hospital, row())

    with pytest.raises(WrongOrders) as refused:
        take(hospital, row(quantity=2), row(order_number="CD0002"))

    assert [one.key for one in refused.value.problems] == ["order_same_version"]
    assert _count(hospital, ORDER_LINE) == 1


def test_orders_are_billed_once_however_often_it_is_asked(hospital: Hospital) -> None:
    take(hospital, row(), row(line=2, service_code="XN01"))

    first, second = _issue(hospital), _issue(hospital)

    assert first == second
    assert hospital.view(first).total == vnd(242_000)
    assert _standings(hospital) == [Standing.BILLED, Standing.BILLED]
    _pay(hospital, first)
    assert _standings(hospital) == [Standing.PAID, Standing.PAID]


def test_a_part_that_was_billed_before_refuses_the_other_choice(hospital: Hospital) -> None:
    take(hospital, row(), row(line=2))
    first, second = ids(hospital)
    issue(hospital.runtime, hospital.scope, [first])

    with pytest.raises(OrdersTaken):
        issue(hospital.runtime, hospital.scope, [first, second])
    assert _count(hospital, INVOICE) == 1


@pytest.mark.parametrize("is_same", [True, False])
def test_two_desks_that_bill_the_same_order_at_once_make_one_invoice(
    hospital: Hospital, *, is_same: bool
) -> None:
    take(hospital, row(), row(line=2))
    first, second = ids(hospital)
    chosen = [[first], [first] if is_same else [first, second]]
    made: list[UUID] = []
    refused: list[OrdersTaken] = []
    start = threading.Barrier(2)

    def desk(wanted: list[UUID]) -> None:
        start.wait()
        try:
            made.append(issue(hospital.runtime, hospital.scope, wanted))
        except OrdersTaken as error:
            refused.append(error)

    desks = [threading.Thread(target=desk, args=(one,)) for one in chosen]
    for one in desks:
        one.start()
    for one in desks:
        one.join()

    assert len(set(made)) == 1
    # Who chose more is refused where the other was first; who chose less gets what is there.
    assert len(made) + len(refused) == 2
    assert not (is_same and refused)
    assert _count(hospital, INVOICE) == 1


def test_orders_of_two_patients_or_none_or_unknown_ones_make_no_invoice(
    hospital: Hospital,
) -> None:
    other = "99-700002"
    take(hospital, row(), row(order_number="CD2", file_number=other, patient_name="HOÀNG VĂN THỬ"))
    both = [*ids(hospital), *(one.id for one in orders(hospital, other))]
    runtime, scope = hospital.runtime, hospital.scope

    for wrong in (both, []):
        with pytest.raises(InvalidField):
            issue(runtime, scope, wrong)
    with pytest.raises(NotFound):
        issue(runtime, scope, [UUID(int=7)])
    assert _count(hospital, INVOICE) == 0


def test_a_cancelled_invoice_opens_its_orders_again(hospital: Hospital) -> None:
    take(hospital, row())
    first = _issue(hospital)
    cancel_invoice(hospital.runtime, hospital.scope, first, "nhập nhầm")

    assert _standings(hospital) == [Standing.OPEN]
    second = _issue(hospital)
    assert second != first
    assert _standings(hospital) == [Standing.BILLED]


def test_a_smaller_quantity_after_the_invoice_is_credited_when_a_person_says_so(
    hospital: Hospital,
) -> None:
    take(hospital, row(quantity=3))
    invoice = _issue(hospital)

    assert take(hospital, row(version=2, quantity=1)).drafted == 1
    assert hospital.view(invoice).credited == vnd(0)
    [change] = _changes(hospital)
    assert (change.kind, change.amount) == (Change.CREDIT, vnd(300_000))

    assert changes.confirm(hospital.runtime, hospital.scope, change.id) == invoice
    assert hospital.view(invoice).due == vnd(150_000)
    assert _changes(hospital) == ()
    with pytest.raises(ChangeDecided):
        changes.confirm(hospital.runtime, hospital.scope, change.id)
    assert hospital.view(invoice).credited == vnd(300_000)


def test_a_larger_quantity_after_the_invoice_is_a_supplementary_invoice(hospital: Hospital) -> None:
    take(hospital, row())
    invoice = _issue(hospital)
    _pay(hospital, invoice)
    take(hospital, row(version=2, quantity=3))
    [change] = _changes(hospital)

    more = changes.confirm(hospital.runtime, hospital.scope, change.id)

    assert more != invoice
    assert hospital.view(more).total == vnd(300_000)
    assert _standings(hospital) == [Standing.BILLED], "the supplement is still to be paid"
    _pay(hospital, more)
    assert _standings(hospital) == [Standing.PAID]
    assert take(hospital, row(version=3, quantity=3)).drafted == 0


def test_another_service_is_a_credit_and_a_supplement(hospital: Hospital) -> None:
    take(hospital, row())
    invoice = _issue(hospital)
    take(hospital, row(version=2, service_code="XN01"))
    kinds = {one.kind: one for one in _changes(hospital)}
    assert set(kinds) == {Change.CREDIT, Change.SUPPLEMENT}

    changes.confirm(hospital.runtime, hospital.scope, kinds[Change.CREDIT].id)
    more = changes.confirm(hospital.runtime, hospital.scope, kinds[Change.SUPPLEMENT].id)

    assert hospital.view(invoice).due == vnd(0)
    assert hospital.view(more).due == vnd(92_000)
    assert _changes(hospital) == ()
    assert take(hospital, row(version=3, service_code="XN01")).drafted == 0


def test_an_order_that_is_cancelled_after_payment_is_credited_and_refund_is_left_to_people(
    hospital: Hospital,
) -> None:
    take(hospital, row(), row(line=2, service_code="XN01"))
    invoice = _issue(hospital)
    _pay(hospital, invoice)
    take(hospital, row(version=2, status="cancelled"))
    [change] = _changes(hospital)

    changes.confirm(hospital.runtime, hospital.scope, change.id)

    view = hospital.view(invoice)
    assert (view.credited, view.paid, view.due) == (vnd(150_000), vnd(242_000), vnd(0))
    assert sorted(_standings(hospital)) == [Standing.CANCELLED, Standing.PAID]


def test_a_still_newer_version_replaces_the_draft(hospital: Hospital) -> None:
    take(hospital, row(quantity=3))
    _issue(hospital)
    take(hospital, row(version=2, quantity=1))
    [former] = _changes(hospital)
    take(hospital, row(version=3, quantity=2))

    [change] = _changes(hospital)
    assert change.amount == vnd(150_000)
    with pytest.raises(ChangeDecided):
        changes.confirm(hospital.runtime, hospital.scope, former.id)
    assert take(hospital, row(version=4, quantity=3)).drafted == 0
    assert _changes(hospital) == ()


def test_a_dismissed_change_leaves_the_bill_and_keeps_the_reason(hospital: Hospital) -> None:
    take(hospital, row(quantity=3))
    invoice = _issue(hospital)
    take(hospital, row(version=2, quantity=1))
    [change] = _changes(hospital)

    with pytest.raises(InvalidField):
        changes.dismiss(hospital.runtime, hospital.scope, change.id, "")
    changes.dismiss(hospital.runtime, hospital.scope, change.id, "đã làm đủ 3 lần")

    assert _changes(hospital) == ()
    assert hospital.view(invoice).credited == vnd(0)


def test_a_billed_order_does_not_move_to_another_patient(hospital: Hospital) -> None:
    take(hospital, row())
    moved = row(version=2, file_number="99-700009", patient_name="VŨ VĂN THỬ")
    _issue(hospital)

    with pytest.raises(WrongOrders) as refused:
        take(hospital, moved)
    assert [one.key for one in refused.value.problems] == ["order_other_patient"]


def test_the_paid_event_names_the_orders(hospital: Hospital) -> None:
    receiver = Receiver(hospital.runtime, hospital)
    receiver.subscribe()
    take(hospital, row(), row(line=2), row(order_number="CD0002"))
    _pay(hospital, _issue(hospital))
    tell_all(hospital.runtime, hospital.scope, receiver.sender)

    assert receiver.types == ["invoice.issued", "invoice.paid"]
    for body in receiver.bodies:
        assert body["data"]["orders"] == [
            {"source": "his", "number": "CD0001", "lines": [1, 2]},
            {"source": "his", "number": "CD0002", "lines": [1]},
        ]


def test_an_import_and_a_desk_at_once_never_bill_an_old_version_in_silence(
    hospital: Hospital, clock: FrozenClock
) -> None:
    for number in range(4):
        clock.advance(timedelta(seconds=1))
        order = f"CDX{number}"
        take(hospital, row(order_number=order))
        [one] = [x.id for x in orders(hospital) if x.number == order]
        start = threading.Barrier(2)

        def import_newer(order: str = order, start: threading.Barrier = start) -> None:
            start.wait()
            take(hospital, row(order_number=order, version=2, quantity=2))

        def bill(one: UUID = one, start: threading.Barrier = start) -> None:
            start.wait()
            issue(hospital.runtime, hospital.scope, [one])

        both = [threading.Thread(target=work) for work in (import_newer, bill)]
        for each in both:
            each.start()
        for each in both:
            each.join()

        [after] = [x for x in orders(hospital) if x.number == order]
        assert after.invoice is not None
        billed = hospital.view(after.invoice).total.dong
        waits = [x.amount.dong for x in _changes(hospital) if x.number == order]
        assert billed + sum(waits) == 300_000


def test_no_facility_sees_or_bills_the_orders_of_another(hospital: Hospital) -> None:
    if not hospital.runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    theirs = Hospital(hospital.runtime, Scope(FacilityId(99002), "user:them", "r"))
    take(theirs, row())

    assert orders(hospital) == ()
    with pytest.raises(NotFound):
        issue(hospital.runtime, hospital.scope, ids(theirs))


def test_a_source_that_is_no_name_is_refused(hospital: Hospital) -> None:
    with pytest.raises(InvalidField):
        take_in(hospital.runtime, hospital.scope, "HIS; DROP", [])
