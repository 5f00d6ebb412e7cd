"""
K7: shifts close while payments run; every receipt is in exactly one shift, and the counts say so.

    python -m tests.faults.shift_ends --rounds 500 --payments 20 --seed 1

In each round twenty payments are taken at once at the end of a shift, with notes and with change;
half of the cashiers click twice. Meanwhile the drawer is counted until it closes, and the next
shift opens at the same cash point. A payment that finds no open shift is taken in the next one.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments.intents.cash import CashRequest, take_cash
from payments.kernel.money import Money, vnd
from payments.receipts.rows import CASH_PAYMENT, PAYMENT, RECEIPT
from payments.runtime import Runtime
from payments.shifts.closing import CountRequest, count_drawer
from payments.shifts.model import NoShift, Shift
from payments.shifts.rows import SHIFT_COUNT
from payments.shifts.service import open_shift
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import crowd, oracle
from tests.support.databases import Cluster
from tests.support.stage import Stage, runtime_at, stage

_ENGINES: Final = 5
_PRICE: Final = 150_000
_CASH_POINT: Final = "Q1"
_FLOAT: Final = vnd(500_000)
#: A shift follows within milliseconds; whoever waits longer waits for nothing.
_WAIT_MOST_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Till:
    """A payment as its cashier has it before her: *tendered* lies on the desk."""

    invoice: UUID
    tendered: int
    clicks: int


def run(cluster: Cluster, seed: int, *, rounds: int, payments: int) -> Outcome:
    outcome = Outcome()
    chance = random.Random(seed)
    with stage(cluster) as made:
        owed = crowd.owed(made.address, rounds * payments)
        tills = [
            Till(one.invoice, _PRICE + chance.choice((0, 50_000)), chance.choice((1, 2)))
            for one in owed
        ]
        engines = [runtime_at(made.address) for _ in range(_ENGINES)]
        try:
            again = _play(made, engines, crowd.shares(tills, rounds), chance)
        finally:
            for engine in engines:
                engine.database.close()
        made.hospital.work()
        outcome.figures["taken in the next shift"] = again
        _judge(made, tills, outcome)
        outcome.failures += oracle.findings(made.runtime, made.scope)
    return outcome


def _play(
    made: Stage, engines: Sequence[Runtime], rounds: Sequence[Sequence[Till]], chance: random.Random
) -> int:
    """Let each round run into the end of its shift; returns how many were taken in the next."""
    late = 0
    shift = _open(made)
    with ThreadPoolExecutor(len(rounds[0]) + 1) as pool:
        for tills in rounds:
            closing = pool.submit(_close, made, shift, chance.random() * 0.4)
            taken = [
                pool.submit(_take, made, engines[at % _ENGINES], till)
                for at, till in enumerate(tills)
            ]
            shift = closing.result()
            late += sum(one.result() for one in taken)
    _close(made, shift, 0)
    return late


def _open(made: Stage) -> Shift:
    return open_shift(made.runtime, made.scope, cash_point=_CASH_POINT, opening_float=_FLOAT)


def _take(made: Stage, runtime: Runtime, till: Till) -> bool:
    """Take the notes, and click again; True where the shift had ended before."""
    asked = CashRequest(
        till.invoice, vnd(till.tendered), vnd(_PRICE), is_part=False, key=f"k7:{till.invoice}"
    )
    is_late, clicks = False, till.clicks
    ends = time.monotonic() + _WAIT_MOST_S
    while clicks:
        try:
            take_cash(runtime, made.scope, asked)
            clicks -= 1
        except NoShift:
            if time.monotonic() > ends:
                raise
            is_late = True
            time.sleep(0.002)
    return is_late


def _close(made: Stage, shift: Shift, after_s: float) -> Shift:
    """Count until the count and the books agree, as they do once nobody pays between; go on."""
    time.sleep(after_s)
    counted = _FLOAT
    while True:
        found = count_drawer(made.runtime, made.scope, CountRequest(shift.id, counted))
        if found.closes:
            return _open(made)
        counted = found.expected


def _judge(made: Stage, tills: Sequence[Till], outcome: Outcome) -> None:
    with made.database.reading(made.scope) as tx:
        rows = tx.execute(
            select(PAYMENT.c.invoice_id, CASH_PAYMENT.c.shift_id, PAYMENT.c.applied)
            .join(CASH_PAYMENT, CASH_PAYMENT.c.payment_id == PAYMENT.c.id)
            .join(RECEIPT, RECEIPT.c.payment_id == PAYMENT.c.id)
        ).all()
        closed = tx.execute(
            select(SHIFT_COUNT.c.shift_id, SHIFT_COUNT.c.expected).where(SHIFT_COUNT.c.closes)
        ).all()
    receipts = Counter(row.invoice_id for row in rows)
    outcome.figures["receipts, shifts"] = f"{len(rows)}, {len(closed)}"
    outcome.expect(
        "payments without a receipt", len({one.invoice for one in tills} - set(receipts)), 0
    )
    outcome.expect("receipts in two shifts", sum(times - 1 for times in receipts.values()), 0)
    taken: dict[UUID, Money] = {}
    for row in rows:
        taken[row.shift_id] = taken.get(row.shift_id, vnd(0)) + vnd(row.applied)
    counts = {row.shift_id: vnd(row.expected) - _FLOAT for row in closed}
    outcome.expect("shifts whose count lacks a receipt", _unlike(taken, counts), 0)
    outcome.expect("receipts of no shift that was counted", len(set(taken) - set(counts)), 0)


def _unlike(taken: dict[UUID, Money], counts: dict[UUID, Money]) -> int:
    return sum(taken.get(shift, vnd(0)) != counted for shift, counted in counts.items())


if __name__ == "__main__":
    raise SystemExit(
        script.main(run, "K7 shifts end during payments", {"rounds": 500, "payments": 20})
    )
