"""Who answers for the notes of a cash point: one person, one drawer."""

from __future__ import annotations

import pytest

from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from payments.shifts.model import CashPointTaken, ShiftOpen
from payments.shifts.service import open_shift
from tests.support.hospital import Hospital


def test_a_second_click_opens_no_second_shift(hospital: Hospital) -> None:
    assert hospital.open_shift() == hospital.open_shift()


def test_a_person_answers_for_one_cash_point_at_a_time(hospital: Hospital) -> None:
    hospital.open_shift("Q1")

    with pytest.raises(ShiftOpen) as refused:
        hospital.open_shift("Q2")

    assert refused.value.extras == {"cash_point": "Q1"}


def test_a_cash_point_is_answered_for_by_one_person(hospital: Hospital) -> None:
    hospital.open_shift("Q1")

    with pytest.raises(CashPointTaken):
        hospital.open_shift("Q1", by="user:other")


@pytest.mark.parametrize("code", ["", "1", "q1", "Q 1", "Q1'", "Q123456", "QUẦY"])
def test_a_code_that_no_number_could_carry_is_refused(hospital: Hospital, code: str) -> None:
    with pytest.raises(InvalidField) as refused:
        open_shift(hospital.runtime, hospital.scope, cash_point=code, opening_float=vnd(0))

    assert refused.value.field == "cash_point"


@pytest.mark.parametrize("dong", [-1, 100_000_001])
def test_a_float_that_no_drawer_holds_is_refused(hospital: Hospital, dong: int) -> None:
    with pytest.raises(InvalidField) as refused:
        open_shift(hospital.runtime, hospital.scope, cash_point="Q1", opening_float=vnd(dong))

    assert refused.value.field == "opening_float"
