"""
Files of lines through ``reconcile compare`` on DuckDB, against a bare scan of the same files.

    python -m tests.benchmarks.lines --lines 1000000 10000000 --memory 1GB

The floor reads both files and groups them by ref, and writes nothing. Ours checks every cell,
joins, classifies, orders and writes every line. Each runs in a process of its own: processor time
of all its threads, time on the wall, and the most memory that it held.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

#: Reads each of the files given and groups it by the column of that name.
_FLOOR = (
    "import duckdb, sys;"
    "c = duckdb.connect();"
    'c.execute("SET memory_limit = \'" + sys.argv[1] + "\'");'
    'c.execute("SET temp_directory = \'" + sys.argv[2] + "\'");'
    "[c.execute('SELECT count(*), sum(n), sum(s) FROM (SELECT count(*) AS n, sum(' + of + ') AS s"
    " FROM read_parquet(\"' + f + '\") GROUP BY ' + by + ')').fetchall()"
    " for f, by, of in (one.split('|') for one in sys.argv[3:])]"
)


@dataclass(frozen=True, slots=True)
class Took:
    wall_s: float
    processor_s: float
    megabytes: float


def measure(command: Sequence[str]) -> Took:
    """Run a command as a child; what it prints is dropped."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"it failed: {command}")
    return Took(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)


def table(
    sizes: Sequence[int],
    memory: str,
    make: Callable[[Path, int], dict[str, tuple[str, str]]],
    command: Callable[[Path], Sequence[str]],
) -> None:
    """Print a line for the floor and one for ours, at each size."""
    print("| lines a side | work | wall s | processor s | times the floor | MB at most |")
    print("|---:|---|---:|---:|---:|---:|")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="vienphi-lines-") as place:
            folder = Path(place)
            files = make(folder, size)
            told = [f"{folder / name}|{by}|{of}" for name, (by, of) in files.items()]
            floor = measure([sys.executable, "-c", _FLOOR, memory, str(folder / "spill"), *told])
            ours = measure([sys.executable, "-m", "payments.cli", *command(folder)])
        for name, took in (("bare scan and groups", floor), ("compare", ours)):
            ratio = took.processor_s / floor.processor_s
            print(
                f"| {size:,} | {name} | {took.wall_s:.1f} | {took.processor_s:.1f} |"
                f" {ratio:.1f} | {took.megabytes:,.0f} |",
                flush=True,
            )


def write(path: Path, select: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1GB'")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")


def _make(folder: Path, lines: int) -> dict[str, tuple[str, str]]:
    """Make sides in another order, of which one line in a thousand differs, lacks or is twice."""
    ref = f"'VPH' || lpad(CAST((i * 7919) % {lines} AS VARCHAR), 10, '0') AS ref"
    amount = f"50000 + (i * 7919) % {lines} * 37 % 900000"
    write(
        folder / "ledger.parquet",
        f"SELECT 'L' || i AS line_id, {ref}, CAST({amount} + CASE WHEN i % 1000 = 3 THEN 1"
        f" WHEN i % 1000 = 4 THEN 5000 ELSE 0 END AS BIGINT) AS amount"
        f" FROM range({lines}) t(i) WHERE i % 1000 <> 5 UNION ALL"
        f" SELECT 'D' || i, {ref}, CAST({amount} AS BIGINT) FROM range(0, {lines}, 1000) t(i)",
    )
    write(
        folder / "channel.parquet",
        "SELECT 'C' || i AS line_id, 'VPH' || lpad(CAST(i AS VARCHAR), 10, '0') AS ref,"
        f" CAST(50000 + i * 37 % 900000 AS BIGINT) AS amount"
        f" FROM range({lines}) t(i) WHERE i % 997 <> 1",
    )
    return dict.fromkeys(("ledger.parquet", "channel.parquet"), ("ref", "amount"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--memory", default="1GB")
    given = parser.parse_args()

    def command(folder: Path) -> Sequence[str]:
        return [
            "reconcile", "compare", "--ledger", str(folder / "ledger.parquet"), "--channel",
            str(folder / "channel.parquet"), "--out", str(folder / "out.parquet"), "--memory",
            given.memory,
        ]  # fmt: skip

    table(given.lines, given.memory, _make, command)


if __name__ == "__main__":
    main()
