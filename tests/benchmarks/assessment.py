"""
Claimed lines against their assessment by ``bhyt compare``, against a bare scan of the same files.

    python -m tests.benchmarks.assessment --lines 1000000 10000000 --memory 2GB

The floor reads both files and groups them by visit, and writes nothing. Ours checks every cell,
joins line by line, puts each into its class, orders and writes them all (``lines`` says how it is
measured). Ten lines a visit; one in a hundred is refused in part, one in five hundred not answered.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.lines import table, write

_LINES_A_VISIT = 10
_KEY = (
    "'VP' || lpad(CAST(i // {n} AS VARCHAR), 9, '0') AS ma_lk,"
    " CASE WHEN i % {n} < 4 THEN 'XML2' ELSE 'XML3' END AS \"table\", i % {n} + 1 AS stt"
)


def _make(folder: Path, lines: int) -> dict[str, tuple[str, str]]:
    key = _KEY.format(n=_LINES_A_VISIT)
    asked = "CAST(1000 + i * 37 % 900000 AS DECIMAL(15, 2)) + CAST(0.25 AS DECIMAL(3, 2))"
    write(
        folder / "claims.parquet",
        f"SELECT {key}, {asked} AS asked, 80 AS level, 202609 AS month FROM range({lines}) t(i)",
    )
    write(
        folder / "assessment.parquet",
        f"SELECT {key}, {asked} - CASE WHEN i % 100 = 7 THEN 900 ELSE 0 END AS accepted,"
        " CASE WHEN i % 100 = 7 THEN 'BED_DAY' END AS reason,"
        " CASE WHEN i % 1000 = 7 THEN 32 ELSE 80 END AS level, 202609 AS month"
        f" FROM range({lines}) t(i) WHERE i % 500 <> 3",
    )
    return {"claims.parquet": ("ma_lk", "asked"), "assessment.parquet": ("ma_lk", "accepted")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--memory", default="2GB")
    given = parser.parse_args()

    def command(folder: Path) -> Sequence[str]:
        return [
            "bhyt", "compare", "--claims", str(folder / "claims.parquet"), "--assessment",
            str(folder / "assessment.parquet"), "--out", str(folder / "out.parquet"), "--memory",
            given.memory,
        ]  # fmt: skip

    table(given.lines, given.memory, _make, command)


if __name__ == "__main__":
    main()
