"""What goes into a file comes out of it: whatever the text, whatever the form."""

from __future__ import annotations

import csv
import gc
import io
from datetime import UTC, date, datetime
from zipfile import ZipFile

import openpyxl
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.keys import Keys
from payments.statements import registry, signing
from payments.statements.cells import is_formula
from payments.statements.files.small_groups import Group, hide_small
from payments.statements.model import (
    Column,
    Kind,
    Row,
    Span,
    Statement,
    Sums,
    TotalsDiffer,
    held_against,
)
from payments.statements.model import Proof as Proven
from payments.statements.signing import StatementAltered
from payments.statements.writers.heading import Heading

DAY = HospitalDay.parse("2026-11-24")
NOON = datetime(2026, 11, 24, 5, 0, 1, tzinfo=UTC)
COLUMNS = (
    Column("date", Kind.DAY),
    Column("booked_at", Kind.TIME),
    Column("patient_name"),
    Column("patient_id", Kind.IDENTIFIER),
    Column("age_days", Kind.COUNT),
    Column("amount", Kind.AMOUNT, is_summed=True),
)


def a_row(name: str = "NGUYỄN THỊ HƯỜNG", number: str = "000123", amount: int = 150_000) -> Row:
    return (date(2026, 11, 24), NOON, name, number, 3, vnd(amount))


def written(form: str, keys: Keys, *rows: Row) -> bytes:
    statement = Statement("collection", COLUMNS, lambda _: iter(rows), None)
    heading = Heading(
        statement, Span(DAY, DAY), "BV Thử nghiệm", 99001, "NGƯỜI THỬ", NOON, is_trial=True
    )
    out, sums = io.BytesIO(), Sums(COLUMNS)
    writer = registry.FORMS[form].writer(heading, out, keys)
    for row in rows:
        sums.add(row)
        writer.row(row)
    writer.close(sums)
    return out.getvalue()


_TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)


