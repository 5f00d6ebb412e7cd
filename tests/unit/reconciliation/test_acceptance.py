"""Acceptance 10 to 12 of the workflows: sums of a day, statements taken in again, zero amounts."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from sqlalchemy import func, select

from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, vnd
from payments.ledger import queries as ledger
from payments.overview import queries as overview
from payments.overview.model import cashless, stacked
from payments.reconciliation.comparing import compare
from payments.reconciliation.importing import take_in
from payments.reconciliation.rows import STATEMENT_LINE
from payments.reconciliation.sides import inputs
from payments.statements import day as collection
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement


def paid(hospital: Hospital, amount: int, reference: str) -> str:
    code = hospital.show(hospital.issue()).code
    hospital.arrive(hospital.transfer(code, vnd(amount), reference=reference))
    return code


def rows(hospital: Hospital) -> dict[str, int]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return {
            table.name: tx.execute(
                select(func.count()).where(table.c.facility_id == tx.facility)
            ).scalar_one()
            for table in (BANK_CREDIT, EVIDENCE, STATEMENT_LINE)
        }


def test_10_all_reports_of_a_day_sum_to_the_ledger_and_the_export_repeats_the_sum(
    hospital: Hospital,
) -> None:
    for number, amount in enumerate((150_000, 100_000, 200_000)):
        paid(hospital, amount, f"FT{number}")
    hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(7_000)))
    hospital.open_shift()
    hospital.hand_over(hospital.issue(), vnd(150_000))
    hospital.work()
    today = HospitalDay.of(hospital.runtime.clock.now())

    with hospital.runtime.database.reading(hospital.scope) as tx:
        moved = {
            control: sum(
                (one.debit - one.credit for one in ledger.day_totals(tx, today)
                 if one.account.partition(":")[0] == control),
                ZERO,
            )
            for control in ("1000", "1100")
        }  # fmt: skip
        told = collection.read(tx, today)
        day = compare(tx, inputs(tx, PAYEE.account, today))
        week = overview.received(tx, today.plus(-6), today)

    assert told.received == day.ledger_total == day.bank_total == moved["1100"] == vnd(457_000)
    assert cashless(week).amount == moved["1100"]
    assert stacked(week, [today]).total(today) == vnd(457_000) + vnd(150_000)
    exported = list(csv.reader(io.StringIO(collection.csv_of(told).decode("utf-8-sig"))))
    received = exported[0].index("Đã nhận")
    assert sum(int(line[received]) for line in exported[1:-1]) == 457_000
    assert int(exported[-1][received]) == 457_000


def test_11_a_statement_taken_in_again_adds_no_row_and_true_twins_are_both_kept(
    hospital: Hospital,
) -> None:
    twin = Moved(5_000, "", "CK TIEN VIEN PHI")
    content = a_statement(twin, twin, Moved(9_000, "FT7"))
    take_in(hospital.runtime, hospital.scope, PAYEE.account, content)
    first = rows(hospital)

    again = take_in(hospital.runtime, hospital.scope, PAYEE.account, content)

    assert (again.added, again.known, again.kept) == (0, 0, 0)
    assert rows(hospital) == first
    assert (first["statement_line"], first["bank_credit"]) == (3, 3)
    assert hospital.balance("2200") == vnd(-19_000)


def test_12_a_line_of_zero_is_no_message_and_has_no_state(hospital: Hospital) -> None:
    before = rows(hospital)

    told = take_in(hospital.runtime, hospital.scope, PAYEE.account, a_statement(Moved(0, "FT0")))

    assert (told.added, told.kept, told.waiting, told.repeated) == (0, 0, 0, 0)
    assert rows(hospital) == before
    assert hospital.balance("2200") == vnd(0)


def test_12_beside_a_line_of_zero_the_others_count(hospital: Hospital) -> None:
    content = a_statement(Moved(0, "FT0"), replace(Moved(5_000), reference="FT1"))

    told = take_in(hospital.runtime, hospital.scope, PAYEE.account, content)

    assert (told.lines, told.added) == (1, 1)
