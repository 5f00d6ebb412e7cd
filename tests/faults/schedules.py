"""
K4: capture, failure, cancellation, credit, refund and chargeback in any interleaving.

    python -m tests.faults.schedules --schedules 100000 --seed 1

A schedule draws what people and the gateway do to one invoice, with repeats, in a random order by
the seed: two payments at the gateway, ends told and untold, money taken back and disputed before
and after its payment was told, an invoice cancelled or credited, refunds asked for, approved,
turned down, done, refused or silent. What a rule refuses is refused. After each schedule the sums
of its invoice must hold; a batch of them shares a hospital, and once the worker has come to rest
the oracle and the invariants I1 to I20 are asked of all of it.

The services are the real ones on SQLite in memory. Invoices with an open attempt are made once: a
batch begins with a copy of that file. Schedule *n* of a seed is the same whatever was run before:
``--first n --schedules 1`` plays it alone.
"""

from __future__ import annotations

import copy
import gc
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from payments.kernel.clock import FrozenClock
from payments.keys import write_new
from payments.storage.unit_of_work import Database
from tests.faults import script
from tests.faults.interleaving import STEPS, Schedule
from tests.faults.invariants import broken
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.databases import fresh_sqlite, in_memory
from tests.support.doubles import AtTheGateway, double
from tests.support.hospital import Hospital
from tests.support.stage import MORNING, SCOPE, Address, morning, runtime_at

#: Few enough that a failure is near its cause, enough that the oracle costs little.
_BATCH: Final = 500
#: Longer than any schedule lasts, and within the hospital day.
_EVENING: Final = timedelta(hours=9)


def run(seed: int, *, schedules: int, first: int = 0) -> Outcome:
    outcome = Outcome()
    steps: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    began = time.process_time()
    with _prepared(min(_BATCH, schedules)) as prepared:
        # What was made so far stays: the collector need not look at it again and again.
        gc.freeze()
        for start in range(first, first + schedules, _BATCH):
            numbers = range(start, min(start + _BATCH, first + schedules))
            played = []
            with prepared.batch() as gateway:
                for place, number in enumerate(numbers):
                    one = prepared.schedule(gateway, seed, number, place)
                    one.play()
                    steps.update(one.done)
                    refused.update(one.refused)
                    outcome.failures += one.wrong()
                    played.append(one)
                outcome.failures += [
                    f"schedules {numbers.start} to {numbers[-1]}: {one}"
                    for one in prepared.findings(gateway)
                ]
                outcome.failures += [wrong for one in played for wrong in one.forgotten()]
    gc.unfreeze()
    taken = time.process_time() - began
    outcome.figures["schedules, steps"] = f"{schedules}, {steps.total()}"
    outcome.figures["schedules a second of one core"] = round(schedules / taken, 1)
    for name, count in sorted(refused.items()):
        outcome.figures[f"refused: {name}"] = count
    if schedules >= _BATCH:
        outcome.expect("steps that were never drawn", sorted(set(STEPS) - set(steps)), [])
    return outcome


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A hospital with open attempts, in a file that each batch copies."""

    folder: Path
    gateway: AtTheGateway
    clock: FrozenClock
    intents: tuple[UUID, ...]

    @contextmanager
    def batch(self) -> Iterator[AtTheGateway]:
        path = self.folder / "batch.db"
        shutil.copy(self.folder / "prepared.db", path)
        database = Database(f"sqlite:///{path}", self.clock)
        before = self.gateway.hospital
        hospital = copy.copy(before)
        hospital.runtime = replace(before.runtime, database=database)
        # The adapter does what this desk says, whichever database it stands in front of.
        self.gateway.hospital = hospital
        try:
            yield self.gateway
        finally:
            self.gateway.hospital = before
            database.close()
            for left in self.folder.glob("batch.db*"):
                left.unlink()

    def schedule(self, gateway: AtTheGateway, seed: int, number: int, place: int) -> Schedule:
        self.clock.set(MORNING)
        chance = random.Random(f"{seed}:{number}")
        return Schedule(gateway, self.clock, chance, number, self.intents[place])

    def findings(self, gateway: AtTheGateway) -> list[str]:
        """Let the worker come to rest, then ask about all."""
        hospital = gateway.hospital
        self.clock.set(MORNING + _EVENING)
        hospital.work()
        found = oracle.findings(hospital.runtime, hospital.scope)
        return found + broken(hospital.runtime, hospital.scope)


@contextmanager
def _prepared(size: int) -> Iterator[_Prepared]:
    """Furnish a hospital, issue *size* invoices and open an attempt for each."""
    with tempfile.TemporaryDirectory() as disk, in_memory(Path(disk)) as folder:
        write_new(folder / "keys.json", demo=True)
        clock = morning()
        fresh_sqlite(folder / "prepared.db", clock).close()
        runtime = runtime_at(
            Address(f"sqlite:///{folder / 'prepared.db'}", str(folder / "keys.json")), clock
        )
        gateway = double(Hospital(runtime, SCOPE))
        intents = []
        for number in range(size):
            gateway.invoice = gateway.hospital.issue()
            intents.append(gateway.open(key=f"key-{number:07d}"))
        with runtime.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        runtime.database.close()
        yield _Prepared(folder, gateway, clock, tuple(intents))


if __name__ == "__main__":
    raise SystemExit(
        script.main(
            run,
            "K4 refund, capture, cancellation, chargeback",
            {"schedules": 100_000, "first": 0},
            needs_cluster=False,
        )
    )
