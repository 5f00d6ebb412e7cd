"""
How fast notifications are proven, stored and applied, beside one row and one commit.

    python -m tests.benchmarks.notifications [--url URL] [--seconds 4] [--senders 1 4 8]

A sender is a process that hands SePay's request, as it comes over the wire, to the webhook's use
case: the key is proven, the body is read, the message is stored (first commit), takes effect on the
invoice that its memo names (second commit), and is answered. The floor is one row and one commit
by the same driver, in turns with it in the same run. PostgreSQL, with fsync; at the end every
message that was answered must be in the books, once.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
from collections.abc import Callable
from datetime import timedelta

from payments.inbox.service import accept
from payments.kernel.clock import SystemClock
from payments.keys import write_new
from payments.storage.unit_of_work import Database
from tests.benchmarks import payment, posting
from tests.benchmarks.posting import Point
from tests.faults.ledgers import SCOPE
from tests.support.databases import fresh_postgres
from tests.support.feeds import FURNISHED, transfer
from tests.support.stage import Address, own_cluster, runtime_at

_WAYS = FURNISHED["sepay"]
_HEAD = (
    *("senders", "floor/s", "notifications/s", "ratio"),
    *("floor p50", "p50", "floor p99", "p99", "p99/floor"),
)


def _send(url: str) -> Callable[[], None]:
    runtime = runtime_at(Address(url, str(payment.KEYS)))

    def commit() -> None:
        number = payment.take()
        now = runtime.clock.now()
        told = transfer(number + 1, payment.CODES[number], payment.DONG, now - timedelta(seconds=5))
        reply = accept(runtime, SCOPE, _WAYS.channel, _WAYS.raw(told, now))
        if reply.status != 200:
            raise SystemExit(f"a message was answered {reply.status}: its time says nothing")

    return commit


def _line(senders: int, floor: Point, told: Point) -> str:
    cells = (
        f"{senders}",
        f"{floor.rate:,.0f}",
        f"{told.rate:,.0f}",
        f"{told.rate / floor.rate:.2f}",
        f"{_p50_ms(floor):.1f}",
        f"{_p50_ms(told):.1f}",
        f"{floor.p99_ms:.1f}",
        f"{told.p99_ms:.1f}",
        f"{told.p99_ms / floor.p99_ms:.1f}",
    )
    return f"| {' | '.join(cells)} |"


def _p50_ms(point: Point) -> float:
    return 1000 * statistics.median(point.latencies)


def _run(database: Database, owner_url: str, given: argparse.Namespace) -> None:
    posting.add_floor(database, owner_url)
    url = database.engine.url.render_as_string(hide_password=False)
    runtime = runtime_at(Address(url, str(payment.KEYS)))
    payment.prepare(runtime, payment.CODES)
    runtime.database.close()
    payment.gather_statistics(_send(url), owner_url)
    print(f"\n| {' | '.join(_HEAD)} |")
    print("|---" * len(_HEAD) + "|")
    # A process that forks must hold no connection.
    database.close()
    for senders in given.senders:
        works = ("floor", "notification")
        floor, told = posting.paired(url, senders, given.seconds, given.rounds, works)
        print(_line(senders, floor, told), flush=True)
    payment.hold_against_the_ledger(database)
    print("\nTimes in ms. Every message that was answered is in the books, once.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="superuser's URL of a PostgreSQL; else the wheel's")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--senders", type=int, nargs="+", default=(1, 4, 8))
    given = parser.parse_args()
    multiprocessing.set_start_method("fork", force=True)
    posting.WORK["notification"] = _send
    write_new(payment.KEYS, demo=True)
    with own_cluster(given.url) as cluster:
        database = fresh_postgres(cluster, SystemClock())
        _run(database, cluster.url_of(database.engine.url.database or ""), given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
