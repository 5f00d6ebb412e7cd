"""What a price list may say, and what every wrong cell is told."""

from __future__ import annotations

import pytest

from payments.catalogue import price_list
from payments.catalogue.model import Entry, Kind, plan
from payments.kernel.money import vnd
from payments.sheets import UnreadableSheet
from payments.words import catalogue
from payments.words.explaining import of_problem
from tests.support.price_lists import as_csv


@pytest.mark.parametrize(
    ("typed", "dong"),
    [
        ("0", 0),
        ("1250000", 1_250_000),
        ("1.250.000", 1_250_000),
        ("1,250,000", 1_250_000),
        ("1.250.000 đ", 1_250_000),
        ("36500VND", 36_500),
        ("1.250", 1_250),
    ],
)
def test_amounts_are_read_as_people_write_them(typed: str, dong: int) -> None:
    assert price_list.amount(typed) == vnd(dong)


@pytest.mark.parametrize(
    "typed",
    ["", "12.5", "1,25", "1.25.000", "1.250,000", "1e6", "1 250", "năm", "１２", "-5", "12$"],
)
def test_amount_that_could_mean_two_things_is_not_guessed(typed: str) -> None:
    with pytest.raises(ValueError):
        price_list.amount(typed)


def test_all_findings_come_at_once_with_line_and_column() -> None:
    content = as_csv(
        ("KB01", "Khám", "KB", "150.000"),
        ("kb 2", "Khám", "KB", "1"),
        ("KB03", "", "KB", "1"),
        ("KB04", "Khám", "ZZ", "12.5"),
        ("KB01", "Khám lại", "KB", "1"),
        ("KB05", "Khám", "KB", "10000000001"),
        ("=1", "Khám", "KB", "1"),
    )

    with pytest.raises(UnreadableSheet) as error:
        price_list.entries(content, {"KB"})

    assert [(one.line, one.field, one.key) for one in error.value.problems] == [
        (3, "Mã dịch vụ", "catalogue_code"),
        (4, "Tên dịch vụ", "sheet.missing"),
        (5, "Mã khoa", "price_list.department"),
        (5, "Đơn giá", "price_list.price"),
        (6, "Mã dịch vụ", "sheet.twice"),
        (7, "Đơn giá", "price_list.too_high"),
        (8, "Mã dịch vụ", "sheet.formula"),
    ]
    for problem in error.value.problems:
        for language in catalogue.LANGUAGES:
            assert of_problem(problem, language)


def entry(code: str, dong: int, name: str = "Khám") -> Entry:
    return Entry(code, name, "KB", vnd(dong))


def test_plan_says_what_is_added_changed_ended_and_the_same() -> None:
    sold = {e.code: e for e in (entry("A", 1), entry("B", 2), entry("C", 3), entry("D", 4))}
    wanted = [entry("A", 1), entry("B", 5), entry("D", 4, "Khám lại"), entry("E", 6)]

    changes = {one.code: one.kind for one in plan(wanted, sold, is_whole=True)}
    partial = {one.code: one.kind for one in plan(wanted, sold, is_whole=False)}

    assert changes == {
        "E": Kind.ADDED,
        "B": Kind.CHANGED,
        "D": Kind.CHANGED,
        "C": Kind.ENDED,
        "A": Kind.UNCHANGED,
    }
    assert partial == {k: v for k, v in changes.items() if k != "C"}
