"""Each file sums to the ledger and comes in each form, with nothing lost and nothing run."""

from __future__ import annotations

import csv
import io

import openpyxl
import pypdf
import pytest

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.statements import accounts_map, making, ordering, registry, signing
from payments.statements.model import Span
from payments.statements.ordering import NotReady, Order
from tests.support.hospital import PAYEE, Hospital

TODAY = HospitalDay.parse("2026-11-24")
SPAN = Span(TODAY, TODAY)


@pytest.fixture
def busy(hospital: Hospital) -> Hospital:
    """A morning: cash, a transfer too much, an unknown one with a formula for a reference."""
    hospital.open_shift("Q1")
    hospital.hand_over(hospital.issue("KB01"), vnd(200_000))
    shown = hospital.show(hospital.issue("KB01", "XN01"))
    hospital.arrive(hospital.transfer(shown.code, shown.amount + vnd(1_000), reference="00123"))
    hospital.arrive(hospital.transfer("CK", vnd(5_000), reference="=1+1"))
    hospital.work()
    return hospital


def made(hospital: Hospital, file: str, form: str) -> tuple[Order, bytes]:
    runtime, scope = hospital.runtime, hospital.scope
    wanted = ordering.order(runtime, scope, file, form, SPAN)
    making.make(runtime, scope, wanted)
    told, parts = ordering.take(runtime, scope, wanted)
    return told, b"".join(parts)


def map_all(hospital: Hospital) -> None:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        missing = accounts_map.unmapped(tx, SPAN)
    for number, code in enumerate(missing):
        accounts_map.say(hospital.runtime, hospital.scope, code, f"{1100 + number}", TODAY)


def test_every_file_is_made_and_its_sum_is_the_ledgers(busy: Hospital) -> None:
    map_all(busy)
    for file in registry.offered(TODAY.date):
        what = registry.statement(file, TODAY.date)
        told, content = made(busy, file, "csv")

        assert told.state == "ready", file
        assert told.size == len(content)
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        assert lines[0] == [one.title for one in what.columns]
        assert len(lines) == told.rows + (1 if what.is_bare else 2)


def test_the_collection_has_each_movement_once_in_every_form(busy: Hospital) -> None:
    told, content = made(busy, "collection", "csv")
    _, book = made(busy, "collection", "xlsx")
    _, paper = made(busy, "collection", "pdf")
    _, signed = made(busy, "collection", "json")

    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert (told.rows, told.sums["amount"]) == (3, vnd(150_000 + 243_000 + 5_000))
    assert [one["Số tiền"] for one in rows] == ["150000", "243000", "5000", "398000"]
    assert rows[0]["Mã người bệnh"] == "99-000001"
    assert rows[-1]["Ngày"] == "Tổng cộng (3 dòng)"
    assert sum(money(book)[:-1]) == money(book)[-1] == 398_000
    pages = pypdf.PdfReader(io.BytesIO(paper)).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for words in ("Bảng kê thu trong ngày", "NGUYỄN VĂN THỬ", "398.000", "Thủ trưởng đơn vị"):
        assert words in text
    head = signing.verify(signed, signing.public_key(busy.runtime.keys))
    assert (head["rows"], head["sums"]["amount"]) == (3, 398_000)


def money(book: bytes) -> list[int]:
    sheet = openpyxl.load_workbook(io.BytesIO(book), data_only=True).worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    column = titles.index("Số tiền")
    return [row[column] for row in sheet.iter_rows(min_row=2, values_only=True) if row[column]]


def test_zeros_survive_and_no_reference_is_a_formula(busy: Hospital) -> None:
    _, content = made(busy, "reconciliation", "csv")
    _, book = made(busy, "reconciliation", "xlsx")

    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {one["Mã GD ngân hàng"] for one in rows[:-1]} == {"'00123", "'=1+1"}
    sheet = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
    cells = [cell for row in sheet.iter_rows(min_row=2, max_row=3) for cell in row]
    assert {"00123", "=1+1", PAYEE.account} <= {cell.value for cell in cells}
    assert all(cell.data_type != "f" for cell in cells)


def test_accounts_of_which_nobody_has_said_what_they_are_stop_the_import_file(
    busy: Hospital,
) -> None:
    runtime, scope = busy.runtime, busy.scope
    wanted = ordering.order(runtime, scope, "accounting", "csv", SPAN)

    making.make(runtime, scope, wanted)

    with pytest.raises(NotReady):
        ordering.take(runtime, scope, wanted)
    with runtime.database.reading(scope) as tx:
        told = ordering.read(tx, wanted)
        missing = accounts_map.unmapped(tx, SPAN)
    assert told.failure is not None
    assert told.failure[0] == "error.accounts-unmapped"
    assert f"1100:{PAYEE.account}" in missing

    map_all(busy)
    told, content = made(busy, "accounting", "csv_plain")
    assert b"\xef\xbb\xbf" not in content
    assert told.sums["amount"] == _posted(busy)


def _posted(hospital: Hospital) -> object:
    from payments.ledger import queries as ledger

    with hospital.runtime.database.reading(hospital.scope) as tx:
        return sum((one.debit for one in ledger.day_totals(tx, TODAY)), vnd(0))
