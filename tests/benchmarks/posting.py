"""
How fast ``ledger.post`` is beside the physical floor: one row and one commit of the same driver.

    python -m tests.benchmarks.posting [--url URL] [--seconds 4] [--rounds 3] [--clients 8]

Clients are processes, all on one hot bank account; floor and posting take turns within each round,
so that a noisy neighbour disturbs both. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from payments import ledger
from payments.kernel.clock import SystemClock
from payments.ledger.sealing import seal_once
from payments.ledger.verifying import verify
from payments.storage.engine import BEGIN, make_engine
from payments.storage.unit_of_work import Database
from tests.faults.ledgers import SCOPE, transfers
from tests.support.databases import fresh_postgres, fresh_sqlite
from tests.support.ledger import as_role
from tests.support.stage import own_cluster

CLIENTS = (1, 4, 8)
#: Not counted: connections, prepared statements and the account cache come first.
_WARM_UP = 12
_READY = 4_000


@dataclass
class Point:
    """One client's or all clients' work: commits, and how long each took in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def p99_ms(self) -> float:
        return 1000 * statistics.quantiles(self.latencies, n=100)[98]


def _floor(url: str) -> Callable[[], None]:
    """One row, one commit: the same driver and pool, a table without an index but its key."""
    engine = make_engine(url, pool_size=1)
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    statement = f"INSERT INTO bench_floor (id, body) VALUES ({mark}, {mark})"
    body = "x" * 200

    def commit() -> None:
        with engine.connect() as connection:
            connection = connection.execution_options(**{BEGIN: "IMMEDIATE"})
            connection.exec_driver_sql(statement, (str(uuid4()), body))
            connection.commit()

    return commit


def _post(url: str) -> Callable[[], None]:
    database = Database(url, SystemClock())
    # Made beforehand: a rule is not what is measured.
    entries = transfers(1_000_000)
    ready = deque(itertools.islice(entries, _READY))

    def commit() -> None:
        entry = ready.popleft() if ready else next(entries)
        with database.transaction(SCOPE) as tx:
            ledger.post(tx, entry, effective_at=tx.now(), source="webhook")

    return commit


WORK = {"floor": _floor, "post": _post}


def _client(work: str, url: str, go: float, seconds: float, told: Queue[list[float]]) -> None:
    commit = WORK[work](url)
    for _ in range(_WARM_UP):
        commit()
    time.sleep(max(0.0, go - time.time()))
    latencies: list[float] = []
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        commit()
        latencies.append(time.perf_counter() - began)
    told.put(latencies)


def measure(work: str, url: str, clients: int, seconds: float) -> Point:
    """Let *clients* processes do *work* at the same time."""
    context = multiprocessing.get_context("fork")
    told: Queue[list[float]] = context.Queue()
    go = time.time() + 0.5 + 0.1 * clients
    processes = [
        context.Process(target=_client, args=(work, url, go, seconds, told)) for _ in range(clients)
    ]
    for process in processes:
        process.start()
    point = Point(seconds)
    for _ in processes:
        point.latencies += told.get()
    for process in processes:
        process.join()
    return point


def paired(
    url: str, clients: int, seconds: float, rounds: int, works: tuple[str, str]
) -> tuple[Point, Point]:
    """Measure two works in turns, the order swapped each round."""
    points = {work: Point() for work in works}
    for turn in range(rounds):
        for work in works if turn % 2 == 0 else works[::-1]:
            measured = measure(work, url, clients, seconds)
            points[work].seconds += measured.seconds
            points[work].latencies += measured.latencies
    return points[works[0]], points[works[1]]


def compare(name: str, url: str, given: argparse.Namespace) -> None:
    seconds, rounds = given.seconds, given.rounds
    for clients in given.clients:
        floor, post = paired(url, clients, seconds, rounds, ("floor", "post"))
        print(
            f"| {name} | {clients} | {floor.rate:,.0f} | {post.rate:,.0f} |"
            f" {post.rate / floor.rate:.2f} | {floor.p99_ms:.1f} | {post.p99_ms:.1f} |"
            f" {post.p99_ms / floor.p99_ms:.1f} |",
            flush=True,
        )


def drain_and_verify(name: str, database: Database) -> None:
    worker = as_role(database, "vp_worker")
    began, sealed = time.perf_counter(), 0
    while count := seal_once(worker, SCOPE):
        sealed += count
    sealing = time.perf_counter() - began
    worker.close()
    began = time.perf_counter()
    report = verify(database, SCOPE)
    verifying = time.perf_counter() - began
    sound = "sound" if report.is_sound else f"NOT sound: {report.findings[:2]}"
    print(
        f"\n{name}: {sealed} transactions sealed at {sealed / sealing:,.0f}/s,"
        f" {report.seals} verified at {report.seals / verifying:,.0f}/s, {sound}"
    )


def add_floor(database: Database, owner_url: str) -> None:
    """Make the table of the floor, and refuse a server that does not flush."""
    owner = create_engine(owner_url)
    with owner.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE bench_floor (id text PRIMARY KEY, body text)")
        if database.is_postgres:
            connection.exec_driver_sql("GRANT INSERT ON bench_floor TO vp_app")
            fsync = connection.exec_driver_sql("SHOW fsync").scalar()
            commit = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
            print(f"fsync {fsync}, synchronous_commit {commit}")
            if fsync != "on" or commit != "on":
                raise SystemExit("without fsync the figures say nothing about a hospital")
    owner.dispose()


def _run(name: str, database: Database, owner_url: str, given: argparse.Namespace) -> None:
    add_floor(database, owner_url)
    print(
        "\n| database | clients | floor/s | post/s | ratio | floor p99 ms | post p99 ms | ratio |"
    )
    print("|---|---|---|---|---|---|---|---|")
    url = database.engine.url.render_as_string(hide_password=False)
    # A process that forks must hold no connection.
    database.close()
    compare(name, url, given)
    drain_and_verify(name, Database(url, SystemClock()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    args = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if args.only != "sqlite":
            cluster = stack.enter_context(own_cluster(args.url))
            database = fresh_postgres(cluster, SystemClock())
            name = make_url(str(database.engine.url)).database or ""
            _run("PostgreSQL", database, cluster.url_of(name), args)
        if args.only != "postgresql":
            database = fresh_sqlite(folder / "vienphi.db", SystemClock())
            url = database.engine.url.render_as_string(hide_password=False)
            _run("SQLite", database, url, args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
