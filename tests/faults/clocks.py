"""
M11: clocks that are wrong or leap, of machine and database, around midnight and New Year.

    python -m tests.faults.clocks --seed 1

PostgreSQL is asked for its time by the very statement that the product uses, answered by a function
of the test's that stands in front of its own. Per case: cash is booked on the hospital day of the
database's time and a transfer on the day that the bank tells, whatever the machine says; a message
that was signed just now is believed, one signed half an hour ago is not; a code lives for its
fifteen minutes by the database's time, through a leap of the machine's.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments.inbox.service import accept
from payments.intents import repository as intents
from payments.intents.service import expire
from payments.intents.status import Status
from payments.invoicing.status import Payment
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.database_clock import LOOK_EVERY_S, DatabaseClock
from payments.kernel.money import vnd
from payments.ledger.rows import TXN
from payments.receipts.rows import PAYMENT
from payments.storage.unit_of_work import Database
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.databases import Cluster
from tests.support.feeds import MODES, switch_to, transfer
from tests.support.hospital import Hospital
from tests.support.stage import Stage, morning, stage

_MODE: Final = MODES["sepay hmac json"]
_PRICE: Final = vnd(150_000)
_QUARTER: Final = timedelta(minutes=15)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
#: In the hospital, UTC+7: ten minutes before and five after a midnight.
_BEFORE: Final = datetime(2026, 11, 24, 16, 50, tzinfo=UTC)
_AFTER: Final = datetime(2026, 11, 25, 17, 5, tzinfo=UTC)
_OLD_YEAR: Final = datetime(2026, 12, 31, 16, 50, tzinfo=UTC)
_NEW_YEAR: Final = datetime(2026, 12, 31, 17, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """The true time, and how far machine and database are ahead of it; then the machine leaps."""

    name: str
    true: datetime
    machine: timedelta = timedelta()
    database: timedelta = timedelta()
    leap: timedelta = timedelta()


CASES: Final = (
    Case("all right", _BEFORE - _HOUR),
    Case("machine a quarter ahead, before midnight", _BEFORE, machine=_QUARTER),
    Case("machine a quarter behind, after midnight", _AFTER, machine=-_QUARTER),
    Case("database an hour behind, after midnight", _AFTER + 2 * _DAY, database=-_HOUR),
    Case("machine leaps to the next day", _AFTER + 3 * _DAY, leap=_DAY),
    Case("machine leaps into the new year", _OLD_YEAR, leap=_DAY),
    Case("machine stays in the old year", _NEW_YEAR, machine=-_QUARTER),
    Case("machine leaps a year back", _NEW_YEAR + _DAY, leap=-365 * _DAY),
)


class Counter:
    """The counter that nobody sets, as the machine has it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class _Trial:
    """One hospital whose three clocks are set as a case says."""

    def __init__(self, made: Stage) -> None:
        self._made = made
        self._machine, self._counter = morning(), Counter()
        self._true = self._machine.now()
        clock = DatabaseClock(self._machine, self._counter)
        database = Database(made.address.url, clock)
        self.hospital: Hospital = copy.copy(made.hospital)
        self.hospital.runtime = replace(made.runtime, database=database, clock=clock)
        self._number = 0

    def close(self) -> None:
        self.hospital.runtime.database.close()

    def begin(self, case: Case) -> None:
        self._true = case.true
        self._machine.set(case.true + case.machine)
        self._made.as_superuser(
            f"UPDATE skew.moment SET at = '{(case.true + case.database).isoformat()}'"
        )
        # Long enough since the last look: the next transaction asks.
        self._counter.seconds += LOOK_EVERY_S

    def cash(self) -> date:
        invoice = self.hospital.issue()
        self.hospital.hand_over(invoice, _PRICE)
        return self._booked_on(invoice)

    def message(self, *, signed: timedelta = timedelta()) -> tuple[int, UUID]:
        """Let SePay tell, by true time, of a transfer that came at that moment."""
        self._number += 1
        invoice = self.hospital.issue()
        code = self.hospital.show(invoice).code
        told = transfer(self._number, code, _PRICE.dong, self._true)
        runtime = self.hospital.runtime
        raw = _MODE.raw(told, self._true, signed_at=signed)
        raw = replace(raw, received_at=runtime.clock.now())
        return accept(runtime, self.hospital.scope, "sepay", raw).status, invoice

    def booked(self, invoice: UUID) -> date | None:
        is_paid = self.hospital.view(invoice).payment is Payment.PAID
        return self._booked_on(invoice) if is_paid else None

    def leap(self, by: timedelta) -> None:
        self._machine.advance(by)

    def lives(self, code: UUID, passed: timedelta) -> bool:
        """Say whether a code is still open when *passed* is over by the counter."""
        self._counter.seconds += passed.total_seconds()
        # The database's own clock goes on as well.
        self._made.as_superuser(f"UPDATE skew.moment SET at = at + interval '{passed}'")
        expire(self.hospital.runtime, self.hospital.scope)
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            return intents.get(tx, code).status is Status.PENDING

    def code(self) -> UUID:
        return self.hospital.show(self.hospital.issue()).id

    def _booked_on(self, invoice: UUID) -> date:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            found: date = tx.execute(
                select(TXN.c.booked_on)
                .join(
                    PAYMENT,
                    (PAYMENT.c.facility_id == TXN.c.facility_id) & (PAYMENT.c.txn_id == TXN.c.id),
                )
                .where(PAYMENT.c.facility_id == tx.facility, PAYMENT.c.invoice_id == invoice)
            ).scalar_one()
        return found


