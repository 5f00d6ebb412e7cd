"""The ladder of a discharge: whole đồng, and never both to collect and to give back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as sized
from hypothesis import strategies as st

from payments.discharging.model import Bill, ladder, shares
from payments.kernel.money import ZERO, Money, vnd

_PART = st.integers(0, 10**9)


def a_bill(total: int, covered: int, credited: int, paid: int, advance: int) -> Bill:
    """Make a bill whose parts fit into its total, whatever was drawn."""
    total = max(total, 1)
    fund = covered % (total + 1)
    reduced = credited % (total - fund + 1)
    ahead = advance % (total - fund - reduced + 1)
    return Bill(vnd(total), vnd(fund), vnd(reduced), vnd(paid), vnd(ahead))


_BILLS = st.lists(st.builds(a_bill, _PART, _PART, _PART, _PART, _PART), max_size=5)


def test_case_c_of_the_ledgers_worked_examples_gives_four_million_back() -> None:
    bill = Bill(vnd(20_000_000), vnd(16_000_000), ZERO, ZERO, ZERO)

    told = ladder([bill], vnd(8_000_000))

    assert (told.collect, told.give_back) == (ZERO, vnd(4_000_000))


@sized(max_examples=1000)
@given(_BILLS, _PART)
def test_workflows_3_after_the_set_off_the_codes_ask_for_what_the_ladder_says(
    bills: list[Bill], advance: int
) -> None:
    told = ladder(bills, vnd(advance))
    parts = shares([bill.due for bill in bills], vnd(advance))

    asked = sum((bill.due for bill in bills), ZERO) - sum(parts, ZERO)
    left = vnd(advance) - sum(parts, ZERO)

    assert (asked, left) == (told.collect, told.give_back)
    assert ZERO in (told.collect, told.give_back)
    assert all(ZERO <= part <= bill.due for part, bill in zip(parts, bills, strict=True))


@given(_BILLS, _PART)
def test_the_five_lines_sum_to_the_last_one(bills: list[Bill], advance: int) -> None:
    told = ladder(bills, vnd(advance))

    rest: Money = told.total - told.fund - told.reduced - told.paid - told.advance

    assert rest == told.collect - told.give_back
