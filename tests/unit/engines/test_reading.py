"""A hostile file is refused whole, and each thing that is wrong has its line and its column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.engines import cells
from payments.engines.duck import connected
from payments.engines.model import Column, Kind, Limits, Table
from payments.engines.progress import Progress
from payments.engines.reading import stage
from payments.sheets import UnreadableSheet

LINES: Final = Table(
    "side",
    (Column("line_id", Kind.NAME), Column("ref", Kind.TEXT), Column("amount", Kind.DONG)),
)
HEAD: Final = "line_id,ref,amount\n"


class _Quiet:
    def isatty(self) -> bool:
        return False


def staged(path: Path, table: Table = LINES) -> list[tuple[object, ...]]:
    into = path.with_name("staged.parquet")
    with connected(Limits(200, path.parent)) as connection:
        stage(connection, path, table, into, Progress(_Quiet()))  # type: ignore[arg-type]
        return connection.execute(
            f"SELECT * FROM read_parquet('{into}') ORDER BY ALL NULLS FIRST"
        ).fetchall()


def refusal(tmp_path: Path, content: str | bytes) -> list[tuple[int | None, str, str]]:
    path = tmp_path / "lines.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(UnreadableSheet) as error:
        staged(path)
    return [(one.line, one.field, one.key) for one in error.value.problems]


@pytest.mark.parametrize(
    "amount",
    ["1.5", "1,000", "1.000.000", "abc", "1e5", "0x10", "+5", "5 ", " 5", "1_000", "٣", "NaN",
     "007", "--1", "5đ", "1/2", "=1+1"],
)  # fmt: skip
def test_what_is_no_whole_dong_is_refused_by_line_and_column(amount: str, tmp_path: Path) -> None:
    content = f'{HEAD}a,R1,5\nb,R2,"{amount}"\n'

    assert refusal(tmp_path, content) == [(3, "amount", "sheet.whole_dong")]


@pytest.mark.parametrize("amount", ["1000000000000001", "9223372036854775808", "9" * 400])
def test_a_huge_whole_number_is_refused(amount: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, f"{HEAD}a,R1,{amount}\n") == [(2, "amount", "sheet.amount_too_large")]


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        ("", [(None, "", "sheet.empty")]),
        ("line_id,ref\na,b\n", [(1, "amount", "sheet.no_title")]),
        ("a\n1\n", [(1, "amount", "sheet.no_title"), (1, "line_id", "sheet.no_title"),
                    (1, "ref", "sheet.no_title")]),
        ("line_id,ref,amount,Amount\n", [(1, "amount", "sheet.title_twice")]),
        (f"{HEAD},R,5\n", [(2, "line_id", "sheet.missing")]),
        (f"{HEAD}a,R,\n", [(2, "amount", "sheet.missing")]),
        (f"{HEAD}a,R\n", [(2, "", "sheet.cells")]),
        (f"{HEAD}a,R,1\nb,R,2,3\n", [(3, "", "sheet.cells")]),
        (f"{HEAD}a,R,1\nb,{'R' * 301},2\n", [(3, "ref", "sheet.too_long")]),
        (f"{HEAD}a,R\x01,1\n", [(2, "ref", "sheet.control")]),
        (f'{HEAD}a,"R\nS",1\n', [(3, "ref", "sheet.control")]),
        (f'{HEAD}a,"R,1\nb,S,2\n', [(3, "", "sheet.broken")]),
        (f"{HEAD}a,R,1\n".encode("utf-16"), [(1, "", "sheet.encoding")]),
        (f"{HEAD}a,R,1\nb,Đ,2\n".encode("cp1258"), [(3, "", "sheet.encoding")]),
        (b"PK\x03\x04 a workbook", [(None, "", "sheet.no_lines")]),
        (b"PAR1 and nothing behind", [(None, "", "sheet.broken")]),
        (b"\x00\x01\x02", [(None, "", "sheet.no_lines")]),
    ],
    ids=repr,
)  # fmt: skip
def test_a_hostile_file_is_named(
    content: str | bytes, problems: list[tuple[int | None, str, str]], tmp_path: Path
) -> None:
    assert refusal(tmp_path, content) == problems


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UnreadableSheet) as error:
            staged(path)
        assert [one.key for one in error.value.problems] == ["sheet.not_opened"]


def test_at_most_twenty_wrong_cells_are_named(tmp_path: Path) -> None:
    assert len(refusal(tmp_path, HEAD + "a,R,x\n" * 1000)) == 20


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffline_id,ref,amount\na,R 1,5\nb,,-7\n",
        "AMOUNT;more; Ref ;LINE_ID\n5;x;R 1;a\n-7;y;;b\n",
        "line_id\tref\tamount\r\na\tR 1\t5\r\nb\t \t-7\r\n",
        'line_id,ref,amount\n"a","R 1","5"\n\n"b","","-7"',
    ],
)
def test_columns_are_found_by_name_whatever_their_order_and_separator(
    content: str, tmp_path: Path
) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(content, encoding="utf-8", newline="")

    assert staged(path) == [("a", "R 1", 5), ("b", None, -7)]


def parquet(tmp_path: Path, select: str) -> Path:
    path = tmp_path / "lines.parquet"
    duckdb.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def test_parquet_is_read_with_whole_numbers_decimals_and_text(tmp_path: Path) -> None:
    for amount in ("5", "5::DECIMAL(9,0)", "5.00::DECIMAL(18,2)", "'5'", "5::UTINYINT"):
        path = parquet(tmp_path, f"SELECT 1 AS line_id, NULL::VARCHAR AS ref, {amount} AS amount")

        assert staged(path) == [("1", None, 5)]


@pytest.mark.parametrize("amount", ["5.0::DOUBLE", "true", "DATE '2026-01-01'", "'5'::BLOB", "[5]"])
def test_parquet_of_other_kinds_is_refused_by_its_column(amount: str, tmp_path: Path) -> None:
    path = parquet(tmp_path, f"SELECT 'a' AS line_id, 'R' AS ref, {amount} AS amount")

    with pytest.raises(UnreadableSheet) as error:
        staged(path)
    assert [(one.field, one.key) for one in error.value.problems] == [
        ("amount", "sheet.column_kind")
    ]


def test_a_wrong_cell_of_parquet_is_named_by_its_row(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        "SELECT 'a' || i AS line_id, 'R' AS ref,"
        " CASE WHEN i = 70000 THEN NULL WHEN i = 70001 THEN 5.5 ELSE 5 END AS amount"
        " FROM range(80000) t(i)",
    )

    with pytest.raises(UnreadableSheet) as error:
        staged(path)
    assert (70001, "amount", "sheet.missing") in [
        (one.line, one.field, one.key) for one in error.value.problems
    ]


texts = st.one_of(
    st.text(max_size=20),
    st.from_regex(re.compile(r"-?[0-9]{0,17}([.,][0-9]{0,3})?"), fullmatch=True),
    st.sampled_from(["1000000000000000", "1000000000000000.01", "-1000000000000001", "x" * 301]),
)


@given(text=texts.filter(lambda text: "\0" not in text), kind=st.sampled_from(Kind))
def test_both_readers_agree_on_every_cell(text: str, kind: Kind) -> None:
    """What DuckDB refuses is named, and what it takes is not."""
    right = duckdb.execute(f"SELECT {cells.is_right(kind, 'c')} FROM (SELECT ? AS c)", [text])

    assert right.fetchall() == [(cells.wrong(2, Column("c", kind), text) is None,)]


def test_hundredths_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("a\n0.01\n-5.5\n999999999999999.99\n7\n", encoding="utf-8")
    table = Table("side", (Column("a", Kind.HUNDREDTHS),))

    assert staged(path, table) == [(-550,), (1,), (700,), (99999999999999999,)]