def run(cluster: Cluster, seed: int, *, rounds: int) -> Outcome:
    del seed  # Nothing is drawn here.
    outcome = Outcome()
    worker = morning()
    with _trial(cluster, worker) as (made, trial):
        for number in range(rounds):
            for case in CASES:
                _try(outcome, trial, replace(case, true=case.true + number * timedelta(days=60)))
        # After all that happened, by whichever clock: every job is due.
        worker.set(CASES[-1].true + (rounds * 60 + 400) * _DAY)
        made.hospital.work()
        outcome.failures += oracle.findings(made.runtime, made.scope)
    outcome.figures["cases"] = rounds * len(CASES)
    return outcome


def _try(outcome: Outcome, trial: _Trial, case: Case) -> None:
    trial.begin(case)
    by_database = HospitalDay.of(case.true + case.database).date
    by_bank = HospitalDay.of(case.true).date
    code = trial.code()
    trial.leap(case.leap)
    status, invoice = trial.message()
    stale, unpaid = trial.message(signed=-timedelta(minutes=40))
    facts = {
        "cash is on another day": (trial.cash(), by_database),
        "a fresh message is not believed": (status, 200),
        "a transfer is on another day": (trial.booked(invoice), by_bank),
        "a stale message is believed": (stale, 401),
        "a stale message was booked": (trial.booked(unpaid), None),
        "a code ends before its time": (trial.lives(code, timedelta(minutes=14)), True),
        "a code outlives its time": (trial.lives(code, timedelta(minutes=2)), False),
    }
    outcome.failures += [
        f"{case.name}: {what}: {found}, wanted {wanted}"
        for what, (found, wanted) in facts.items()
        if found != wanted
    ]


@contextmanager
def _trial(cluster: Cluster, clock: FrozenClock) -> Iterator[tuple[Stage, _Trial]]:
    with stage(cluster, clock) as made:
        made.hospital.open_shift()
        with made.database.transaction(made.scope) as tx:
            switch_to(tx, made.runtime, _MODE)
        name = made.database.engine.url.database
        made.as_superuser(
            "CREATE SCHEMA skew",
            "CREATE TABLE skew.moment (at timestamptz NOT NULL)",
            "INSERT INTO skew.moment VALUES (now())",
            "CREATE FUNCTION skew.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE"
            " AS 'SELECT at FROM skew.moment'",
            "GRANT USAGE ON SCHEMA skew TO PUBLIC",
            "GRANT SELECT ON skew.moment TO PUBLIC",
            f'ALTER DATABASE "{name}" SET search_path = skew, pg_catalog, public',
        )
        trial = _Trial(made)
        try:
            yield made, trial
        finally:
            trial.close()


if __name__ == "__main__":
    raise SystemExit(script.main(run, "M11 clocks", {"rounds": 5}))
