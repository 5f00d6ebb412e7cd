"""Claimed lines against the assessment: each line in one class, the same on every engine."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments import cli
from payments.claims.assessing import CLAIMS_ASSESSMENT, Assessed
from payments.engines.running import Engine
from tests.support.databases import Cluster
from tests.support.lines import ENGINES, answer, write_lines

CLAIMS: Final = ("ma_lk", "table", "stt", "asked", "level", "month")
ANSWERS: Final = ("ma_lk", "table", "stt", "accepted", "refused", "reason", "level", "month")
ASKED: Final = [
    ("V1", "XML2", 1, "80000.25", 80, 202609),
    ("V1", "XML2", 2, "80000.25", 80, 202609),
    ("V1", "XML3", 1, "50000", 80, 202609),
    ("V1", "XML3", 2, "50000", 80, 202609),
    ("V1", "XML3", 3, "50000", 80, 202609),
    ("V1", "XML3", 4, "50000", 100, 202609),
    ("V1", "XML3", 5, "50000", 80, 202609),
    ("V1", "XML3", 5, "50000", 80, 202609),
    ("V2", "XML3", 1, "10", 80, 202609),
    ("V3", "XML3", 1, "10", 80, 202610),
    ("V4", "XML2", 1, "900", 80, 202609),
    ("V4", "XML2", 2, "900", 80, 202609),
    ("V4", "XML2", 3, "900", 80, 202609),
]
TOLD: Final = [
    ("V1", "XML2", 1, "80000.25", "0", "", 80, 202609),
    ("V1", "XML2", 2, "80000", "", "", 80, 202609),
    ("V1", "XML3", 1, "30000", "20000", "BED_DAY", 80, 202609),
    ("V1", "XML3", 2, "30000", "20000", "", 80, 202609),
    ("V1", "XML3", 3, "60000", "", "", 80, 202609),
    ("V1", "XML3", 4, "40000", "10000", "LEVEL_WRONG", 80, 202609),
    ("V1", "XML3", 5, "50000", "0", "", 80, 202609),
    ("V4", "XML2", 1, "", "100", "DRUG_PRICE", 80, 202609),
    ("V4", "XML2", 1, "", "200", "QUANTITY_OVER_PURCHASE", 80, 202609),
    ("V4", "XML2", 2, "900", "0", "", 80, 202609),
    ("V4", "XML2", 2, "900", "0", "", 80, 202609),
    ("V4", "XML2", 3, "", "", "RECORD_INCOMPLETE", 80, 202609),
    ("V8", "XML2", 1, "5", "0", "", 80, 202608),
    ("V9", "XML2", 1, "5", "0", "", 80, 202609),
]
EXPECTED: Final = [
    ("duplicate_here", "V1", "XML3", "5", "50000.00", "", "", 0),
    ("duplicate_there", "V4", "XML2", "2", "", "900.00", "0.00", 1),
    ("level_changed", "V1", "XML3", "4", "50000.00", "40000.00", "10000.00", 1),
    ("matched", "V1", "XML2", "1", "80000.25", "80000.25", "0.00", 1),
    ("matched", "V1", "XML3", "5", "50000.00", "50000.00", "0.00", 1),
    ("matched", "V4", "XML2", "2", "900.00", "900.00", "0.00", 1),
    ("orphan_here", "V2", "XML3", "1", "10.00", "", "", 0),
    ("orphan_there", "V9", "XML2", "1", "", "5.00", "0.00", 1),
    ("over_paid", "V1", "XML3", "3", "50000.00", "60000.00", "-10000.00", 1),
    ("rounding", "V1", "XML2", "2", "80000.25", "80000.00", "0.25", 1),
    ("short_paid", "V1", "XML3", "1", "50000.00", "30000.00", "20000.00", 1),
    ("short_paid", "V4", "XML2", "1", "900.00", "600.00", "300.00", 2),
    ("short_paid_no_reason", "V1", "XML3", "2", "50000.00", "30000.00", "20000.00", 1),
    ("timing", "V3", "XML3", "1", "10.00", "", "", 0),
    ("timing", "V4", "XML2", "3", "900.00", "", "", 1),
    ("timing", "V8", "XML2", "1", "", "5.00", "0.00", 1),
]


def compared(
    folder: Path, claims: list[Any], told: list[Any], engine: Engine, cluster: Cluster, **more: int
) -> tuple[dict[str, int], list[dict[str, str]]]:
    files = {
        "claim_side": write_lines(folder / "claims.csv", CLAIMS, claims),
        "assessment_side": write_lines(folder / "told.csv", ANSWERS, told),
    }
    limits = {"silence": 0, "assessed_until": 202609, "asked_from": 202609} | more
    return answer(
        CLAIMS_ASSESSMENT,
        files,
        folder / "out.csv",
        engine,
        tolerance=100,
        database=cluster.url_of("postgres"),
        **limits,
    )


def shown(rows: list[dict[str, str]]) -> list[tuple[Any, ...]]:
    return [
        (row["verdict"], row["ma_lk"], row["table"], row["stt"], row["asked"], row["accepted"],
         row["refused"], int(row["parts"]))
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_each_class_is_found_on_every_engine(
    engine: Engine, tmp_path: Path, cluster: Cluster
) -> None:
    counts, rows = compared(tmp_path, list(ASKED), list(TOLD), engine, cluster)

    assert shown(rows) == EXPECTED
    assert counts == Counter(row["verdict"] for row in rows)
    assert set(counts) == set(Assessed)


def test_where_only_refusals_are_told_silence_is_acceptance(
    tmp_path: Path, cluster: Cluster
) -> None:
    counts, rows = compared(
        tmp_path,
        [("V1", "XML3", 1, "100", 80, 202609), ("V1", "XML3", 2, "100", 80, 202609)],
        [("V1", "XML3", 2, "", "40", "BED_DAY", "", 202609)],
        Engine.DUCKDB,
        cluster,
        silence=1,
    )

    assert counts == {"matched": 1, "short_paid": 1}
    assert [(row["accepted"], row["refused"], row["reason"]) for row in rows] == [
        ("100.00", "0.00", ""),
        ("60.00", "40.00", "BED_DAY"),
    ]


keys = st.tuples(st.sampled_from("AB"), st.sampled_from(["XML2", "XML3"]), st.integers(1, 2))
sums = st.sampled_from(["0", "1", "1.5", "2.51", "100", "99.99"])
months = st.sampled_from(["", 202608, 202609, 202610])


@given(
    claims=st.lists(st.tuples(keys, sums, st.sampled_from(["", 80, 100]), months), max_size=9),
    told=st.lists(
        st.tuples(
            keys, sums | st.just(""), sums | st.just(""), st.sampled_from(["", "X", "Đ"]),
            st.sampled_from(["", 80]), months,
        ),
        max_size=9,
    ),
    silence=st.integers(0, 1),
)  # fmt: skip
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_asked_line_and_no_dong_is_lost(
    tmp_path: Path, cluster: Cluster, claims: list[Any], told: list[Any], silence: int
) -> None:
    ours = [(*key, *rest) for key, *rest in claims]
    theirs = [(*key, *rest) for key, *rest in told]
    written = []
    for engine in (Engine.DUCKDB, Engine.SQLITE, Engine.POSTGRES):
        _, rows = compared(tmp_path, ours, theirs, engine, cluster, silence=silence)
        written.append((tmp_path / "out.csv").read_bytes())

    assert written[0] == written[1] == written[2]
    asked = [Decimal(row["asked"]) for row in rows if row["asked"]]
    assert (len(asked), sum(asked)) == (len(ours), sum(Decimal(row[3]) for row in ours))
    assert sum(int(row["parts"]) for row in rows) == len(theirs)
    assert all(
        Decimal(row["asked"]) == Decimal(row["accepted"]) + Decimal(row["refused"])
        for row in rows
        if row["asked"] and row["accepted"]
    )


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "spark"])
def test_the_text_is_sql_of_all_four(dialect: str) -> None:
    assert len(sqlglot.parse(CLAIMS_ASSESSMENT.text, read=dialect)) == 1


def test_the_command_prints_every_class_and_takes_files_without_the_columns_that_may_lack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = write_lines(tmp_path / "c.csv", CLAIMS[:4], [("V1", "XML2", 1, "5.5")])
    told = write_lines(tmp_path / "a.csv", ANSWERS[:4], [("V1", "XML2", 1, "3")])
    arguments = [
        "bhyt", "compare", "--claims", str(claims), "--assessment", str(told), "--out",
        str(tmp_path / "out.csv"),
    ]  # fmt: skip

    assert cli.main(arguments) == 0
    assert json.loads(capsys.readouterr().out) == dict.fromkeys(Assessed, 0) | {
        "short_paid_no_reason": 1
    }
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1] == (
        "short_paid_no_reason,V1,XML2,1,5.50,3.00,2.50,,,,1"
    )


def test_the_command_names_a_column_as_the_file_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = write_lines(tmp_path / "c.csv", CLAIMS[:4], [("V1", "", 1, "5.555")])
    arguments = ["bhyt", "compare", "--claims", str(claims), "--assessment", str(claims)]

    assert cli.main([*arguments, "--out", str(tmp_path / "out.csv")]) == 1

    told = capsys.readouterr().err
    assert "c.csv, line 2, table: " in told
    assert "c.csv, line 2, asked: " in told
