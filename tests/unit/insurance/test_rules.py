"""The tables of the law: complete, dated, read strictly, and replaced without a release."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from payments.insurance import coverage
from payments.insurance.coverage import Bill, Policy, Rules, again, cover
from payments.insurance.coverage.result import LevelBy, Uncovered
from payments.insurance.coverage.rules import Rules as Tables
from payments.kernel.errors import InvalidField
from tests.support.bhyt import RULES, a_line, a_visit, at

DATA = Path(coverage.__file__).parent / "data"
NOW = date(2026, 8, 10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a copy of the tables that a test may change."""
    return Path(shutil.copytree(DATA, tmp_path / "rules"))


def edit(folder: Path, table: str, change: Callable[[str], str]) -> Rules:
    file = folder / f"{table}.csv"
    before = file.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    file.write_text(after, encoding="utf-8")
    return Tables.from_folder(folder)


def test_every_rule_of_the_engine_says_where_it_stands() -> None:
    named = {
        *("cost_xml2", "cost_xml3", "cost_without_difference", "insured_share", "fund_share"),
        *("difference_of_price", "after_expiry", "highest_card", "package_cap", "service_cap"),
        *("level_times_factor", "sources_personal", "sources_pool", "sources_special"),
        *("outside_gdv", "whole_dong"),
        *(why.value for why in Uncovered),
        *(by.value for by in LevelBy if by not in (LevelBy.CARD, LevelBy.COMMUNE)),
    }

    assert {key for key, _ in RULES.articles.on(NOW)} == named
    assert all(RULES.article(rule, NOW).law["vi"] for rule in named)


def test_every_basis_is_used_and_none_is_missing() -> None:
    known = {
        line.split(",")[0]
        for line in (DATA / "legal_basis.csv").read_text(encoding="utf-8").splitlines()[1:]
    }
    used = {
        cells.rsplit(",", 1)[-1]
        for table in DATA.glob("*.csv")
        if table.name != "legal_basis.csv"
        for cells in table.read_text(encoding="utf-8").splitlines()[1:]
    }

    assert known == used


def test_salaries_follow_each_other_without_a_gap() -> None:
    day = date(2018, 7, 1)
    while day < NOW:
        assert RULES.salaries.get("", day), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("table", "change", "field", "line"),
    [
        ("base_salary", lambda t: t.replace("2530000", "2.530.000"), "amount", 6),
        ("base_salary", lambda t: t.replace("2530000", "-1"), "amount", 6),
        ("base_salary", lambda t: t.replace("2530000", "NaN"), "amount", 6),
        ("base_salary", lambda t: t.replace("2026-07-01", "01/07/2026"), "valid_from", 6),
        ("base_salary", lambda t: t.replace("2026-06-30", "2026-07-01"), "base_salary", None),
        ("base_salary", lambda t: t.replace("2026-06-30", "2020-06-30"), "base_salary", None),
        ("base_salary", lambda t: t.replace("salary-2026", "salary-2027"), "basis", 6),
        ("base_salary", lambda t: t.replace("amount,", "sum,"), "amount", 1),
        ("base_salary", lambda t: t + "1,2\n", "base_salary", 7),
        ("base_salary", lambda t: t + '"1,2\n', "base_salary", None),
        ("route_rule", lambda t: t.replace("1.18,out,50", "1.18,both,50"), "stay", None),
        ("route_rule", lambda t: t.replace("1.18,out,50", "1.18,out,half"), "factor", None),
        ("benefit_level", lambda t: t.replace("*,5,100,1", "*,5,100,yes"), "beyond_list", 6),
        ("legal_basis", lambda t: t.replace(",3,2,V2", ",3,2,sure", 1), "standing", None),
    ],
)
def test_a_wrong_table_is_refused_with_column_and_line(
    folder: Path, table: str, change: Callable[[str], str], field: str, line: int | None
) -> None:
    with pytest.raises(InvalidField) as refused:
        edit(folder, table, change)

    assert refused.value.field == field
    assert line is None or refused.value.line == line


def test_a_table_that_is_not_there_or_no_text_is_refused(folder: Path) -> None:
    (folder / "forces.csv").write_bytes(b"object\xff")
    with pytest.raises(InvalidField):
        Tables.from_folder(folder)

    (folder / "forces.csv").unlink()
    with pytest.raises(FileNotFoundError):
        Tables.from_folder(folder)


def test_a_new_salary_is_one_row_and_another_version(folder: Path) -> None:
    def raised(text: str) -> str:
        ended = text.replace("2530000,2026-07-01,,", "2530000,2026-07-01,2027-06-30,")
        return f"{ended}2700000,2027-07-01,,salary-2026\n"

    rules = edit(folder, "base_salary", raised)
    bill = Bill(a_visit(date_in=at("2027-07-01T08:00"), date_out=at("2027-07-01T09:00")), ())

    assert cover(bill, rules).threshold == 405_000
    assert rules.version != RULES.version
    assert rules.version.startswith("2026-11-22+")


def test_a_table_from_a_spreadsheet_reads_the_same(folder: Path) -> None:
    rules = edit(folder, "limit", lambda text: "\ufeff" + text.replace("\n", "\r\n"))

    assert rules.limit("package_cap", NOW) == Decimal(45)


def test_a_result_is_a_snapshot_and_computing_again_the_next_version() -> None:
    bill = Bill(a_visit(is_closed=False), (a_line(),))

    first = cover(bill, RULES)
    second = again(first, Bill(a_visit(category="1.2"), bill.lines), RULES)

    assert (first.version, second.version) == (1, 2)
    assert (first.is_provisional, second.is_provisional) == (True, False)
    assert (first.totals.copayment, second.totals.copayment) == (200_000, 0)
    assert first.rules_version == RULES.version


def test_the_policy_of_a_hospital_that_chose_nothing_is_the_default_of_each_doubt() -> None:
    usual = Policy()

    assert usual.threshold_on_reduced_route
    assert not usual.exempt_on_reduced_route
    assert usual.base_salary_key == "NGAY_VAO"
    assert not usual.service_cap
