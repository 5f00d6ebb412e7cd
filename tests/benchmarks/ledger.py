"""
What else the ledger must show beside a posting's rate: spread, sealer, groups, and a peer.

    python -m tests.benchmarks.ledger [--url URL] [--seconds 3] [--rounds 2]
        [--pgledger ulid.sql pgledger.sql]

On PostgreSQL, eight clients as processes. *hot / spread*: all on one bank account against each on
its own. *Sealer*: how fast it drains a queue, and how long a transaction waits for its seal while
the clients post and it runs every 200 ms. *Groups*: 250 transactions a commit, as a migration makes
them. The peer is pgledger, whose published files are named on the command line; each of its
transfers is one call and one commit.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, select

from payments import ledger
from payments.kernel.clock import SystemClock
from payments.kernel.money import vnd
from payments.ledger.model import Entry
from payments.ledger.posting_rules import money_in
from payments.ledger.rows import SEAL, TXN
from payments.ledger.sealing import seal_once
from payments.storage.engine import make_engine
from payments.storage.unit_of_work import Database
from tests.benchmarks import posting
from tests.faults.ledgers import SCOPE
from tests.support.databases import fresh_postgres
from tests.support.ledger import as_role
from tests.support.stage import own_cluster

CLIENTS = 8
GROUP = 250
_SEAL_EVERY_S = 0.2
#: Each client takes the next account: with one they all meet, with eight none does.
_turn = multiprocessing.Value("i", 0)


def _transfers(account: str) -> Iterator[Entry]:
    for number in itertools.count():
        yield money_in.transfer_received(
            bank_account=account,
            external_id=f"FT{uuid4().hex}",
            credit=uuid4(),
            received=vnd(100_000 + number),
            applied=vnd(90_000),
            invoice=uuid4(),
        )


def _poster(url: str, accounts: int, group: int = 1) -> Callable[[], None]:
    database = Database(url, SystemClock())
    with _turn.get_lock():
        account = f"00110{_turn.value % accounts:02d}"
        _turn.value += 1
    entries = _transfers(account)

    def commit() -> None:
        with database.transaction(SCOPE) as tx:
            for entry in itertools.islice(entries, group):
                ledger.post(tx, entry, effective_at=tx.now(), source="migration")

    return commit


def _pgledger(url: str) -> Callable[[], None]:
    """One transfer a commit, from an account of its own to the hot one."""
    owner = url.replace("vp_app", "postgres", 1)
    engine = make_engine(owner, pool_size=1)
    with engine.begin() as connection:
        hot = connection.exec_driver_sql(
            "SELECT id FROM pgledger_accounts WHERE name = 'hot'"
        ).scalar_one()
        own = connection.exec_driver_sql(
            "SELECT id FROM pgledger_create_account('own', 'VND')"
        ).scalar_one()

    def commit() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT id FROM pgledger_create_transfer(%s, %s, 100000)", (own, hot)
            )

    return commit


posting.WORK.update(
    hot=lambda url: _poster(url, 1),
    spread=lambda url: _poster(url, CLIENTS),
    groups=lambda url: _poster(url, 1, GROUP),
    pgledger=_pgledger,
)


def _say(what: str, rate: float, peer: str, peer_rate: float, goal: str) -> None:
    print(f"| {what} | {rate:,.0f} | {peer} | {peer_rate:,.0f} | {rate / peer_rate:.2f} | {goal} |")


def _drain(worker: Database) -> float:
    began, sealed = time.perf_counter(), 0
    while count := seal_once(worker, SCOPE):
        sealed += count
    return sealed / (time.perf_counter() - began)


def _lags(database: Database, worker: Database, url: str, seconds: float) -> list[float]:
    """Let the sealer run as the worker lets it, while eight clients post; seconds of each wait."""
    ended = threading.Event()

    def seal() -> None:
        while not ended.wait(_SEAL_EVERY_S):
            while seal_once(worker, SCOPE):
                pass

    with database.reading(SCOPE) as tx:
        began = tx.now()
    sealer = threading.Thread(target=seal)
    sealer.start()
    posting.measure("hot", url, CLIENTS, seconds)
    time.sleep(2 * _SEAL_EVERY_S)
    ended.set()
    sealer.join()
    _drain(worker)
    with database.reading(SCOPE) as tx:
        rows = tx.execute(
            select(SEAL.c.sealed_at, TXN.c.created_at)
            .join(TXN, (TXN.c.facility_id == SEAL.c.facility_id) & (TXN.c.id == SEAL.c.txn_id))
            .where(TXN.c.facility_id == tx.facility, TXN.c.created_at >= began)
        ).all()
    return [(row.sealed_at - row.created_at).total_seconds() for row in rows]


def _load(owner_url: str, files: list[Path]) -> None:
    owner = create_engine(owner_url)
    with owner.begin() as connection:
        # Its accounts and transfers ask for a type of this name.
        connection.exec_driver_sql("CREATE DOMAIN vienphi_money AS numeric")
        for file in files:
            text = file.read_text().replace(" MONEY", " vienphi_money")
            connection.exec_driver_sql(text.replace("%", "%%"))
        connection.exec_driver_sql("SELECT id FROM pgledger_create_account('hot', 'VND')")
    owner.dispose()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pgledger", type=Path, nargs="+", help="its files, in their order")
    given = parser.parse_args()
    with ExitStack() as stack:
        cluster = stack.enter_context(own_cluster(given.url))
        database = fresh_postgres(cluster, SystemClock())
        owner_url = cluster.url_of(database.engine.url.database or "")
        posting.add_floor(database, owner_url)
        if given.pgledger:
            _load(owner_url, given.pgledger)
        url = database.engine.url.render_as_string(hide_password=False)
        database.close()
        _compare(url, given)
    return 0


def _compare(url: str, given: argparse.Namespace) -> None:
    def paired(one: str, other: str) -> tuple[float, float]:
        a, b = posting.paired(url, CLIENTS, given.seconds, given.rounds, (one, other))
        return a.rate, b.rate

    print("\n| what | a second | beside | a second | ratio | goal |\n|---|---|---|---|---|---|")
    hot, spread = paired("hot", "spread")
    _say("one hot account", hot, "an account each", spread, ">= 0.9")
    floor, groups = paired("floor", "groups")
    _say(f"groups of {GROUP}", groups * GROUP, "floor", floor, ">= 2")
    if given.pgledger:
        hot, peer = paired("hot", "pgledger")
        _say("one hot account", hot, "pgledger", peer, ">= 4.5")
    database = Database(url, SystemClock())
    worker = as_role(database, "vp_worker")
    _say("sealer drains", _drain(worker), "posted", hot, ">= 5")
    lags = _lags(database, worker, url, given.seconds)
    p50, p99 = statistics.median(lags), statistics.quantiles(lags, n=100)[98]
    print(
        f"\nwaits for its seal: p50 {p50:.2f} s, p99 {p99:.2f} s of {len(lags)} (goal p99 <= 1 s)"
    )
    worker.close()
    database.close()


if __name__ == "__main__":
    sys.exit(main())
