"""An answer for another card, another person or with impossible dates is no answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.card_checks.believing import doubt_of_card, doubt_of_copayment
from payments.card_checks.codes import MEANINGS, OPEN, USABLE, Meaning, meaning_of
from payments.card_checks.model import Doubt
from payments.external.portal import CardQuestion, CardTold, CopaymentRow, CopaymentTold

TODAY = date(2026, 11, 24)
ASKED = CardQuestion("DN4990123456789", "NGUYỄN VĂN THỬ", "14/03/1958")
TOLD = CardTold(
    "000", b"{}", ASKED.card, ASKED.name, ASKED.birth, date(2026, 1, 1), date(2026, 12, 31)
)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
DONG = st.decimals(Decimal(1), Decimal(10_000_000), places=2)


def doubt(**changes: object) -> Doubt | None:
    return doubt_of_card(ASKED, replace(TOLD, **changes), TODAY)  # type: ignore[arg-type]


def test_what_fits_is_believed() -> None:
    assert doubt() is None


@pytest.mark.parametrize("card", ["DN4990123456788", "HT4990123456789"])
def test_another_card_is_not_believed(card: str) -> None:
    assert doubt(card=card) is Doubt.OTHER_CARD


def test_a_number_alone_is_compared_with_the_number_in_the_card() -> None:
    asked = replace(ASKED, card="0123456789")

    assert doubt_of_card(asked, TOLD, TODAY) is None
    assert doubt_of_card(asked, replace(TOLD, card="DN4990123456788"), TODAY) is Doubt.OTHER_CARD


def test_an_identity_number_is_no_card_to_compare_with() -> None:
    assert doubt_of_card(replace(ASKED, card="099058000001"), TOLD, TODAY) is None


@pytest.mark.parametrize("changed", [{"name": "LÊ THỊ NGHIỆM"}, {"birth": "15/03/1958"}])
def test_another_person_is_not_believed(changed: dict[str, str]) -> None:
    assert doubt(**changed) is Doubt.OTHER_PERSON


@pytest.mark.parametrize("birth", ["1958", "03/1958"])
def test_less_of_a_birth_is_no_contradiction(birth: str) -> None:
    assert doubt(birth=birth) is None


def test_capitals_and_spaces_are_no_contradiction() -> None:
    assert doubt(name="Nguyễn  Văn Thử") is None


@pytest.mark.parametrize(
    "days",
    [
        {"valid_from": date(2026, 12, 31), "valid_to": date(2026, 1, 1)},
        {"valid_to": date(2026, 11, 23)},
        {"valid_from": date(2026, 11, 25)},
        {"valid_from": None},
    ],
)
def test_a_right_card_counts_today(days: dict[str, date | None]) -> None:
    assert doubt(**days) is Doubt.DATES


def test_an_expired_card_may_have_ended() -> None:
    assert doubt(code="010", valid_to=date(2026, 11, 23)) is None


@given(st.lists(st.tuples(DAYS, DONG), max_size=8))
def test_true_sums_are_believed_and_any_other_is_not(visits: list[tuple[date, Decimal]]) -> None:
    rows, so_far = [], Decimal(0)
    for day, paid in sorted(visits, key=lambda one: one[0]):
        so_far += paid
        rows.append(CopaymentRow(day, paid, so_far))

    assert doubt_of_copayment(CopaymentTold("200", b"", tuple(reversed(rows)))) is None
    for index, row in enumerate(rows):
        forged = [*rows]
        forged[index] = replace(row, so_far=row.so_far + 1)
        assert doubt_of_copayment(CopaymentTold("200", b"", tuple(forged))) is Doubt.SUMS


def test_a_new_year_sums_from_nothing() -> None:
    rows = (
        CopaymentRow(date(2025, 12, 31), Decimal(5), Decimal(5)),
        CopaymentRow(date(2026, 1, 1), Decimal(7), Decimal(7)),
    )

    assert doubt_of_copayment(CopaymentTold("200", b"", rows)) is None


def test_every_code_of_the_list_has_a_meaning() -> None:
    listed = "000 001 002 003 004 010 050 051 052 053 054 055 060 061 070 100 101 110 120 121 122"
    listed += " 123 124 130 205 401"

    assert set(listed.split()) | {"500"} == set(MEANINGS)
    usable = {code for code, meaning in MEANINGS.items() if meaning in USABLE}
    assert usable == {"000", "001", "002", "004"}


@given(st.text(max_size=6).filter(lambda code: code not in MEANINGS))
def test_a_code_of_no_list_is_neither_right_nor_wrong(code: str) -> None:
    assert meaning_of(code) is Meaning.UNKNOWN
    assert Meaning.UNKNOWN in OPEN
    assert Meaning.UNKNOWN not in USABLE


def test_midnight_ends_a_card() -> None:
    assert doubt_of_card(ASKED, TOLD, date(2026, 12, 31)) is None
    assert doubt_of_card(ASKED, TOLD, date(2026, 12, 31) + timedelta(days=1)) is Doubt.DATES
