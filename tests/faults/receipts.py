"""
Acceptance 15: fifty threads number two hundred receipts each: no gap and no duplicate.

    python -m tests.faults.receipts --threads 50 --each 200 --seed 1

Each payment is numbered by its own thread and once more by its neighbour, as a job that is run
twice does; every tenth time the transaction dies after it has taken the number and before the
commit, and the work is done again.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments.kernel.money import vnd
from payments.numbering.rows import NUMBER_USE
from payments.numbering.service import take
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.receipts.service import SERIES, number
from payments.storage.unit_of_work import Database
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import crowd, oracle
from tests.support.databases import Cluster
from tests.support.stage import Stage, runtime_at, stage

#: Of one invoice of 150,000 đ; each payment of it has its receipt.
_RECEIPTS_OF_INVOICE: Final = 1_000
_ENGINES: Final = 5
_DIES: Final = 10


class _Dies(Exception):
    """A program that is killed between the number and the commit."""


def run(cluster: Cluster, seed: int, *, threads: int, each: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with stage(cluster) as made:
        payments = _paid(made, threads * each)
        shares = crowd.shares(payments, threads)
        # What a neighbour numbers again comes in another order, so that threads meet.
        again = [chance.sample(shares[at - 1], len(shares[at - 1])) for at in range(threads)]
        deaths = [chance.randrange(_DIES) for _ in range(threads)]
        began = time.monotonic()
        _number(made, shares, again, deaths)
        seconds = time.monotonic() - began
        outcome.figures["numbers a second"] = round(2 * len(payments) / seconds)
        _judge(made, len(payments), outcome)
        made.hospital.work()
        outcome.failures += oracle.findings(made.runtime, made.scope)
    return outcome


def _paid(made: Stage, count: int) -> list[UUID]:
    """Let *count* small transfers arrive, of which none has its receipt yet."""
    for first in range(0, count, _RECEIPTS_OF_INVOICE):
        owed = crowd.issue_one(made.runtime, first + 1)
        for _ in range(min(_RECEIPTS_OF_INVOICE, count - first)):
            made.hospital.arrive(made.hospital.transfer(owed.code, vnd(100)))
    with made.database.reading(made.scope) as tx:
        return list(tx.execute(select(PAYMENT.c.id).where(PAYMENT.c.applied > 0)).scalars())


def _number(
    made: Stage,
    shares: Sequence[Sequence[UUID]],
    again: Sequence[Sequence[UUID]],
    deaths: Sequence[int],
) -> None:
    runtimes = [runtime_at(made.address) for _ in range(_ENGINES)]

    def work(thread: int) -> None:
        runtime = runtimes[thread % _ENGINES]
        both = zip(shares[thread], again[thread], strict=True)
        for at, (own, neighbours) in enumerate(both):
            if at % _DIES == deaths[thread]:
                _die(runtime.database, made, own)
            number(runtime, made.scope, own)
            number(runtime, made.scope, neighbours)

    try:
        with ThreadPoolExecutor(len(shares)) as pool:
            list(pool.map(work, range(len(shares))))
    finally:
        for runtime in runtimes:
            runtime.database.close()


def _die(database: Database, made: Stage, payment: UUID) -> None:
    try:
        with database.transaction(made.scope) as tx:
            take(tx, SERIES, f"payment:{payment}")
            raise _Dies
    except _Dies:
        return


def _judge(made: Stage, count: int, outcome: Outcome) -> None:
    with made.database.reading(made.scope) as tx:
        printed = list(tx.execute(select(RECEIPT.c.number)).scalars())
        used = list(
            tx.execute(
                select(NUMBER_USE.c.number).where(
                    NUMBER_USE.c.series == SERIES, NUMBER_USE.c.state == "used"
                )
            ).scalars()
        )
    outcome.expect("receipts", len(printed), count)
    outcome.expect("numbers given twice", _twice(printed) + _twice(used), 0)
    outcome.expect("gaps", len(set(range(1, count + 1)) - set(used)), 0)
    outcome.expect("numbers beyond the last", len(set(used) - set(range(1, count + 1))), 0)
    written = {int(one[len(SERIES) + 2 :]) for one in printed}
    outcome.expect("numbers on paper that are not in the list", len(written ^ set(used)), 0)


def _twice(numbers: Sequence[object]) -> int:
    return sum(times - 1 for times in Counter(numbers).values())


if __name__ == "__main__":
    raise SystemExit(
        script.main(run, "acceptance 15: numbers of receipts at once", {"threads": 50, "each": 200})
    )
