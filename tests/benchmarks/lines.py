"""
A command over files of lines beside a bare scan of the same files: the floor.

The floor reads the files and groups them, and writes nothing. Each runs in a process of its own:
processor time of all its threads, time on the wall, and the most memory that it held.
"""

from __future__ import annotations

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
