"""
Two files of lines in which the verdict of every line is known before anybody compares them.

Of each thousand movements one is planted per kind of fault, at places that the seed moves:

    0 near · 1 far · 2 ours alone · 3 theirs alone · 4 twice here · 5 twice there · 6 true twins
    7 without a ref on both sides · all others equal
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

LEDGER: Final = "ledger.parquet"
CHANNEL: Final = "channel.parquet"
#: Verdicts as the movements of one kind give them: verdict, ending of our line, of theirs.
_EXPECTED: Final = (
    ("matched", "", "", "kind >= 8 OR kind IN (4, 5, 6)"),
    ("matched", "b", "b", "kind = 6"),
    ("within_tolerance", "", "", "kind = 0"),
    ("amount_differs", "", "", "kind = 1"),
    ("missing_there", "", None, "kind IN (2, 7)"),
    ("missing_here", None, "", "kind IN (3, 7)"),
    ("duplicate_here", "b", None, "kind = 4"),
    ("duplicate_there", None, "b", "kind = 5"),
)


def make(folder: Path, movements: int, seed: int = 1) -> dict[str, Path]:
    """Write both files; a side has as many lines as there are *movements*, less or more a few."""
    ref = "CASE WHEN kind = 7 THEN NULL ELSE 'VPH' || lpad(CAST(i AS VARCHAR), 10, '0') END AS ref"
    near = "CASE kind WHEN 0 THEN 1 WHEN 1 THEN 5000 ELSE 0 END"
    with _connected(movements, seed) as connection:
        for name, letter, twice, amount, lacks in (
            (LEDGER, "L", "(4, 6)", "amount", 3),
            (CHANNEL, "C", "(5, 6)", f"amount + {near}", 2),
        ):
            lines = (
                f"SELECT i, kind, '{letter}' || i AS line_id, {ref}, {amount} AS amount"
                f" FROM movement WHERE kind <> {lacks} UNION ALL"
                f" SELECT i, kind, '{letter}' || i || 'b', {ref}, {amount}"
                f" FROM movement WHERE kind IN {twice}"
            )
            connection.execute(
                # The sides come in another order: nobody gets pairs for nothing.
                f"COPY (SELECT line_id, ref, CAST(amount AS BIGINT) AS amount FROM ({lines})"
                f" ORDER BY hash(line_id)) TO '{folder / name}' (FORMAT parquet)"
            )
    return {"ledger_side": folder / LEDGER, "channel_side": folder / CHANNEL}


def wrong(answer: Path, movements: int, seed: int = 1) -> int:
    """Count the rows of *answer* (Parquet) that were not planted, and those that it lacks."""
    parts = []
    for verdict, ours, theirs, where in _EXPECTED:
        ledger = "NULL" if ours is None else f"'L' || i || '{ours}'"
        channel = "NULL" if theirs is None else f"'C' || i || '{theirs}'"
        parts.append(
            f"SELECT '{verdict}' AS verdict, {ledger}, {channel} FROM movement WHERE {where}"
        )
    expected = " UNION ALL ".join(parts)
    told = f"SELECT verdict, ledger_line, channel_line FROM read_parquet('{answer}')"
    with _connected(movements, seed) as connection:
        connection.execute(f"CREATE TABLE expected AS {expected}")
        found = connection.execute(
            f"SELECT (SELECT count(*) FROM (FROM expected EXCEPT ALL {told}))"
            f" + (SELECT count(*) FROM ({told} EXCEPT ALL FROM expected))"
        ).fetchall()
    return int(found[0][0])


def _connected(movements: int, seed: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET memory_limit = '3GB'")
    connection.execute(
        "CREATE VIEW movement AS SELECT i, (i + i // 1000 * 7 + "
        f"{seed * 31}) % 1000 AS kind, 50000 + (i * 7919 + {seed}) % 900000 AS amount"
        f" FROM range({movements}) t(i)"
    )
    return connection
