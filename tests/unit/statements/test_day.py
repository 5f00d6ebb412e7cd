"""The file's sums are the ledger's, or it is not written; and no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.bank.model import Arrival
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, vnd
from payments.ledger import queries as ledger
from payments.receipts.attached import in_suspense
from payments.reconciliation.exceptions import outgoing
from payments.reconciliation.importing import take_in
from payments.reconciliation.resolving import attach, book_bank_line
from payments.statements import cells, day
from payments.statements.day import COLUMNS, TOTAL, Day, TotalsDiffer, csv_of
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement

TODAY = HospitalDay.parse("2026-11-24")


def read(hospital: Hospital) -> Day:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return day.read(tx, TODAY)


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_file_has_one_line_per_transaction_and_its_total(hospital: Hospital) -> None:
    shown = hospital.show(hospital.issue())
    hospital.arrive(hospital.transfer(shown.code, vnd(160_000), reference="FT1"))
    hospital.arrive(hospital.transfer("CK", vnd(5_000), reference="=1+1"))
    hospital.work()

    content = csv_of(read(hospital))

    assert content.startswith(b"\xef\xbb\xbf")
    titles, first, second, total = table(content)
    assert tuple(titles) == COLUMNS
    assert first[0] == "2026-11-24 07:30:00"
    assert first[4:9] == [f"'{PAYEE.account}", "FT1", "160000", "150000", "10000"]
    assert (first[1][:2], first[9]) == ("BL", "overpaid")
    assert (second[5], second[9]) == ("'=1+1", "unmatched")
    assert (total[0], total[6:9]) == (TOTAL, ["165000", "150000", "15000"])


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1"]
)
def test_no_text_is_a_formula(text: str) -> None:
    assert cells.text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["VP26000123", "", "Nguyễn", "1=1", "'x"])
def test_other_text_is_as_it_was(text: str) -> None:
    assert cells.text(text) == text


def test_a_negative_amount_stays_a_number() -> None:
    assert table(cells.write([(vnd(-1_100), None, "x")])) == [["-1100", "", "x"]]


def test_an_account_keeps_its_zeros_as_text() -> None:
    assert cells.identifier("0071000123456") == "'0071000123456"


def test_sums_that_differ_are_not_written(hospital: Hospital) -> None:
    hospital.arrive(hospital.transfer("CK", vnd(5_000)))
    told = read(hospital)

    with pytest.raises(TotalsDiffer):
        day.held_against(told, vnd(5_001))


_TRANSFERS = st.lists(st.tuples(st.booleans(), st.integers(1, 400_000)), min_size=1, max_size=6)


@given(transfers=_TRANSFERS, fee=st.integers(0, 5_000))
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_sums_of_file_and_ledger_are_equal(
    hospital: Hospital, transfers: Sequence[tuple[bool, int]], fee: int
) -> None:
    arrivals = [_arrive(hospital, named, amount) for named, amount in transfers]
    _resolve_the_last(hospital, arrivals)
    if fee:
        _book_a_fee(hospital, fee)

    told = read(hospital)

    *lines, total = table(csv_of(told))[1:]
    with hospital.runtime.database.reading(hospital.scope) as tx:
        in_ledger = sum((one.amount for one in ledger.lines_of_day(tx, "1100", TODAY)), ZERO)
        balance = ledger.balance(tx, "1100")
    assert sum(int(line[6]) for line in lines) == int(total[6]) == in_ledger.dong == balance.dong
    assert int(total[7]) == sum(int(line[7]) for line in lines)
    assert int(total[8]) == sum(int(line[8]) for line in lines)


def _arrive(hospital: Hospital, named: bool, amount: int) -> Arrival:
    memo = hospital.show(hospital.issue()).code if named else "CK TIEN VIEN"
    arrival = hospital.transfer(memo, vnd(amount))
    hospital.arrive(arrival)
    return arrival


def _resolve_the_last(hospital: Hospital, arrivals: Sequence[Arrival]) -> None:
    credit = hospital.arrive(arrivals[-1]).credit
    assert credit is not None
    with hospital.runtime.database.reading(hospital.scope) as tx:
        waits = in_suspense(tx, credit)
    if waits:
        attach(hospital.runtime, hospital.scope, credit, hospital.issue(), "đã hỏi người bệnh")


def _book_a_fee(hospital: Hospital, fee: int) -> None:
    reference = f"PHI{len(read(hospital).lines)}"
    take_in(hospital.runtime, hospital.scope, PAYEE.account, a_statement(Moved(-fee, reference)))
    with hospital.runtime.database.reading(hospital.scope) as tx:
        waiting = outgoing(tx)
    for one in waiting:
        book_bank_line(hospital.runtime, hospital.scope, one.credit, "phí chuyển tiền")
