"""
M10: who takes the outbox has been away for a day; 100,000 rows are drained, in order per payment.

    python -m tests.faults.backlog --rows 100000 --seed 1

Half of the rows are transfers, the other half reverses each of them some time later; nobody seals
meanwhile. Then the sealer works as the worker's loop does, under the worker's role, while payments
go on coming.

PASS: the outbox is empty within ten minutes; seals are numbered without a gap, and of each payment
the transfer has a lower number than its reversal; the ledger verifies.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select

from payments import ledger
from payments.kernel.clock import SystemClock
from payments.ledger.rows import OUTBOX, SEAL
from payments.ledger.sealing import seal_once
from payments.ledger.verifying import verify
from payments.storage.unit_of_work import Database
from tests.faults import script
from tests.faults.ledgers import SCOPE, transfers
from tests.faults.script import Outcome
from tests.support.databases import Cluster, fresh_postgres
from tests.support.ledger import as_role

T = TypeVar("T")
_DRAINED_MAX_S: Final = 600.0
_AT_ONCE: Final = 200
_PAUSE_S: Final = 0.1


def run(cluster: Cluster, seed: int, *, rows: int) -> Outcome:
    outcome = Outcome()
    database = fresh_postgres(cluster, SystemClock())
    name = database.engine.url.database
    worker = as_role(database, "vp_worker")
    try:
        began = time.monotonic()
        pairs = _post(database, rows // 2, random.Random(seed))
        outcome.figures["seconds to post them"] = round(time.monotonic() - began)
        outcome.expect("rows that wait", _count(database, OUTBOX), 2 * len(pairs))
        stop = threading.Event()
        coming = threading.Thread(target=_go_on, args=(database, stop))
        coming.start()
        began = time.monotonic()
        sealed = 0
        try:
            while sealed < 2 * len(pairs) and time.monotonic() < began + 2 * _DRAINED_MAX_S:
                sealed += seal_once(worker, SCOPE)
            taken = time.monotonic() - began
        finally:
            stop.set()
            coming.join()
        outcome.figures["seconds to drain"] = round(taken, 1)
        outcome.figures["rows a second"] = round(sealed / taken)
        outcome.expect("drained in ten minutes", taken <= _DRAINED_MAX_S, True)
        while seal_once(worker, SCOPE):
            continue
        _judge(database, pairs, outcome)
    finally:
        worker.close()
        database.close()
        cluster.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    return outcome


def _post(database: Database, count: int, chance: random.Random) -> list[tuple[UUID, UUID]]:
    """Post transfers and their reversals, mixed; returns the transactions of each payment."""
    received: list[UUID] = []
    for some in _batches(transfers(count), _AT_ONCE):
        with database.transaction(SCOPE) as tx:
            for entry in some:
                booked = ledger.post(tx, entry, effective_at=tx.now(), source="job")
                received.append(booked.txn_id)
    chance.shuffle(received)
    pairs = []
    for ids in _batches(received, _AT_ONCE):
        with database.transaction(SCOPE) as tx:
            for txn in ids:
                back = ledger.reverse(tx, txn, reason="fault test", kind="pay.reversed")
                pairs.append((txn, back.txn_id))
    return pairs


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(things)
    while some := list(islice(left, size)):
        yield some


def _go_on(database: Database, stop: threading.Event) -> None:
    """Let payments come while the backlog is drained."""
    while not stop.wait(_PAUSE_S):
        for entry in transfers(1):
            with database.transaction(SCOPE) as tx:
                ledger.post(tx, entry, effective_at=tx.now(), source="job")


def _judge(database: Database, pairs: list[tuple[UUID, UUID]], outcome: Outcome) -> None:
    with database.reading(SCOPE) as tx:
        seq: dict[UUID, int] = {
            row.txn_id: row.seq for row in tx.execute(select(SEAL.c.txn_id, SEAL.c.seq))
        }
    wrong = [first for first, second in pairs if not seq[first] < seq[second]]
    outcome.expect("payments out of order", len(wrong), 0)
    has_no_gap = sorted(seq.values()) == list(range(1, len(seq) + 1))
    outcome.expect("numbers without a gap", has_no_gap, True)
    outcome.expect("rows that still wait", _count(database, OUTBOX), 0)
    outcome.failures += [f"seal {one.seq}: {one.what}" for one in verify(database, SCOPE).findings]


def _count(database: Database, table: Any) -> int:
    with database.reading(SCOPE) as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


if __name__ == "__main__":
    raise SystemExit(script.main(run, "M10 backlog of the outbox", {"rows": 100_000}))
