"""
A day closes while twenty take whole payments in: each is posted once, none in a closed day.

    python -m tests.faults.close_day --rounds 50 --seed 1 [--postgres | --url URL]

Each round has a day of its own with real invoices and codes. Twenty threads let the feed's messages
take effect (store, commit, apply, commit) while another closes the day at a moment that is drawn.
What had been posted at the close stays as it was; what comes later lies in the next open day.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, select

from payments.gateway import Notification
from payments.gateway import Outcome as Told
from payments.inbox import service as inbox
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.keys import write_new
from payments.ledger import periods
from payments.ledger.rows import TXN
from payments.receipts.rows import PAYMENT
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.databases import fresh_sqlite
from tests.support.hospital import PAYEE, Hospital
from tests.support.stage import SCOPE, Address, morning, own_cluster, runtime_at, stage

RUNNING: Final = 20
_EACH: Final = 2
#: The close falls anywhere from before the first payment to after the last.
_CLOSE_AFTER_S: Final = (0.0, 0.02, 0.1, 0.3, 0.8)


@dataclass(frozen=True, slots=True)
class Owed:
    invoice: UUID
    told: Notification


def run(hospital: Hospital, clock: FrozenClock, seed: int, *, rounds: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    in_day, after = 0, 0
    for number in range(rounds):
        # Two days a round: what the close turns away has an open day of its own.
        clock.set(morning().now() + timedelta(days=2 * number))
        kept, late = _close_through(hospital, clock, chance, number, outcome)
        in_day, after = in_day + kept, after + late
    hospital.work()
    outcome.figures["payments in the day that closed"] = in_day
    outcome.figures["payments in the next open day"] = after
    outcome.expect("payments posted", in_day + after, rounds * RUNNING * _EACH)
    outcome.failures += oracle.findings(hospital.runtime, hospital.scope)
    hospital.assert_balanced()
    return outcome


def _close_through(
    hospital: Hospital, clock: FrozenClock, chance: random.Random, number: int, outcome: Outcome
) -> tuple[int, int]:
    """Play one round and judge it; returns how many payments lie in its day and in the next."""
    day = HospitalDay.of(clock.now())
    hands = [[_owed(hospital, clock, chance) for _ in range(_EACH)] for _ in range(RUNNING)]
    wait_s = chance.choice(_CLOSE_AFTER_S)
    started = threading.Barrier(RUNNING + 1)

    def pay(hand: Sequence[Owed]) -> None:
        started.wait()
        for one in hand:
            inbox.take_in(hospital.runtime, hospital.scope, "sepay", [one.told], b"{}")

    def close() -> Counter[HospitalDay]:
        started.wait()
        time.sleep(wait_s)
        database = hospital.runtime.database
        database.run(hospital.scope, lambda tx: periods.close_day(tx, day))
        return _days(hospital)

    with ThreadPoolExecutor(RUNNING + 1) as threads:
        closing = threads.submit(close)
        for done in [threads.submit(pay, hand) for hand in hands]:
            done.result()
    at_close = closing.result()
    # What lost its turn to the others was stored, and is a job of the worker.
    hospital.work()
    at_end = _days(hospital)
    outcome.failures += _wrong(number, day, at_close, at_end)
    outcome.failures += [
        f"round {number}: {one.invoice} has {len(found)} payments and is not settled by one"
        for hand in hands
        for one in hand
        if len(found := hospital.payments(one.invoice)) != 1 or hospital.view(one.invoice).due
    ]
    booked = _payments(hospital, [one.invoice for hand in hands for one in hand])
    strays = set(booked) - {day, day.plus(1)}
    if strays:
        outcome.failures.append(f"round {number}: payments of {day} are booked on {strays}")
    return booked[day], booked[day.plus(1)]


def _wrong(
    number: int, day: HospitalDay, at_close: Counter[HospitalDay], at_end: Counter[HospitalDay]
) -> list[str]:
    if at_close[day] == at_end[day]:
        return []
    return [f"round {number}: {at_close[day]} in {day} at its close, {at_end[day]} afterwards"]


def _owed(hospital: Hospital, clock: FrozenClock, chance: random.Random) -> Owed:
    """Issue an invoice, show its code, and say what the feed will tell of its payment."""
    invoice = hospital.issue()
    shown = hospital.show(invoice)
    name = f"{chance.getrandbits(48):012x}"
    told = Notification(
        event_id=f"event-{name}",
        outcome=Told.CAPTURED,
        amount=shown.amount,
        occurred_at=clock.now(),
        transaction=f"FT{name}",
        account=PAYEE.account,
        memo=shown.code,
    )
    return Owed(invoice, told)


def _days(hospital: Hospital) -> Counter[HospitalDay]:
    """Count the ledger's transactions by the day on which they are booked."""
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(
            select(TXN.c.booked_on, func.count().label("n"))
            .where(TXN.c.facility_id == tx.facility)
            .group_by(TXN.c.booked_on)
        )
        return Counter({HospitalDay(row.booked_on): row.n for row in rows})


def _payments(hospital: Hospital, invoices: Sequence[UUID]) -> Counter[HospitalDay]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(
            select(TXN.c.booked_on)
            .join(
                PAYMENT,
                (PAYMENT.c.facility_id == TXN.c.facility_id) & (PAYMENT.c.txn_id == TXN.c.id),
            )
            .where(PAYMENT.c.facility_id == tx.facility, PAYMENT.c.invoice_id.in_(invoices))
        )
        return Counter(HospitalDay(row.booked_on) for row in rows)


@contextmanager
def _hospital(url: str | None, clock: FrozenClock, *, on_postgres: bool) -> Iterator[Hospital]:
    if on_postgres:
        with own_cluster(url) as cluster, stage(cluster, clock) as made:
            yield made.hospital
        return
    with tempfile.TemporaryDirectory() as place:
        keys = Path(place) / "keys.json"
        write_new(keys, demo=True)
        fresh_sqlite(Path(place) / "vienphi.db", clock).close()
        runtime = runtime_at(Address(f"sqlite:///{place}/vienphi.db", str(keys)), clock)
        yield Hospital(runtime, SCOPE)
        runtime.database.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL instead of SQLite")
    parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    given = parser.parse_args()
    # What is refused and tried again here is the test, not news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began = time.monotonic()
    clock = morning()
    with _hospital(given.url, clock, on_postgres=given.postgres or bool(given.url)) as hospital:
        outcome = run(hospital, clock, given.seed, rounds=given.rounds)
    what = f"a day closes during {RUNNING} payments, {given.rounds} times"
    return script.report(what, outcome, given.seed, time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main())
