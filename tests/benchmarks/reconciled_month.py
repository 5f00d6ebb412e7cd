"""
A month of payments on five channels, told by feeds, files and reports, and all told once more.

    python -m tests.benchmarks.reconciled_month --payments 200000 --seed 1 [--postgres]

200,000 payments take hours on a small machine; 5,000 show the same shares. Prints how much nobody
had to look at, what paid for a wrong invoice (none may), how long each part took; fails with what
is not as planted. ``tests/unit/reconciliation/test_month.py`` runs some hundred.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from payments.kernel.clock import FrozenClock
from payments.keys import write_new
from tests.support.databases import fresh_postgres, fresh_sqlite
from tests.support.gateways import desk
from tests.support.hospital import Hospital
from tests.support.month import BEGINS, Month
from tests.support.month_proof import prove, standing
from tests.support.stage import SCOPE, Address, own_cluster, runtime_at


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=200_000)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    print("| payments | seed | movements | without a person | wrong | run s | again s | faults |")
    print("|---:|---:|---:|---:|---:|---:|---:|---|")
    return max(_one(given.payments, seed, given.postgres) for seed in given.seed)


def _one(payments: int, seed: int, on_postgres: bool) -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clock = FrozenClock(BEGINS)
        if on_postgres:
            made = fresh_postgres(stack.enter_context(own_cluster(None)), clock)
        else:
            made = fresh_sqlite(folder / "vienphi.db", clock)
        stack.callback(made.close)
        write_new(folder / "keys.json", demo=True)
        url = made.engine.url.render_as_string(hide_password=False)
        runtime = runtime_at(Address(url, str(folder / "keys.json")), clock)
        month = Month(desk(Hospital(runtime, SCOPE), "momo"), payments, seed)
        began = time.perf_counter()
        month.run()
        ran = time.perf_counter()
        found, before = prove(month), standing(month)
        month.repeat()
        faults = list(found.faults)
        if standing(month) != before:
            faults.append("telling it once more changed something")
        again_s, run_s = time.perf_counter() - ran, ran - began
        print(
            f"| {payments:,} | {seed} | {found.movements:,} | {found.share:.3%} | {found.wrong} |"
            f" {run_s:.0f} | {again_s:.0f} | {'; '.join(faults) or '-'} |",
            flush=True,
        )
        return 1 if faults or found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
