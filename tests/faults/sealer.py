"""
C9: the sealer is killed (kill -9) again and again while transactions arrive; nothing is lost.

    python -m tests.faults.sealer --kills 500 --seed 1 [--postgres | --url URL]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from multiprocessing.synchronize import Event
from pathlib import Path

from sqlalchemy import func, select

from payments import ledger
from payments.kernel.clock import SystemClock
from payments.ledger.rows import OUTBOX, SEAL, TXN
from payments.ledger.sealing import seal_once
from payments.ledger.verifying import verify
from payments.storage.unit_of_work import Database
from tests.faults.ledgers import SCOPE, transfers
from tests.support.databases import fresh_postgres, fresh_sqlite
from tests.support.ledger import as_role, seal_all
from tests.support.stage import own_cluster

#: 5,000 transactions a minute, as the specification asks.
_PAUSE_S = 60 / 5_000
#: A sealer lives up to one of these from its first batch on: it dies reading, writing, committing.
_LIVES_S = (0.02, 0.1, 0.5, 1.0)
#: With fewer kills it may be chance that no batch got through.
_TELLING = 50
#: Waiting before the first kill, so that the first batches are large.
_LEAD = 300


def run(url: str, kills: int, seed: int) -> list[str]:
    """Kill *kills* sealers of the database *url* (as vp_app) and return what is wrong then."""
    chance = random.Random(seed)
    context = multiprocessing.get_context("spawn")
    begun, stop = context.Event(), context.Event()
    poster = context.Process(target=_post_until, args=(url, begun, stop), daemon=True)
    database = Database(url, SystemClock())
    worker = as_role(database, "vp_worker")
    worker_url = worker.engine.url.render_as_string(hide_password=False)
    for entry in transfers(_LEAD):
        with database.transaction(SCOPE) as tx:
            ledger.post(tx, entry, effective_at=tx.now(), source="job")
    # A child must not share a connection with us.
    worker.close()
    database.close()
    poster.start()
    begun.wait(60)
    for _ in range(kills):
        ready, tell = os.pipe()
        child = os.fork()
        if child == 0:
            _seal_until_killed(worker_url, tell)
        os.close(tell)
        os.read(ready, 1)
        os.close(ready)
        time.sleep(chance.uniform(0, chance.choice(_LIVES_S)))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    stop.set()
    poster.join(30)
    return _wrong(url, must_have_sealed=kills >= _TELLING)


def _seal_until_killed(url: str, tell: int) -> None:
    database = Database(url, SystemClock())
    with database.reading(SCOPE) as tx:
        tx.execute(select(SEAL.c.seq).limit(1)).first()
    os.write(tell, b"1")
    while True:
        if not seal_once(database, SCOPE):
            time.sleep(0.002)


def _post_until(url: str, begun: Event, stop: Event) -> None:
    database = Database(url, SystemClock())
    while not stop.is_set():
        for entry in transfers(1):
            with database.transaction(SCOPE) as tx:
                ledger.post(tx, entry, effective_at=tx.now(), source="job")
        begun.set()
        time.sleep(_PAUSE_S)


def _wrong(url: str, *, must_have_sealed: bool) -> list[str]:
    database = Database(url, SystemClock())
    with database.reading(SCOPE) as tx:
        sealed_before = tx.execute(select(func.count()).select_from(SEAL)).scalar_one()
    seal_all(database, SCOPE)
    with database.reading(SCOPE) as tx:
        txns, seals, waiting, last = (
            tx.execute(statement).scalar_one()
            for statement in (
                select(func.count()).select_from(TXN),
                select(func.count()).select_from(SEAL),
                select(func.count()).select_from(OUTBOX),
                select(func.max(SEAL.c.seq)),
            )
        )
    report = verify(database, SCOPE)
    database.close()
    print(f"  {txns} transactions, {sealed_before} of them sealed between kills")
    wrong = [f"seal {one.seq}: {one.what}" for one in report.findings]
    if not txns == seals == last:
        wrong.append(f"{txns} transactions, {seals} seals, last number {last}")
    if waiting:
        wrong.append(f"{waiting} transactions still wait")
    if must_have_sealed and not sealed_before:
        wrong.append("no sealer lived long enough to seal anything: nothing was tested")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL instead of SQLite")
    parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    args = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        if args.postgres or args.url:
            cluster = stack.enter_context(own_cluster(args.url))
            made = fresh_postgres(cluster, SystemClock())
        else:
            made = fresh_sqlite(Path(folder) / "vienphi.db", SystemClock())
        url = made.engine.url.render_as_string(hide_password=False)
        made.close()
        wrong = run(url, args.kills, args.seed)
    for line in wrong:
        print(line)
    print(
        f"{'FAIL' if wrong else 'PASS'} {args.kills} sealers killed, seed {args.seed},"
        f" {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
