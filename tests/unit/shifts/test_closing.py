"""The end of a shift: counted blind, what differs is booked, every receipt in exactly one shift."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import select

from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.receipts import cash
from payments.receipts.rows import CASH_PAYMENT
from payments.shifts import queries
from payments.shifts.closing import CountRequest, count_drawer, expected_cash
from payments.shifts.model import Count, NoShift
from tests.support.hospital import Hospital

FLOAT = vnd(500_000)
PRICE = vnd(150_000)


def count(hospital: Hospital, shift: UUID, counted: Money, *, by: str = "") -> Count:
    return count_drawer(hospital.runtime, hospital.by(by), CountRequest(shift, counted))


def explain(hospital: Hospital, found: Count, reason: str = "thối nhầm cho khách") -> Count:
    asked = CountRequest(found.shift, found.counted, found.expected, reason)
    return count_drawer(hospital.runtime, hospital.scope, asked)


def test_a_drawer_that_agrees_closes_the_shift(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    hospital.hand_over(hospital.issue(), vnd(200_000))

    found = count(hospital, shift.id, FLOAT + PRICE)

    assert (found.closes, found.difference, found.number) == (True, ZERO, 1)
    assert hospital.balance("5300") == ZERO
    with pytest.raises(NoShift):
        hospital.hand_over(hospital.issue(), PRICE)
    assert hospital.open_shift().id != shift.id


@pytest.mark.parametrize(("missing", "booked"), [(20_000, 20_000), (-5_000, -5_000)])
def test_a_difference_needs_a_reason_and_is_booked_as_over_or_short(
    hospital: Hospital, missing: int, booked: int
) -> None:
    shift = hospital.open_shift()
    hospital.hand_over(hospital.issue(), PRICE)

    first = count(hospital, shift.id, FLOAT + PRICE - vnd(missing))
    assert (first.closes, first.difference) == (False, vnd(-missing))
    assert hospital.balance("5300") == ZERO
    last = explain(hospital, first)

    assert (last.closes, last.times, last.reason) == (True, 1, "thối nhầm cho khách")
    assert hospital.balance("5300") == vnd(booked)
    assert hospital.balance("1000:Q1") == PRICE - vnd(missing)


def test_a_second_click_closes_and_books_once(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    first = count(hospital, shift.id, FLOAT - vnd(10_000))

    assert count(hospital, shift.id, FLOAT - vnd(10_000)) == first
    assert explain(hospital, first) == explain(hospital, first)

    assert hospital.balance("5300") == vnd(10_000)


def test_a_reason_for_another_difference_closes_nothing(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    first = count(hospital, shift.id, FLOAT - vnd(10_000))
    hospital.hand_over(hospital.issue(), PRICE)

    again = explain(hospital, first)

    assert (again.closes, again.difference) == (False, vnd(-10_000) - PRICE)
    assert hospital.balance("5300") == ZERO


def test_every_count_is_kept_so_that_nobody_counts_until_it_fits(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    count(hospital, shift.id, FLOAT - vnd(10_000))
    count(hospital, shift.id, FLOAT - vnd(5_000))

    assert count(hospital, shift.id, FLOAT).number == 3


def test_nobody_closes_the_shift_of_another(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    hospital.open_shift("Q2", by="user:other")

    with pytest.raises(NoShift):
        count(hospital, shift.id, FLOAT, by="user:other")


def test_a_closed_shift_is_shown_to_nobody_else_by_a_second_click(hospital: Hospital) -> None:
    shift = hospital.open_shift()
    count(hospital, shift.id, FLOAT)

    with pytest.raises(NoShift):
        count(hospital, shift.id, FLOAT, by="user:other")


@pytest.mark.parametrize("dong", [-1, 100_000_000_001])
def test_a_count_that_no_drawer_holds_is_refused(hospital: Hospital, dong: int) -> None:
    shift = hospital.open_shift()

    with pytest.raises(InvalidField) as refused:
        count(hospital, shift.id, vnd(dong))

    assert refused.value.field == "counted"


def test_expected_cash_does_not_depend_on_the_order_of_payments(hospital: Hospital) -> None:
    """Acceptance 8: change subtracted; older invoices count where the money was taken."""
    notes = [PRICE, vnd(200_000), vnd(500_000), vnd(151_000)]
    older = [hospital.issue() for _ in notes]
    expected = set()
    for seed in range(3):
        shift = hospital.open_shift()
        mixed = random.Random(seed).sample(notes, len(notes))
        for number, tendered in enumerate(mixed):
            hospital.hand_over(older[number] if not seed else hospital.issue(), tendered)
        with hospital.runtime.database.reading(hospital.scope) as tx:
            total = cash.of_shift(tx, shift.id)
            books = expected_cash(tx, shift)
        assert books == shift.opening_float + total.tendered - total.change
        expected.add(books)
        count(hospital, shift.id, books)

    assert expected == {FLOAT + vnd(4 * 150_000)}


def test_a_shift_that_closes_during_twenty_payments_has_every_receipt_in_exactly_one(
    hospital: Hospital,
) -> None:
    """K7, receipts: what is refused took nothing; what is taken is in the expected cash."""
    shift = hospital.open_shift()
    invoices = [hospital.issue() for _ in range(20)]

    def pay(invoice: UUID) -> bool:
        try:
            hospital.hand_over(invoice, PRICE)
        except NoShift:
            return False
        return True

    def close() -> Count:
        first = count(hospital, shift.id, FLOAT)
        while not first.closes:
            first = explain(hospital, first)
        return first

    with ThreadPoolExecutor(6) as pool:
        paid = [pool.submit(pay, invoice) for invoice in invoices[:10]]
        closing = pool.submit(close)
        paid += [pool.submit(pay, invoice) for invoice in invoices[10:]]
        taken = [one.result() for one in paid].count(True)
        last = closing.result()

    with hospital.runtime.database.reading(hospital.scope) as tx:
        closed = queries.shift(tx, shift.id)
        receipts = tx.execute(select(CASH_PAYMENT.c.shift_id)).scalars().all()
    assert closed is not None
    assert closed.is_closed
    assert receipts == [shift.id] * taken
    assert last.expected == FLOAT + vnd(150_000 * taken)
    following = hospital.open_shift()
    for invoice in invoices:
        if not hospital.payments(invoice):
            hospital.hand_over(invoice, PRICE)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert cash.of_shift(tx, following.id).number == 20 - taken
        assert cash.of_shift(tx, shift.id).number == taken
