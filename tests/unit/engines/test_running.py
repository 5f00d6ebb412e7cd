"""One relation, four engines, one answer: written whole, within its memory, nothing left behind."""

from __future__ import annotations

import io
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.engines import writing
from payments.engines.model import BadMemory, EngineFailed, EngineMissing
from payments.engines.progress import Progress
from payments.engines.running import Engine, Request, UnreadableLines, run
from payments.kernel.errors import InvalidField
from payments.reconciliation.files import LEDGER_CHANNEL
from payments.reconciliation.model import Verdict
from tests.support import planted_lines
from tests.support.databases import Cluster
from tests.support.lines import ENGINES, answer, write_lines

TITLES: Final = ("line_id", "ref", "amount")
Line = tuple[str, str, int]
#: One planted fault of each verdict, twins, and lines that name no movement.
LEDGER: Final[list[Line]] = [
    ("l1", "equal", 100_000),
    ("l2", "near", 50_001),
    ("l3", "far", 70_000),
    ("l4", "ours", 20_000),
    ("l5", "twice-here", 30_000),
    ("l6", "twice-here", 30_000),
    ("l7", "twice-there", 40_000),
    ("l8", "", 5),
]
CHANNEL: Final[list[Line]] = [
    ("c1", "equal", 100_000),
    ("c2", "near", 50_000),
    ("c3", "far", 7_000),
    ("c4", "theirs", 60_000),
    ("c5", "twice-here", 30_000),
    ("c6", "twice-there", 40_000),
    ("c7", "twice-there", 40_000),
    ("c8", "phí", -1_100),
    ("c9", "", 5),
]
EXPECTED: Final = {
    ("matched", "equal", "l1", "c1"),
    ("within_tolerance", "near", "l2", "c2"),
    ("amount_differs", "far", "l3", "c3"),
    ("missing_there", "ours", "l4", ""),
    ("missing_here", "theirs", "", "c4"),
    ("missing_here", "phí", "", "c8"),
    ("matched", "twice-here", "l5", "c5"),
    ("duplicate_here", "twice-here", "l6", ""),
    ("matched", "twice-there", "l7", "c6"),
    ("duplicate_there", "twice-there", "", "c7"),
    ("missing_there", "", "l8", ""),
    ("missing_here", "", "", "c9"),
}


def files(folder: Path, ledger: list[Line], channel: list[Line]) -> dict[str, Path]:
    return {
        "ledger_side": write_lines(folder / "ledger.csv", TITLES, ledger),
        "channel_side": write_lines(folder / "channel.csv", TITLES, channel),
    }


