"""Settlement batches against the bank: sums less fee and tax, parts, twins; on every engine."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments import cli
from payments.engines.running import Engine
from payments.reconciliation.files import CHANNEL_BANK, LEDGER_CHANNEL
from payments.reconciliation.model import Verdict
from tests.support.databases import Cluster
from tests.support.lines import ENGINES, answer, write_lines

PAYMENTS: Final = ("line_id", "ref", "amount", "fee", "tax")
CREDITS: Final = ("line_id", "ref", "amount")
CHANNEL: Final = [
    ("p1", "many-to-one", 100_000, 1_000, 100),
    ("p2", "many-to-one", 50_000, 500, 50),
    ("p3", "one-to-many", 90_000, 0, 0),
    ("p4", "near", 70_000, 700, 70),
    ("p5", "far", 70_000, 700, 70),
    ("p6", "not-paid", 30_000, 300, 30),
    ("p7", "told-twice", 20_000, 200, 20),
    ("p7", "told-twice", 20_000, 200, 20),
    ("p8", "credited-twice", 20_000, 200, 20),
    ("p9", "", 10_000, 100, 10),
    ("p10", "with-refund", 60_000, 600, 60),
    ("p11", "with-refund", -20_000, 0, 0),
]
BANK: Final = [
    ("b1", "many-to-one", 148_350),
    ("b2", "one-to-many", 40_000),
    ("b3", "one-to-many", 50_000),
    ("b4", "near", 69_231),
    ("b5", "far", 9_000),
    ("b6", "unknown", 5_000),
    ("b7", "told-twice", 19_780),
    ("b8", "credited-twice", 19_780),
    ("b9", "credited-twice", 19_780),
    ("b10", "", 1),
    ("b11", "with-refund", 39_340),
]
#: Verdict, batch, line of its own, lines here, net here, lines there, amount there.
EXPECTED: Final = {
    ("matched", "many-to-one", "", 2, 148_350, 1, 148_350),
    ("matched", "one-to-many", "", 1, 90_000, 2, 90_000),
    ("within_tolerance", "near", "", 1, 69_230, 1, 69_231),
    ("amount_differs", "far", "", 1, 69_230, 1, 9_000),
    ("missing_there", "not-paid", "", 1, 29_670, 0, None),
    ("missing_here", "unknown", "", 0, None, 1, 5_000),
    ("matched", "told-twice", "", 1, 19_780, 1, 19_780),
    ("duplicate_here", "told-twice", "p7", 1, 19_780, 0, None),
    ("matched", "credited-twice", "", 1, 19_780, 1, 19_780),
    ("duplicate_there", "credited-twice", "b9", 0, None, 1, 19_780),
    ("missing_there", "", "p9", 1, 9_890, 0, None),
    ("missing_here", "", "b10", 0, None, 1, 1),
    ("matched", "with-refund", "", 2, 39_340, 1, 39_340),
}


def files(folder: Path, channel: list[Any], bank: list[Any]) -> dict[str, Path]:
    return {
        "channel_side": write_lines(folder / "channel.csv", PAYMENTS, channel),
        "bank_side": write_lines(folder / "bank.csv", CREDITS, bank),
    }


def whole(text: str) -> int | None:
    return int(text) if text else None


def told(rows: list[dict[str, str]]) -> list[tuple[Any, ...]]:
    return [
        (row["verdict"], row["ref"], row["line"], int(row["lines_here"]), whole(row["net_here"]),
         int(row["lines_there"]), whole(row["amount_there"]))
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_each_planted_fault_of_a_batch_is_found(
    engine: Engine, tmp_path: Path, cluster: Cluster
) -> None:
    given = files(tmp_path, list(CHANNEL), list(BANK))

    counts, rows = answer(
        CHANNEL_BANK, given, tmp_path / "o.csv", engine, database=cluster.url_of("postgres")
    )

    assert set(told(rows)) == EXPECTED
    assert counts == Counter(row["verdict"] for row in rows)


batches = st.sampled_from(["", "A", "B", "C"])
small = st.integers(-3, 9)


@given(
    channel=st.lists(
        st.tuples(st.sampled_from("pqrs"), batches, small, st.integers(0, 2), st.integers(0, 1)),
        max_size=12,
    ),
    bank=st.lists(st.tuples(st.sampled_from("xyz"), batches, small), max_size=9),
)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_line_and_no_dong_of_a_batch_is_lost(
    tmp_path: Path, cluster: Cluster, channel: list[Any], bank: list[Any]
) -> None:
    given = files(tmp_path, channel, bank)
    written = []
    for engine in (Engine.DUCKDB, Engine.SQLITE, Engine.POSTGRES):
        out = tmp_path / "out.csv"
        _, rows = answer(CHANNEL_BANK, given, out, engine, database=cluster.url_of("postgres"))
        written.append(out.read_bytes())

    assert written[0] == written[1] == written[2]
    found = told(rows)
    assert sum(row[3] for row in found) == len(channel)
    assert sum(row[5] for row in found) == len(bank)
    assert sum(row[4] or 0 for row in found) == sum(a - f - t for _, _, a, f, t in channel)
    assert sum(row[6] or 0 for row in found) == sum(amount for _, _, amount in bank)
    assert all(row[4] == row[6] for row in found if row[0] == Verdict.MATCHED)


@pytest.mark.parametrize("relation", [LEDGER_CHANNEL, CHANNEL_BANK])
@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "spark"])
def test_the_text_is_sql_of_all_four(relation: Any, dialect: str) -> None:
    assert len(sqlglot.parse(relation.text, read=dialect)) == 1


def test_the_command_prints_seven_counts_and_writes_every_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ("line_id", "ref", "amount")
    ours = write_lines(tmp_path / "l.csv", lines, [("a", "R1", 5), ("b", "R2", 5)])
    theirs = write_lines(tmp_path / "c.csv", lines, [("x", "R1", 6)])
    out = tmp_path / "out.csv"

    status = cli.main(
        ["reconcile", "compare", "--ledger", str(ours), "--channel", str(theirs), "--out",
         str(out), "--engine", "sqlite", "--memory", "200MB", "--tolerance", "0"]
    )  # fmt: skip

    assert status == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == dict.fromkeys(Verdict, 0) | {
        "amount_differs": 1,
        "missing_there": 1,
    }
    assert printed.err == ""
    assert out.read_text(encoding="utf-8").splitlines() == [
        "verdict,ref,ledger_line,ledger_amount,channel_line,channel_amount",
        "amount_differs,R1,a,5,x,6",
        "missing_there,R2,b,5,,",
    ]


def test_the_command_names_file_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "l.csv").write_text("line_id,ref,amount\na,R,1.000\n", encoding="utf-8")
    arguments = ["--ledger", str(tmp_path / "l.csv"), "--channel", str(tmp_path / "none.csv")]

    status = cli.main(["reconcile", "compare", *arguments, "--out", str(tmp_path / "o.csv")])

    assert status == 1
    assert capsys.readouterr().err == (
        "vienphi: l.csv, line 2, amount: An amount is whole đồng, digits and a minus alone:"
        " 1250000.\n"
    )
    assert not (tmp_path / "o.csv").exists()


def test_the_command_settles_batches_and_refuses_a_tolerance_below_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = files(tmp_path, list(CHANNEL), list(BANK))
    arguments = [
        "reconcile", "batches", "--channel", str(given["channel_side"]), "--bank",
        str(given["bank_side"]), "--out", str(tmp_path / "o.parquet"),
    ]  # fmt: skip

    assert cli.main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["matched"] == 5
    assert cli.main([*arguments, "--tolerance", "-1"]) == 2
    assert "tolerance" in capsys.readouterr().err
