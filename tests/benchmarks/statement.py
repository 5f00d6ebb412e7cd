"""
How fast a large statement is taken in, and how long it keeps other writers waiting at most.

    python -m tests.benchmarks.statement [--lines 100000] [--postgres]

Lines are spread over a month; none names a code. Prints a row in Markdown.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.keys import write_new
from payments.reconciliation.importing import finish, take_in
from payments.storage.unit_of_work import Database, UnitOfWork
from tests.support.databases import fresh_postgres, fresh_sqlite
from tests.support.hospital import PAYEE, Hospital
from tests.support.stage import SCOPE, Address, own_cluster, runtime_at
from tests.support.statements import Moved, a_statement, moved_at

_FROM = datetime(2026, 10, 24, 1, tzinfo=UTC)
_NOW = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)


class Timed(Database):
    """Remembers how long the longest transaction that writes was open."""

    longest_s = 0.0
    writes = 0

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[UnitOfWork]:
        with super().transaction(scope) as tx:
            began = time.perf_counter()
            yield tx
        self.longest_s = max(self.longest_s, time.perf_counter() - began)
        self.writes += 1


def content(lines: int) -> bytes:
    step = (_NOW - _FROM - timedelta(days=1)) / max(1, lines)
    moved = [
        Moved(1_000 + at % 977, f"FT{at:09d}", "CK TIEN VIEN PHI", moved_at(_FROM + at * step))
        for at in range(lines)
    ]
    return a_statement(*moved, day="24/10/2026")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true")
    args = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clock = FrozenClock(_NOW)
        if args.postgres:
            made = fresh_postgres(stack.enter_context(own_cluster(None)), clock)
        else:
            made = fresh_sqlite(folder / "vienphi.db", clock)
        database = Timed("", clock, engine=made.engine)
        write_new(folder / "keys.json", demo=True)
        address = Address(
            made.engine.url.render_as_string(hide_password=False), str(folder / "keys.json")
        )
        runtime = replace(runtime_at(address, clock), database=database)
        hospital = Hospital(runtime, SCOPE)
        given = content(args.lines)
        database.longest_s, database.writes = 0.0, 0
        began = time.perf_counter()
        told = take_in(hospital.runtime, hospital.scope, PAYEE.account, given)
        staged_s, staging_longest_s = time.perf_counter() - began, database.longest_s
        told = finish(hospital.runtime, hospital.scope, told.file)
        whole_s = time.perf_counter() - began
        print("| database | lines | answer s | applied s | lines/s | commits | longest commit ms |")
        print("|---|---|---|---|---|---|---|")
        print(
            f"| {made.engine.dialect.name} | {told.lines} | {staged_s:.1f} | {whole_s:.1f} |"
            f" {told.lines / whole_s:,.0f} | {database.writes} |"
            f" {1000 * staging_longest_s:.0f} until the answer, {1000 * database.longest_s:.0f} |"
        )
        if (told.added, told.waiting) != (args.lines, 0):
            print(f"FAIL: {told}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
