"""What has served its purpose is erased on its day; the books add up as before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from payments.bank.rows import BANK_CREDIT
from payments.bank.service import memo_of
from payments.gateway import Notification, Outcome, Verdict
from payments.inbox import repository
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.ledger import periods
from payments.ledger.verifying import verify
from payments.patients import queries, reindexing
from payments.patients.rows import PATIENT, PATIENT_INDEX
from payments.retention import erasing
from payments.storage.unit_of_work import UnitOfWork
from tests.support.hospital import PAYEE, Hospital
from tests.support.ledger import as_role, seal_all
from tests.support.stage import in_memory_hospital, morning

MEMO = "NGUYEN VAN THU chuyen tien"


def tidy(hospital: Hospital) -> int:
    """Let the worker's role erase, as in a hospital."""
    runtime = hospital.runtime
    worker = as_role(runtime.database, "vp_worker")
    try:
        return erasing.tidy(replace(runtime, database=worker), hospital.scope)
    finally:
        worker.close()


def pay(hospital: Hospital) -> HospitalDay:
    intent = hospital.show(hospital.issue())
    hospital.arrive(hospital.transfer(f"{MEMO} {intent.code}", intent.amount))
    return HospitalDay.of(hospital.runtime.clock.now())


def close(hospital: Hospital, day: HospitalDay) -> None:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        periods.close_day(tx, day)


def memos(hospital: Hospital) -> list[str]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(select(BANK_CREDIT.c.memo_sealed)).scalars()
        return [memo_of(hospital.runtime.keys, sealed) for sealed in rows]


@pytest.mark.parametrize(("days", "erased"), [(90, False), (91, True)])
def test_memo_goes_90_days_after_its_day_is_closed(
    hospital: Hospital, clock: FrozenClock, days: int, erased: bool
) -> None:
    close(hospital, pay(hospital))
    clock.advance(timedelta(days=days))

    tidy(hospital)

    assert (memos(hospital) == [""]) is erased


def test_memo_of_an_open_day_or_of_unknown_money_stays_till_the_end(
    hospital: Hospital, clock: FrozenClock
) -> None:
    pay(hospital)
    hospital.arrive(hospital.transfer(MEMO, vnd(70_000)))
    clock.advance(timedelta(days=500))
    assert tidy(hospital) == 0
    assert all(memos(hospital))

    clock.advance(timedelta(days=49))
    tidy(hospital)

    assert memos(hospital) == ["", ""]


def test_a_second_run_finds_nothing(hospital: Hospital, clock: FrozenClock) -> None:
    close(hospital, pay(hospital))
    clock.advance(timedelta(days=91))

    assert tidy(hospital) > 0
    assert tidy(hospital) == 0


def test_name_goes_ten_years_after_the_last_visit_and_the_invoice_stays(
    hospital: Hospital, clock: FrozenClock
) -> None:
    invoice = hospital.issue()
    before = hospital.view(invoice)
    clock.advance(timedelta(days=3_652))
    assert tidy(hospital) == 0

    clock.advance(timedelta(days=2))
    assert tidy(hospital) == 1

    after = hospital.view(invoice)
    assert (after.number, after.total, after.due) == (before.number, before.total, before.due)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert _named(tx) == 0
        assert tx.execute(select(func.count()).select_from(PATIENT_INDEX)).scalar_one() == 0
        person = queries.of_number(tx, hospital.runtime.keys, "99-000001")
        assert person is not None
        assert person.name == ""
    # A change of keys indexes everybody anew, also whoever has no name any more.
    assert reindexing.resume(hospital.runtime, hospital.scope) == 0


def test_whoever_came_again_is_kept(hospital: Hospital, clock: FrozenClock) -> None:
    hospital.issue()
    clock.advance(timedelta(days=3_600))
    hospital.issue()
    clock.advance(timedelta(days=100))

    tidy(hospital)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert _named(tx) == 1


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("pay", "stray", "close")), st.integers(0, 400))))
def test_whatever_is_erased_the_ledger_is_the_same(story: list[tuple[str, int]]) -> None:
    clock = morning()
    with in_memory_hospital(clock) as hospital:
        for what, days in story:
            if what == "stray":
                hospital.arrive(hospital.transfer(MEMO, vnd(10_000)))
            else:
                day = pay(hospital)
                if what == "close":
                    close(hospital, day)
            clock.advance(timedelta(days=days + 1))
        seal_all(hospital.runtime.database, hospital.scope)
        before = verify(hospital.runtime.database, hospital.scope)

        erasing.tidy(hospital.runtime, hospital.scope)

        after = verify(hospital.runtime.database, hospital.scope)
        assert (after.head, after.findings) == (before.head, ())
        hospital.assert_balanced()


def _named(tx: UnitOfWork) -> int:
    is_named = func.length(PATIENT.c.name_sealed) > 0
    return tx.execute(select(func.count()).select_from(PATIENT).where(is_named)).scalar_one()


def test_a_repeat_of_an_old_message_is_known_and_its_payer_is_not(
    hospital: Hospital, clock: FrozenClock
) -> None:
    runtime, scope = hospital.runtime, hospital.scope
    told = Notification(
        event_id="event-1", outcome=Outcome.CAPTURED, amount=vnd(70_000),
        occurred_at=clock.now(), account=PAYEE.account, transaction="FT99000001",
        memo=MEMO, payer_name="NGUYEN VAN THU", payer_account="0000999001",
    )  # fmt: skip
    with runtime.database.transaction(scope) as tx:
        kept = repository.add(tx, runtime.keys, "sepay", told, MEMO.encode())
        stored = repository.lock(tx, runtime.keys, kept)
        repository.settle(tx, stored, "applied", Verdict.STORED)
    clock.advance(timedelta(days=91))

    tidy(hospital)

    with runtime.database.transaction(scope) as tx:
        assert repository.add(tx, runtime.keys, "sepay", told, MEMO.encode()) == kept
        after = repository.lock(tx, runtime.keys, kept).told
    assert after == replace(told, memo="", payer_name="", payer_account="")
