"""The deadlines of a quarter: each begins with what happened and ends when its step is done."""

from __future__ import annotations

from datetime import date

from payments.settlement import sending
from payments.settlement.alarms import Alarm, Step, alarms
from payments.settlement.board import board
from tests.support.settlement import Fund, a_written

REFUSED = ("VPTEST0009", "XML3", 1, 60_000, "Sai mức hưởng")


def running(fund: Fund) -> dict[Step, Alarm]:
    with fund.runtime.database.reading(fund.scope) as tx:
        return {one.step: one for one in alarms(tx, board(tx, fund.period("2026Q3")))}


def due(fund: Fund, step: Step) -> date | None:
    told = running(fund)[step].due
    return told.date if told is not None else None


def brought(fund: Fund) -> None:
    for month in (7, 8, 9):
        fund.bring(a_written(f"VPTEST000{month}", date(2026, month, 3), 300_000))
        fund.send(f"2026{month:02d}")


def test_an_open_month_and_quarter_are_due_on_the_fifteenth(fund: Fund) -> None:
    brought(fund)

    assert set(running(fund)) == {Step.MONTH, Step.QUARTER}
    assert due(fund, Step.MONTH) == date(2026, 10, 15)
    assert due(fund, Step.QUARTER) == date(2026, 10, 15)


def test_a_returned_claim_is_corrected_within_two_working_days(fund: Fund) -> None:
    brought(fund)
    sending.come_back(fund.runtime, fund.scope, fund.claim("VPTEST0009"), "sai cấu trúc")

    # Returned on Tuesday, 24 November.
    assert due(fund, Step.CORRECT) == date(2026, 11, 26)


def test_a_refused_amount_is_its_owners_until_it_is_explained(fund: Fund) -> None:
    brought(fund)
    fund.assess("202609", REFUSED)
    [item] = fund.refusals("2026Q3")

    told = running(fund)[Step.EXPLAIN]

    assert (told.due, told.owner, told.count) == (item.deadline, item.owner, 1)
    assert told.amount == item.left


def test_the_insurer_answers_and_pays_in_its_time(fund: Fund) -> None:
    brought(fund)
    for month in ("202607", "202608", "202609"):
        fund.assess(month)
    fund.report("2026Q3", "202607", "202608", "202609")

    assert set(running(fund)) == {Step.NOTICE}
    assert due(fund, Step.NOTICE) == date(2026, 12, 24)
    fund.notice("2026Q3", fund.due("2026Q3"))
    assert set(running(fund)) == {Step.PAY}
    # Three working days after Tuesday, 10 November.
    assert due(fund, Step.PAY) == date(2026, 11, 13)
    fund.pay("2026Q3", fund.board("2026Q3").to_come)
    assert running(fund) == {}