@given(name=_TEXT, number=st.text("0123456789=+-@\t", min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_no_cell_is_a_formula_and_every_value_comes_back(
    keys: Keys, name: str, number: str
) -> None:
    row = a_row(name, number, -5)

    _, cells, _ = csv.reader(io.StringIO(written("csv", keys, row).decode("utf-8-sig"), newline=""))
    assert not is_formula(cells[2])
    assert not is_formula(cells[3])
    assert [one.removeprefix("'") for one in cells[2:4]] == [
        one.removeprefix("'") for one in (name, number)
    ]
    assert cells[5] == "-5"
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", keys, row)))
    found = book.worksheets[0][2]
    assert {one.data_type for one in found} <= {"d", "s", "n", "inlineStr"}
    assert found[3].value == number
    assert (found[4].value, found[5].value) == (3, -5)


def test_days_times_and_amounts_are_typed_in_a_workbook(keys: Keys) -> None:
    book = written("xlsx", keys, a_row(), a_row(amount=50_000))

    sheet = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
    day, time, name, number, _, amount = (cell.value for cell in sheet[2])
    assert (day, time) == (datetime(2026, 11, 24), datetime(2026, 11, 24, 12, 0, 1))
    assert (name, number, amount) == ("NGUYỄN THỊ HƯỜNG", "000123", 150_000)
    assert sheet.freeze_panes == "A2"
    assert sheet["F5"].value == "=SUM(F2:F3)"
    stored = openpyxl.load_workbook(io.BytesIO(book), data_only=True)
    assert stored.worksheets[0]["F5"].value == 200_000
    facts = {row[0].value: row[1].value for row in stored.worksheets[1].iter_rows()}
    assert (facts["Số dòng"], facts["Số tiền"]) == (2, 200_000)
    assert ZipFile(io.BytesIO(book)).testzip() is None


def test_paper_is_pdf_a_with_pages_signatures_and_vietnamese(keys: Keys) -> None:
    paper = written("pdf", keys, *[a_row(number=f"{at:06d}") for at in range(150)])

    reader = pypdf.PdfReader(io.BytesIO(paper), strict=True)
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) == 4
    assert [f"Trang {at}/" in text for at, text in enumerate(pages, 1)] == [True] * 4
    whole = " ".join(" ".join(pages).split())
    assert whole.count("NGUYỄN THỊ HƯỜNG") == 150
    for words in ("000149", "22.500.000", "Kế toán trưởng", "Tổng cộng (150 dòng)"):
        assert words in whole
    assert b"<pdfaid:part>2</pdfaid:part>" in paper
    root = reader.trailer["/Root"]
    assert root["/OutputIntents"][0]["/DestOutputProfile"]["/N"] == 3
    for font in reader.pages[0]["/Resources"]["/Font"].values():
        [child] = font.get_object()["/DescendantFonts"]
        assert "/FontFile2" in child.get_object()["/FontDescriptor"]
    assert reader.pages[0]["/Resources"]["/XObject"]["/N"].get_data().endswith(b"Tj ET")


def test_a_text_without_end_stays_in_its_column_on_paper(keys: Keys) -> None:
    paper = written("pdf", keys, a_row("Ạ" * 400), a_row("名前\u202e"))

    text = pypdf.PdfReader(io.BytesIO(paper)).pages[0].extract_text()
    assert "…" in text
    assert "???" in text


def test_a_signed_file_that_was_changed_is_refused(keys: Keys) -> None:
    signed = written("json", keys, a_row(), a_row("MAI VĂN MẪU"))
    key = signing.public_key(keys)

    assert signing.verify(signed, key)["sums"] == {"amount": 300_000}
    for old, new in ((b"MAI", b"MAY"), (b"150000", b"150001"), (b'"rows":2', b'"rows":1')):
        assert old in signed
        with pytest.raises(StatementAltered):
            signing.verify(signed.replace(old, new), key)


@given(amounts=st.lists(st.integers(-(10**12), 10**12), max_size=20))
def test_a_file_is_written_only_when_it_sums_to_the_ledger(amounts: list[int]) -> None:
    sums = Sums(COLUMNS)
    for amount in amounts:
        sums.add(a_row(amount=amount))
    proof = Proven((("amount", 1),), lambda _: vnd(0))

    held_against(proof, sums, vnd(sum(amounts)))
    with pytest.raises(TotalsDiffer):
        held_against(proof, sums, vnd(sum(amounts) + 1))


@given(counts=st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_no_small_group_is_told_and_none_can_be_worked_out(counts: list[int]) -> None:
    groups = [Group(f"k{at}", count, vnd(count), None) for at, count in enumerate(counts)]

    told = hide_small(groups)

    hidden = [one for one in told if one.is_hidden]
    assert all(one.is_hidden for one in told if 0 < one.count < 10)
    # The total is told: a single hidden group would be the rest.
    assert len(hidden) != 1 or sum(one.count > 0 for one in told) == 1


def test_a_year_is_one_file_and_more_is_refused() -> None:
    assert len(list(Span(DAY, DAY.plus(365)))) == 366
    for last in (DAY.plus(-1), DAY.plus(366)):
        with pytest.raises(Exception, match="last_day"):
            Span(DAY, last)


def test_every_file_has_its_titles_in_words() -> None:
    for statement in registry.STATEMENTS.values():
        assert statement.title
        assert len({one.title for one in statement.columns}) == len(statement.columns)


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf", "json"])
def test_a_file_that_is_given_up_writes_nothing_more_and_holds_nothing(
    keys: Keys, form: str, recwarn: pytest.WarningsRecorder
) -> None:
    statement = Statement("collection", COLUMNS, lambda _: iter(()), None)
    heading = Heading(
        statement, Span(DAY, DAY), "BV Thử nghiệm", 99001, "NGƯỜI THỬ", NOON, is_trial=True
    )
    out = io.BytesIO()
    writer = registry.FORMS[form].writer(heading, out, keys)
    writer.row(a_row())
    unraisable: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.unraisablehook", unraisable.append)
        written_until_then = len(out.getvalue())
        writer.drop()
        del writer
        gc.collect()

    assert unraisable == []
    assert len(recwarn) == 0
    assert len(out.getvalue()) == written_until_then
