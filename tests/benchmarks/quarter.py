"""
A quarter of claims from file to bank receipt, every stage held against the ledger.

    python -m tests.benchmarks.quarter [--visits 10000] [--postgres] [--seed 2026]

Synthetic visits only: refusals, appeals, an advance, two notices, three transfers. Prints a row a
stage; stops with a difference, should there be one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from payments.kernel.clock import FrozenClock
from payments.keys import write_new
from tests.support.databases import fresh_postgres, fresh_sqlite
from tests.support.hospital import Hospital
from tests.support.quarter import QUARTER, Quarter
from tests.support.settlement import Fund
from tests.support.stage import SCOPE, Address, own_cluster, runtime_at

_NOW = datetime(2026, 10, 12, 1, tzinfo=UTC)
_TITLES = ("stage", "1400", "1410", "1420", "2300", "board", "01/BH", "02/BH", "ledger", "s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--postgres", action="store_true")
    args = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clock = FrozenClock(_NOW)
        if args.postgres:
            made = fresh_postgres(stack.enter_context(own_cluster(None)), clock)
        else:
            made = fresh_sqlite(folder / "vienphi.db", clock)
        stack.callback(made.close)
        write_new(folder / "keys.json", demo=True)
        address = Address(
            made.engine.url.render_as_string(hide_password=False), str(folder / "keys.json")
        )
        runtime = runtime_at(address, clock)
        fund = Fund(Hospital(runtime, SCOPE))
        print(" | ".join(_TITLES))
        began = time.perf_counter()
        for one in Quarter(fund, args.visits, args.seed).run():
            amounts = (*one.accounts.values(), one.requested, one.form_01, one.form_02, one.ledger)
            told = " | ".join(f"{amount.dong:,}" for amount in amounts)
            print(f"{one.name} | {told} | {time.perf_counter() - began:.0f}", flush=True)
        board = fund.board(QUARTER)
        fund.assert_sealed()
        fund.hospital.assert_balanced()
    print(
        f"\n{args.visits:,} visits: requested {board.requested.dong:,} = set off"
        f" {board.set_off.dong:,} + received {board.received.dong:,}"
        f" + written off {board.written_off.dong:,}; every account and form equal at every stage"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