def told(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    return [(row["verdict"], row["ref"], row["ledger_line"], row["channel_line"]) for row in rows]


def url(cluster: Cluster) -> str:
    return cluster.url_of("postgres")


@pytest.mark.parametrize("engine", ENGINES)
def test_each_planted_fault_is_found_on_every_engine(
    engine: Engine, tmp_path: Path, cluster: Cluster
) -> None:
    given = files(tmp_path, LEDGER, CHANNEL)

    counts, rows = answer(
        LEDGER_CHANNEL, given, tmp_path / "out.csv", engine, database=url(cluster)
    )

    assert set(told(rows)) == EXPECTED
    assert len(rows) == len(EXPECTED)
    assert counts == Counter(row["verdict"] for row in rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "channel.csv",
        "ledger.csv",
        "out.csv",
    ]


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_a_hundred_thousand_lines_come_out_alike_to_the_byte(
    engine: Engine, tmp_path: Path, cluster: Cluster
) -> None:
    chance = random.Random(20261201)
    given = files(tmp_path, many(chance, "l", 50_000), many(chance, "c", 50_000))
    ours, theirs = tmp_path / "duckdb.csv", tmp_path / "other.csv"

    answer(LEDGER_CHANNEL, given, ours, tolerance=5)
    answer(LEDGER_CHANNEL, given, theirs, engine, tolerance=5, database=url(cluster))

    assert ours.read_bytes() == theirs.read_bytes()
    assert ours.read_bytes().count(b"\n") > 50_000


def many(chance: random.Random, side: str, count: int) -> list[Line]:
    """Make lines of which most meet; refs repeat, amounts are near, letters are of all kinds."""
    return [
        (
            f"{side}{n}",
            chance.choice(("", "VPH", "é", "Z", "z", "Ơ")) + str(chance.randrange(30_000)),
            chance.choice((50_000, 50_003, 70_000, -5, 0)) + chance.randrange(4),
        )
        for n in range(count)
    ]


refs = st.sampled_from(["", "A", "a", "B", "Đ", "x,y", 'q"uote', "=1+1", "\\N", "\\."])
a_side = st.lists(st.tuples(refs, st.sampled_from([0, 1, 2, 5, 50, -3, 10**15])), max_size=14)


@given(ledger=a_side, channel=a_side, tolerance=st.integers(0, 3))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_line_stands_once_and_as_a_plain_program_says(
    tmp_path: Path, cluster: Cluster, ledger: list[Any], channel: list[Any], tolerance: int
) -> None:
    ours = [(f"l{n}", *rest) for n, rest in enumerate(ledger)]
    theirs = [(f"c{n}", *rest) for n, rest in enumerate(channel)]
    given = files(tmp_path, ours, theirs)
    written = []
    for engine in (Engine.DUCKDB, Engine.SQLITE, Engine.POSTGRES):
        out = tmp_path / "out.csv"
        _, rows = answer(
            LEDGER_CHANNEL, given, out, engine, tolerance=tolerance, database=url(cluster)
        )
        written.append(out.read_bytes())

    assert written[0] == written[1] == written[2]
    assert sorted(told(rows)) == sorted(plainly(ours, theirs, tolerance))
    assert sorted(row["ledger_line"] for row in rows if row["ledger_line"]) == sorted(
        line for line, _, _ in ours
    )
    assert sorted(row["channel_line"] for row in rows if row["channel_line"]) == sorted(
        line for line, _, _ in theirs
    )


def plainly(ledger: list[Line], channel: list[Line], tolerance: int) -> list[tuple[str, ...]]:
    """Classify with lists and loops."""
    by_ref: dict[str, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for place, side in enumerate((ledger, channel)):
        for line, ref, amount in side:
            by_ref[ref][place].append((amount, line.encode()))
    found: list[tuple[str, ...]] = []
    for ref, (ours, theirs) in by_ref.items():
        if not ref:
            found += [("missing_there", "", line.decode(), "") for _, line in ours]
            found += [("missing_here", "", "", line.decode()) for _, line in theirs]
            continue
        knows = bool(ours), bool(theirs)
        for amount, line in sorted(ours):
            twin = min((one for one in theirs if one[0] == amount), default=None)
            if twin is not None:
                ours.remove((amount, line))
                theirs.remove(twin)
                found.append(("matched", ref, line.decode(), twin[1].decode()))
        ours.sort()
        theirs.sort()
        for (amount, line), (other, twin_line) in zip(ours, theirs, strict=False):
            verdict = "within_tolerance" if abs(amount - other) <= tolerance else "amount_differs"
            found.append((verdict, ref, line.decode(), twin_line.decode()))
        pairs = min(len(ours), len(theirs))
        for turn, (_, line) in enumerate(ours[pairs:], start=pairs):
            verdict = "duplicate_here" if knows[1] or turn else "missing_there"
            found.append((verdict, ref, line.decode(), ""))
        for turn, (_, line) in enumerate(theirs[pairs:], start=pairs):
            verdict = "duplicate_there" if knows[0] or turn else "missing_here"
            found.append((verdict, ref, "", line.decode()))
    return found


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_planted_in_parquet_is_what_is_found(
    engine: Engine, tmp_path: Path, cluster: Cluster
) -> None:
    given = planted_lines.make(tmp_path, 3_000, seed=7)
    out = tmp_path / "out.parquet"

    counts = run(
        Request(LEDGER_CHANNEL, given, out, engine, "1GB", {"tolerance": 1}, url(cluster)),
        Progress(io.StringIO()),
    )

    assert planted_lines.wrong(out, 3_000, seed=7) == 0
    assert set(counts) == set(Verdict)


@pytest.mark.parametrize(
    ("line", "ref", "amount"),
    [("''", "'R'", "1"), ("'a'", "'x' || chr(10)", "1"), ("'a'", "'R'", "CAST(NULL AS BIGINT)"),
     ("NULL", "'R'", "1"), ("'a'", "repeat('é', 301)", "1"), ("'a'", "'R'", "2000000000000000")],
)  # fmt: skip
def test_parquet_that_is_read_as_it_is_was_looked_at_all_the_same(
    line: str, ref: str, amount: str, tmp_path: Path
) -> None:
    given = planted_lines.make(tmp_path, 1_000)
    bad, ledger = tmp_path / "bad.parquet", given["ledger_side"]
    duckdb.execute(
        f"COPY (FROM '{ledger}' UNION ALL SELECT {line}, {ref}, CAST({amount} AS BIGINT))"
        f" TO '{bad}'"
    )

    with pytest.raises(UnreadableLines) as refused:
        answer(LEDGER_CHANNEL, given | {"ledger_side": bad}, tmp_path / "out.csv")

    assert [problem.line for problem in refused.value.problems] == [1_002]


def test_blank_refs_and_leading_spaces_of_parquet_mean_what_they_mean_in_csv(
    tmp_path: Path,
) -> None:
    for name in ("ledger", "channel"):
        duckdb.execute(
            f"COPY (SELECT * FROM (VALUES ('{name[0]}1', ' ', 5), ('{name[0]}2', ' R', 5))"
            f" t(line_id, ref, amount)) TO '{tmp_path / name}.csv'"
        )
        duckdb.execute(
            f"COPY (SELECT line_id, ref, CAST(amount AS BIGINT) AS amount FROM"
            f" read_csv('{tmp_path / name}.csv', all_varchar = true))"
            f" TO '{tmp_path / name}.parquet'"
        )
    written = []
    for ending in ("csv", "parquet"):
        given = {f"{name}_side": tmp_path / f"{name}.{ending}" for name in ("ledger", "channel")}
        written.append(answer(LEDGER_CHANNEL, given, tmp_path / "out.csv"))

    assert written[0] == written[1]
    assert written[0][0] == {"matched": 1, "missing_here": 1, "missing_there": 1}


def test_parquet_goes_in_and_out(tmp_path: Path) -> None:
    given = files(tmp_path, LEDGER, CHANNEL)
    first = tmp_path / "first.parquet"
    run(
        Request(LEDGER_CHANNEL, given, first, settings={"tolerance": 1}),
        Progress(io.StringIO()),
    )
    for name in ("ledger", "channel"):
        duckdb.execute(
            f"COPY (SELECT line_id, ref, CAST(amount AS INTEGER) AS amount"
            f" FROM read_csv('{tmp_path / name}.csv')) TO '{tmp_path / name}.parquet'"
        )
    again = {name: path.with_suffix(".parquet") for name, path in given.items()}
    second = tmp_path / "second.parquet"
    run(
        Request(LEDGER_CHANNEL, again, second, settings={"tolerance": 1}),
        Progress(io.StringIO()),
    )

    rows = [
        duckdb.execute(f"SELECT * FROM '{one}' ORDER BY ALL").fetchall() for one in (first, second)
    ]
    assert rows[0] == rows[1]
    assert len(rows[0]) == len(EXPECTED)


def test_a_refused_run_leaves_the_former_answer_and_no_trace(tmp_path: Path) -> None:
    given = files(tmp_path, LEDGER, CHANNEL)
    given["channel_side"].write_text("line_id,ref,amount\na,R,1.5\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    out.write_text("the former answer", encoding="utf-8")

    with pytest.raises(UnreadableLines):
        answer(LEDGER_CHANNEL, given, out)

    assert out.read_text(encoding="utf-8") == "the former answer"
    assert len(list(tmp_path.iterdir())) == 3


def test_a_break_while_writing_leaves_the_former_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = files(tmp_path, LEDGER, CHANNEL)
    out = tmp_path / "out.csv"
    out.write_text("the former answer", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(writing.os, "replace", full)
    with pytest.raises(EngineFailed):
        answer(LEDGER_CHANNEL, given, out)

    assert out.read_text(encoding="utf-8") == "the former answer"
    assert len(list(tmp_path.iterdir())) == 3


def test_lines_beyond_the_memory_spill_to_the_disk_and_leave_nothing(tmp_path: Path) -> None:
    for name, shift in (("ledger", 0), ("channel", 3)):
        duckdb.execute(
            f"COPY (SELECT '{name}-0000000000000000000000000000000000000-' || i AS line_id,"
            f" 'VPH-00000000000000000000000000000000000000000-' || (i * 7919 % 1000003) AS ref,"
            f" i % 1000 AS amount FROM range({shift}, 600000) t(i))"
            f" TO '{tmp_path / name}.parquet'"
        )
    given = {f"{name}_side": tmp_path / f"{name}.parquet" for name in ("ledger", "channel")}
    out = tmp_path / "out.parquet"

    counts = run(
        Request(LEDGER_CHANNEL, given, out, memory="100MB", settings={"tolerance": 0}),
        Progress(io.StringIO()),
    )

    assert counts == {"matched": 599_997, "missing_there": 3}
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    "memory", ["", "1", "0GB", "-1GB", "99MB", "1TB", "GB", "1GB; DROP", "1e3GB"]
)
def test_a_limit_that_is_none_is_refused(memory: str, tmp_path: Path) -> None:
    with pytest.raises(BadMemory):
        answer(LEDGER_CHANNEL, files(tmp_path, [], []), tmp_path / "o.csv", memory=memory)


@pytest.mark.parametrize("name", ["out.txt", "out", "none/out.csv", "."])
def test_an_answer_goes_only_where_it_can_be_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidField):
        answer(LEDGER_CHANNEL, files(tmp_path, [], []), tmp_path / name)


def test_postgres_needs_a_database_and_says_when_it_is_not_there(tmp_path: Path) -> None:
    given = files(tmp_path, LEDGER, CHANNEL)

    with pytest.raises(InvalidField):
        answer(LEDGER_CHANNEL, given, tmp_path / "o.csv", Engine.POSTGRES)
    with pytest.raises(EngineFailed):
        answer(
            LEDGER_CHANNEL,
            given,
            tmp_path / "o.csv",
            Engine.POSTGRES,
            database="postgresql://nobody@127.0.0.1:1/none",
        )


def test_an_engine_that_is_not_installed_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)

    with pytest.raises(EngineMissing) as missing:
        answer(LEDGER_CHANNEL, files(tmp_path, [], []), tmp_path / "o.csv", Engine.SPARK)

    assert missing.value.extras == {"engine": "Spark", "needs": "vienphi[spark] and Java 17"}


def test_two_empty_files_give_an_empty_answer(tmp_path: Path) -> None:
    for engine in (Engine.DUCKDB, Engine.SQLITE):
        counts, rows = answer(LEDGER_CHANNEL, files(tmp_path, [], []), tmp_path / "out.csv", engine)

        assert (counts, rows) == ({}, [])


def test_the_seven_verdicts_are_those_of_the_model() -> None:
    assert {verdict for verdict, *_ in EXPECTED} == set(Verdict)


def test_an_interrupted_run_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = files(tmp_path, LEDGER, CHANNEL)

    def interrupted(*_: object) -> dict[str, int]:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(writing, "write", interrupted)
    with pytest.raises(EngineFailed) as failed:
        answer(LEDGER_CHANNEL, given, tmp_path / "out.csv")

    assert failed.value.extras["said"] == "Query interrupted"
    assert len(list(tmp_path.iterdir())) == 2
