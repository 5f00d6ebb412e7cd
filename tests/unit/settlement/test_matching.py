"""Three ways to be right: the desk, the insurer row by row, and the bank over a quarter."""

from __future__ import annotations

from datetime import date

import pytest

from payments.insurance.coverage.rounding import dong
from payments.kernel.errors import NotFound
from payments.kernel.money import ZERO, vnd
from payments.settlement import matching
from payments.settlement.matching import Match, Result, VisitMatch, compare
from tests.support.settlement import Fund, a_written

DAY = date(2026, 9, 3)
VISIT = a_written("VPTEST0001", DAY, 300_000, 400_000)


def visit(fund: Fund) -> VisitMatch:
    with fund.runtime.database.reading(fund.scope) as tx:
        return matching.of_visit(tx, fund.claim("VPTEST0001"))


def quarter(fund: Fund) -> Match:
    with fund.runtime.database.reading(fund.scope) as tx:
        return matching.of_quarter(tx, fund.period("2026Q3"))


@pytest.fixture
def sent(fund: Fund) -> Fund:
    fund.bring(VISIT)
    fund.send("202609")
    return fund


@pytest.mark.parametrize(
    ("expected", "found", "result"),
    [(10, 10, Result.MATCHED), (10, 11, Result.ROUNDING), (10, 9, Result.ROUNDING),
     (10, 8, Result.SHORT_PAID), (10, 12, Result.OVER_PAID)],
)  # fmt: skip
def test_one_dong_is_rounding_and_more_is_not(expected: int, found: int, result: Result) -> None:
    assert compare(vnd(expected), vnd(found)) is result


def test_rows_wait_until_the_insurer_has_spoken(sent: Fund) -> None:
    assert {one.result for one in visit(sent).lines} == {Result.TIMING}

    sent.assess("202609")

    assert {one.result for one in visit(sent).lines} == {Result.MATCHED}


def test_a_refused_row_is_short_with_its_reason(sent: Fund) -> None:
    sent.assess(
        "202609",
        ("VPTEST0001", "XML3", 1, 50_000, "vượt giá thuốc"),
        ("VPTEST0001", "XML3", 2, 60_000, "sai mức hưởng"),
    )

    told = {one.about: (one.result, one.reason) for one in visit(sent).lines}
    assert told == {
        "XML2 1": (Result.MATCHED, ""),
        "XML3 1": (Result.SHORT_PAID, "DRUG_PRICE"),
        "XML3 2": (Result.LEVEL_CHANGED, "LEVEL_WRONG"),
    }


def test_what_the_desk_collected_is_held_against_the_claim(sent: Fund) -> None:
    hospital = sent.hospital
    owed = dong(VISIT.coverage.totals.own + VISIT.coverage.totals.copayment)
    assert visit(sent).patient == Match("", Result.ORPHAN, owed, ZERO)
    invoice = hospital.issue()
    matching.link(sent.runtime, sent.scope, sent.claim("VPTEST0001"), hospital.view(invoice).number)
    assert visit(sent).patient.result is Result.SHORT_PAID
    hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(150_000)))

    told = visit(sent).patient
    assert (told.found, told.result) == (vnd(150_000), compare(owed, vnd(150_000)))
    with pytest.raises(NotFound):
        matching.link(sent.runtime, sent.scope, sent.claim("VPTEST0001"), "VP26999999")


def test_a_quarter_waits_for_its_money_and_is_matched_then(fund: Fund) -> None:
    for month in (7, 8, 9):
        fund.bring(a_written(f"VPTEST000{month}", date(2026, month, 3)))
        fund.send(f"20260{month}")
    fund.report("2026Q3", "202607", "202608", "202609")
    for month in (7, 8, 9):
        fund.assess(f"20260{month}")
    told = fund.notice("2026Q3", fund.due("2026Q3"))
    assert quarter(fund) == Match("2026Q3", Result.TIMING, told.total, ZERO)

    fund.pay("2026Q3", told.to_come)

    assert quarter(fund).result is Result.MATCHED
