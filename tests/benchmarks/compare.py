"""
``reconcile compare`` against the bare query of DuckDB and a merge of pandas, on the same files.

    python -m tests.benchmarks.compare --lines 1000000 --rounds 5 --peers
    python -m tests.benchmarks.compare --lines 10000000 --rounds 1 --memory 1GB
    python -m tests.benchmarks.compare --lines 50000000 --rounds 1 --memory 4GB --place DIR

Whole processes, from start to end, that take turns: middle of the time on the wall and of the
processor's, and the most memory of all rounds. The bare query is our own relation from Parquet to
Parquet, without a look at the cells. pandas counts twins and merges, then merges what is left, as
the relation does. Verdicts are planted (``tests.support.planted_lines``); one that is wrong fails
the run. The bare query may use what memory it likes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.benchmarks.lines import Took, measure
from tests.support import planted_lines

_BARE: Final = """
import duckdb, pathlib, sys
from_, out = sys.argv[1:]
c = duckdb.connect()
c.execute("SET preserve_insertion_order = false")
for side in ("ledger", "channel"):
    c.execute(f"CREATE VIEW {side}_side AS FROM read_parquet('{from_}/{side}.parquet')")
c.execute("CREATE TABLE tolerance AS SELECT CAST(1 AS BIGINT) AS amount")
text = pathlib.Path("payments/reconciliation/relations/ledger_channel.sql").read_text()
c.execute(f"COPY ({text}) TO '{out}' (FORMAT parquet)")
print(c.execute(f"SELECT verdict, count(*) FROM '{out}' GROUP BY ALL").fetchall())
"""
_PANDAS: Final = """
import sys
import numpy as np, pandas as pd
from_, out = sys.argv[1:]
def side(name):
    lines = pd.read_parquet(f"{from_}/{name}.parquet")
    alone = lines[lines.ref.isna()]
    lines = lines[lines.ref.notna()].sort_values("line_id")
    lines["twin"] = lines.groupby(["ref", "amount"]).cumcount()
    return lines, alone
(ours, our_alone), (theirs, their_alone) = side("ledger"), side("channel")
both = ours.merge(theirs, on=["ref", "amount", "twin"], how="outer", suffixes=("_l", "_c"))
met = both.line_id_l.notna() & both.line_id_c.notna()
matched = both[met].assign(verdict="matched", amount_l=both.amount, amount_c=both.amount)
def left(lines, side):
    lines = lines[["ref", "amount", f"line_id_{side}"]].sort_values(["amount", f"line_id_{side}"])
    return lines.assign(turn=lines.groupby("ref").cumcount()).rename(
        columns={"amount": f"amount_{side}"})
rest = left(both[~met & both.line_id_l.notna()], "l").merge(
    left(both[~met & both.line_id_c.notna()], "c"), on=["ref", "turn"], how="outer")
known = rest.ref.isin(matched.ref) | (rest.turn > 0)
rest["verdict"] = np.select(
    [rest.line_id_l.isna() & known, rest.line_id_l.isna(), rest.line_id_c.isna() & known,
     rest.line_id_c.isna(), (rest.amount_l - rest.amount_c).abs() <= 1],
    ["duplicate_there", "missing_here", "duplicate_here", "missing_there", "within_tolerance"],
    "amount_differs")
names = {"line_id_l": "ledger_line", "amount_l": "ledger_amount",
         "line_id_c": "channel_line", "amount_c": "channel_amount"}
keep = ["verdict", "ref", *names.values()]
alone = [our_alone.rename(columns={"line_id": "ledger_line", "amount": "ledger_amount"}).assign(
             verdict="missing_there"),
         their_alone.rename(columns={"line_id": "channel_line", "amount": "channel_amount"}).assign(
             verdict="missing_here")]
whole = pd.concat([matched.rename(columns=names), rest.rename(columns=names), *alone])
whole.reindex(columns=keep).to_parquet(out)
print(whole.verdict.value_counts().to_dict())
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", action="store_true", help="also pandas, if it is installed")
    parser.add_argument("--alone", action="store_true", help="only the command")
    parser.add_argument("--place", type=Path, help="where there is room for files and spilling")
    given = parser.parse_args()
    print("| lines a side | work | wall s | processor s | wall, times the command | MB at most |")
    print("|---:|---|---:|---:|---:|---:|")
    bad = 0
    for lines in given.lines:
        with tempfile.TemporaryDirectory(prefix="vienphi-lines-", dir=given.place) as place:
            bad += _measured(Path(place), lines, given)
    return 1 if bad else 0


def _measured(folder: Path, lines: int, given: argparse.Namespace) -> int:
    planted_lines.make(folder, lines, given.seed)
    ours = [
        sys.executable, "-m", "payments.cli", "reconcile", "compare",
        "--ledger", f"{folder / planted_lines.LEDGER}",
        "--channel", f"{folder / planted_lines.CHANNEL}",
        "--out", f"{folder / 'command.parquet'}", "--memory", given.memory,
    ]  # fmt: skip
    works = {"command": ours}
    if not given.alone:
        works["bare query"] = [
            sys.executable,
            "-c",
            _BARE,
            f"{folder}",
            f"{folder / 'bare query.parquet'}",
        ]
    if given.peers:
        works["pandas"] = [
            sys.executable,
            "-c",
            _PANDAS,
            f"{folder}",
            f"{folder / 'pandas.parquet'}",
        ]
    took: dict[str, list[Took]] = {name: [] for name in works}
    for _ in range(given.rounds):
        for name, command in works.items():
            took[name].append(measure(command))
    middle = statistics.median(one.wall_s for one in took["command"])
    bad = 0
    for name, runs in took.items():
        wall = statistics.median(one.wall_s for one in runs)
        processor = statistics.median(one.processor_s for one in runs)
        memory = max(one.megabytes for one in runs)
        print(
            f"| {lines:,} | {name} | {wall:.2f} | {processor:.2f} | {wall / middle:.2f} |"
            f" {memory:,.0f} |",
            flush=True,
        )
        wrong = planted_lines.wrong(folder / f"{name}.parquet", lines, given.seed)
        if wrong:
            print(f"FAIL: {name}: {wrong} rows are not as planted")
            bad += wrong
    return bad


if __name__ == "__main__":
    sys.exit(main())
