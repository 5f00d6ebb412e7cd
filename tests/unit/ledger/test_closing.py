"""A day closes while payments run: each posting is in one day, none comes after the close."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from payments import ledger
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.ledger.model import Entry, Posted
from payments.ledger.rows import TXN
from payments.storage.unit_of_work import Database
from tests.faults.ledgers import transfers

RUNNING = 20


def test_day_closes_between_postings_never_through_one(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    today = HospitalDay.of(clock.now())
    started = threading.Barrier(RUNNING + 1)

    def pay(entry: Entry) -> list[Posted]:
        started.wait()
        return [
            ledger_database.run(
                scope,
                lambda tx, one=one: ledger.post(
                    tx, one, effective_at=clock.now(), source="webhook"
                ),
            )
            for one in (entry, *transfers(2))
        ]

    def close() -> int:
        started.wait()
        with ledger_database.transaction(scope) as tx:
            ledger.periods.close_day(tx, today)
        return _booked_on(ledger_database, scope, today)

    with ThreadPoolExecutor(RUNNING + 1) as pool:
        closing = pool.submit(close)
        posted = [one for batch in pool.map(pay, transfers(RUNNING)) for one in batch]

    at_close = closing.result()
    in_day = sum(one.booked_on == today for one in posted)
    after = sum(one.booked_on == today.plus(1) for one in posted)
    assert in_day + after == len(posted) == 3 * RUNNING
    assert _booked_on(ledger_database, scope, today) == at_close == in_day
    assert _booked_on(ledger_database, scope, today.plus(1)) == after


def test_close_waits_for_the_posting_that_runs(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    today = HospitalDay.of(clock.now())
    [entry] = transfers(1)
    closed = threading.Event()

    def close() -> None:
        with ledger_database.transaction(scope) as tx:
            ledger.periods.close_day(tx, today)
        closed.set()

    thread = threading.Thread(target=close)
    with ledger_database.transaction(scope) as tx:
        posted = ledger.post(tx, entry, effective_at=clock.now(), source="webhook")
        thread.start()
        assert not closed.wait(0.3)
    thread.join()

    assert posted.booked_on == today
    with ledger_database.reading(scope) as tx:
        assert ledger.periods.state(tx, today) == "closed"


def _booked_on(database: Database, scope: Scope, day: HospitalDay) -> int:
    with database.reading(scope) as tx:
        return int(
            tx.execute(
                select(func.count()).select_from(TXN).where(TXN.c.booked_on == day.date)
            ).scalar_one()
        )
