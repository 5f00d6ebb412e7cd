"""Money that a person attaches is a payment of its invoice: once, with paper, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from payments.bank.rows import BANK_CREDIT
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, Rejected
from payments.kernel.money import ZERO, vnd
from payments.ledger import queries as ledger
from payments.receipts.model import Flag, Purpose
from payments.receipts.rows import PAYMENT, SUSPENSE_MATCH
from payments.reconciliation.income import take_as_income
from payments.reconciliation.resolving import attach
from payments.statements import day
from payments.storage.unit_of_work import UnitOfWork
from tests.support.hospital import Hospital
from tests.support.oracle import findings

TODAY = HospitalDay.parse("2026-11-24")


def lost(hospital: Hospital, amount: int) -> UUID:
    told = hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(amount)))
    assert told.credit is not None
    return told.credit


def match(hospital: Hospital, credit: UUID, invoice: UUID) -> None:
    attach(hospital.runtime, hospital.scope, credit, invoice, "người bệnh xác nhận")


def test_attached_money_gets_a_receipt_and_is_on_the_invoice(hospital: Hospital) -> None:
    invoice, credit = hospital.issue(), lost(hospital, 150_000)

    for _ in range(2):
        match(hospital, credit, invoice)
    hospital.work()

    [payment] = hospital.payments(invoice)
    assert (payment.received, payment.applied, payment.shown) == (ZERO, vnd(150_000), vnd(150_000))
    assert payment.flags == {Flag.ATTACHED}
    assert payment.receipt_number == "BL26000001"
    assert findings(hospital.runtime, hospital.scope) == []


def test_excess_that_found_another_invoice_waits_no_more_on_the_first(hospital: Hospital) -> None:
    first, second = hospital.issue(), hospital.issue()
    told = hospital.arrive(hospital.transfer(hospital.show(first).code, vnd(200_000)))
    assert told.credit is not None
    [before] = hospital.payments(first)

    match(hospital, told.credit, second)

    [after] = hospital.payments(first)
    assert (before.waiting, after.waiting, after.suspense) == (vnd(50_000), ZERO, vnd(50_000))
    assert [one.shown for one in hospital.payments(second)] == [vnd(50_000)]


def test_the_statement_lists_the_arrival_and_the_match_each_once(hospital: Hospital) -> None:
    invoice, credit = hospital.issue(), lost(hospital, 200_000)
    match(hospital, credit, invoice)
    hospital.work()

    with hospital.runtime.database.reading(hospital.scope) as tx:
        told = day.read(tx, TODAY)

    arrived, matched = told.lines
    assert (arrived.received, arrived.applied, arrived.suspense) == (
        vnd(200_000),
        ZERO,
        vnd(200_000),
    )
    assert (matched.received, matched.applied, matched.suspense) == (
        ZERO,
        vnd(150_000),
        vnd(-150_000),
    )
    assert (matched.receipt, matched.flags) == ("BL26000001", "attached")
    assert (told.received, told.applied, told.suspense) == (
        vnd(200_000),
        vnd(150_000),
        vnd(50_000),
    )


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["named", "unknown", "attach", "interest"]),
        st.integers(1, 400_000),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=9,
)


@given(steps=_STEPS)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_received_is_the_banks_and_applied_is_the_ledgers(
    hospital: Hospital, steps: Sequence[tuple[str, int, int]]
) -> None:
    invoices = [hospital.issue() for _ in range(3)]
    credits_: list[UUID] = []

    for step, amount, pick in steps:
        _take(hospital, step, amount, invoices[pick % 3], credits_, pick)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert _sum(tx, PAYMENT.c.received) == _sum(tx, BANK_CREDIT.c.amount)
        assert _sum(tx, PAYMENT.c.suspense) - _sum(tx, SUSPENSE_MATCH.c.amount) == (
            -ledger.balance(tx, "2200").dong
        )
        for invoice in invoices:
            applied = _sum(tx, PAYMENT.c.applied, PAYMENT.c.invoice_id == invoice)
            assert applied == _credited_by_money(tx, invoice)
        told = day.read(tx, TODAY)
        assert told.applied.dong == _sum(tx, PAYMENT.c.applied)
        assert told.received.dong == _sum(tx, PAYMENT.c.received)
    assert findings(hospital.runtime, hospital.scope, is_worked=False) == []


def _take(
    hospital: Hospital, step: str, amount: int, invoice: UUID, known: list[UUID], pick: int
) -> None:
    if step in ("named", "unknown"):
        is_named = step == "named" and hospital.view(invoice).due
        memo = hospital.show(invoice).code if is_named else "CK TIEN VIEN"
        told = hospital.arrive(hospital.transfer(memo, vnd(amount)))
        assert told.credit is not None
        known.append(told.credit)
    elif known:
        credit = known[pick % len(known)]
        try:
            if step == "attach":
                match(hospital, credit, invoice)
            else:
                take_as_income(
                    hospital.runtime, hospital.scope, credit, Purpose.INTEREST, "lãi tháng 11"
                )
        except (Conflict, Rejected):
            # Nothing waits, nothing is due, or it is a patient's: then nothing may have moved.
            pass


def _sum(tx: UnitOfWork, column: object, *conditions: object) -> int:
    facility = column.table.c.facility_id  # type: ignore[attr-defined]
    total = tx.execute(
        select(func.coalesce(func.sum(column), 0)).where(
            facility == tx.facility,
            *conditions,
        )
    ).scalar_one()
    return int(total)


def _credited_by_money(tx: UnitOfWork, invoice: UUID) -> int:
    """Sum what money took off the invoice's 1300, from the ledger alone."""
    lines = ledger.lines_of_day(tx, "1300", TODAY)
    return -sum(
        line.amount.dong
        for line in lines
        if line.subject_id == invoice and line.kind.startswith(("pay.", "suspense."))
    )
