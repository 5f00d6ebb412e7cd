"""A statement is shown before it is taken in: its first rows, what is wrong, and what it proves."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.bank.statement_file import read
from payments.bank.statement_map import BUILT_IN, ColumnMap, checked
from payments.bank.statement_preview import Preview, preview
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from tests.support.hospital import PAYEE
from tests.support.statements import Moved, a_statement, as_1258

TODAY = HospitalDay.parse("2026-11-24")
TRIAL = BUILT_IN["thu-nghiem"]


def shown(content: bytes, columns: ColumnMap | None = TRIAL) -> Preview:
    return preview(content, columns, account=PAYEE.account, today=TODAY)


def marked(told: Preview) -> list[tuple[int, str, str]]:
    """List the bad cells: line, title, what the person reads about."""
    return [
        (row.line, told.titles[place], problem.key)
        for row in told.rows
        for place, problem in sorted(row.wrong.items())
    ]


def test_the_first_twenty_rows_are_shown_and_all_are_counted() -> None:
    told = shown(a_statement(*(Moved(1_000 + n, f"FT{n}") for n in range(35))))

    assert len(told.rows) == 20
    assert told.rows[0].cells[told.titles.index("Số tham chiếu")] == "FT0"
    assert (told.line_count, told.problems) == (35, ())
    assert told.statement is not None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1258"])
def test_every_encoding_shows_the_same_rows(encoding: str) -> None:
    plain = a_statement(Moved(5_000, "FT1", "Nguyễn Văn Thử chuyển viện phí"))
    content = as_1258(plain) if encoding == "cp1258" else plain.decode().encode(encoding)

    assert shown(content).rows == shown(plain).rows
    assert shown(content).statement == shown(plain).statement


def test_each_bad_cell_is_marked_in_its_place() -> None:
    content = (
        a_statement(Moved(5_000, "A"), Moved(6_000, "B"), Moved(7_000, "C"))
        .replace(b",5000,", b",5.0.0,")
        .replace(b"24/11/2026 08:00:00,B", b"31/02/2026,B")
        .replace(b"24/11/2026 08:00:00,C", b"25/11/2026,C")
    )

    told = shown(content)

    assert marked(told) == [
        (8, "Ghi có", "cell_amount"),
        (9, "Ngày giao dịch", "cell_no_day"),
        (10, "Ngày giao dịch", "statement_future"),
    ]
    assert told.statement is None


def test_opening_and_lines_prove_the_closing_balance() -> None:
    proof = shown(a_statement(Moved(5_000), Moved(-2_000), opening=10_000)).proof

    assert proof is not None
    assert (proof.opening, proof.came, proof.went) == (vnd(10_000), vnd(5_000), vnd(2_000))
    assert proof.expected == proof.closing == vnd(13_000)
    assert proof.is_proven


def test_a_truncated_file_is_not_proven_and_cannot_be_taken_in() -> None:
    whole = a_statement(Moved(5_000), Moved(6_000))
    cut = whole[: whole.rindex(b"24/11/2026 08")]

    told = shown(cut)

    assert told.proof is not None
    assert not told.proof.is_proven
    assert told.proof.closing == told.proof.expected + vnd(6_000)  # type: ignore[operator]
    assert [one.key for one in told.problems] == ["statement_sum"]
    assert told.statement is None


@pytest.mark.parametrize("cut", [1, 30, 200, 2_000])
def test_a_workbook_cut_anywhere_is_refused_whole(cut: int) -> None:
    assert shown(workbook()[:-cut]).statement is None


def test_amounts_as_text_under_merged_titles_of_a_workbook_are_read() -> None:
    columns = checked(
        replace(
            TRIAL, debit="Nợ", credit="Có", opening="", closing="", first_day="", last_day="",
            account="",
        )
    )  # fmt: skip

    told = shown(workbook(), columns)

    assert told.problems == ()
    assert told.statement is not None
    assert [one.amount for one in told.statement.lines] == [vnd(1_250_000), vnd(-1_100)]


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (
        ("Ngân hàng Thử nghiệm",),
        ("Ngày giao dịch", "Số tham chiếu", "Số tiền", "", "Số dư", "Nội dung"),
        ("", "", "Nợ", "Có", "", ""),
        ("24/11/2026", "FT1", "", "1.250.000", "2.250.000", "CK"),
        ("24/11/2026", "FT2", "1.100", "", "2.248.900", "PHI"),
    ):
        sheet.append(row)
    sheet.merge_cells("C2:D2")
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_another_account_is_named_and_nothing_may_be_taken_in() -> None:
    told = shown(a_statement(Moved(5_000), account="000999"))

    assert [one.key for one in told.problems] == ["statement_account"]
    assert told.statement is None
    assert len(told.rows) == 1


def test_lines_outside_of_the_named_days_are_counted() -> None:
    told = shown(a_statement(Moved(5_000), Moved(6_000, at="20/11/2026"), day="24/11/2026"))

    assert (told.outside, told.problems) == (1, ())


def test_a_bank_that_nobody_named_the_columns_of_is_guessed() -> None:
    told = shown(a_statement(Moved(5_000)), None)

    assert told.titles == ()
    assert told.rows[0].cells == ("Ngân hàng", "Ngân hàng Thử nghiệm")
    assert told.columns is not None
    guess = replace(told.columns, name="x")
    assert shown(a_statement(Moved(5_000)), checked(guess)).statement is not None


def test_a_map_of_another_bank_shows_the_rows_as_they_stand() -> None:
    told = shown(a_statement(Moved(5_000)), replace(TRIAL, memo="Diễn giải"))

    assert [one.key for one in told.problems] == ["statement_header"]
    assert any("Nội dung" in row.cells for row in told.rows)


@given(content=st.binary(max_size=400))
@settings(max_examples=40, deadline=None)
def test_no_bytes_are_taken_in_by_half(content: bytes) -> None:
    for columns in (TRIAL, None):
        assert shown(content, columns).statement is None


@given(amounts=st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_what_is_shown_is_what_is_taken_in(amounts: list[int]) -> None:
    content = a_statement(*(Moved(one, f"R{n}") for n, one in enumerate(amounts)), opening=10**11)

    told = shown(content)

    assert told.statement == read(content, TRIAL, account=PAYEE.account, today=TODAY)
    assert told.proof is not None
    assert told.proof.is_proven
    assert told.proof.came - told.proof.went == vnd(sum(amounts))
