"""What holds for every visit whatever is in it; ``python -m tests.faults.splits`` asks 100,000."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from payments.insurance.cases.bills import bill_of
from payments.insurance.cases.reading import case_of, read_case
from payments.insurance.coverage import Bill, Line, cover
from payments.insurance.coverage.model import Mode
from payments.insurance.coverage.refusals import OtherSourceNotBelowCost
from payments.insurance.coverage.rounding import dong, quotient2, round2
from payments.kernel.errors import Rejected
from payments.kernel.money import vnd
from tests.faults import splits
from tests.support.bhyt import RULES, a_card, a_line, a_visit, aid, covered
from tests.support.random_visits import a_case

chances = st.randoms(use_true_random=False)
amounts = st.decimals(0, 10**9, places=2)
rates = st.decimals(0, 100, places=2)


def lines() -> st.SearchStrategy[Line]:
    return st.builds(
        a_line,
        price=st.decimals(0, 10**7, places=3).map(str),
        quantity=st.decimals(0, 100, places=3),
        fund_price=st.none() | st.decimals(0, 10**7, places=3),
        service_rate=rates,
        insurance_rate=rates,
        without_difference=st.booleans(),
    )


def _bill(chance: random.Random) -> Bill:
    return bill_of(case_of(read_case(json.dumps(a_case(chance, 1)).encode())).keys)


@given(chances)
@settings(deadline=None, max_examples=150)
def test_two_splits_that_share_no_line_agree(chance: random.Random) -> None:
    run = splits.Run(RULES)
    splits.visit(run, a_case(chance, 1), chance)

    assert run.wrong == []


@given(st.lists(lines(), max_size=6), st.sampled_from(["DN4", "HT3", "TE1"]))
@settings(deadline=None, max_examples=150)
def test_parts_equal_the_cost_on_every_line_and_in_the_totals(given: list[Line], card: str) -> None:
    result = covered(a_visit(a_card(card)), *given)

    for line in result.lines:
        parts = (line.own, line.copayment, line.fund, line.others)
        assert sum(parts) == line.cost
        assert min(parts) >= 0
        assert all(part == round2(part) for part in parts)
    totals = result.totals
    whole = totals.own + totals.copayment + totals.fund + totals.others
    assert whole == totals.cost == sum(line.cost for line in result.lines)


@given(chances)
@settings(deadline=None, max_examples=100)
def test_computing_again_gives_the_same_and_counts_up(chance: random.Random) -> None:
    bill = _bill(chance)
    try:
        first = cover(bill, RULES)
    except Rejected:
        return

    assert replace(cover(bill, RULES, version=2), version=1) == first


@given(lines(), st.sampled_from(["DN4", "HT3"]))
@settings(deadline=None, max_examples=100)
def test_a_higher_level_never_costs_the_patient_more_on_any_line(line: Line, card: str) -> None:
    better = {"DN4": "DN3", "HT3": "HT2"}[card]

    [before] = covered(a_visit(a_card(card)), line).lines
    [after] = covered(a_visit(a_card(better)), line).lines

    assert after.own + after.copayment <= before.own + before.copayment


@given(lines(), amounts, st.sampled_from([Mode.PERSONAL, Mode.POOL]))
@settings(deadline=None, max_examples=100)
def test_support_never_costs_the_patient_more(line: Line, amount: Decimal, mode: Mode) -> None:
    supported = line._replace(sources=aid(str(amount)), mode=mode)
    [alone] = covered(a_visit(), line).lines
    try:
        [one] = covered(a_visit(), supported).lines
    except OtherSourceNotBelowCost:
        assert not 0 < amount < alone.cost
        return

    assert one.own + one.copayment <= alone.own + alone.copayment


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_quotients_round_half_up_and_only_once(dividend: int, divisor: int) -> None:
    hundredths = (Fraction(dividend, divisor) * 100 + Fraction(1, 2)).__floor__()

    assert quotient2(Decimal(dividend), Decimal(divisor)) * 100 == hundredths


def test_half_a_hundredth_is_rounded_away_from_zero() -> None:
    assert round2(Decimal("0.005")) == Decimal("0.01")
    assert round2(Decimal("0.00499999999999999999999999999999")) == 0
    assert dong(Decimal("3998134.5")) == vnd(3_998_135)
    assert dong(Decimal("3998134.49")) == vnd(3_998_134)


def test_crossing_the_ceiling_on_the_way_is_the_one_exception_to_a_better_card() -> None:
    """Lines are not split (coverage D10): who pays more at first may be exempt sooner."""
    crossing = {
        "copay_of_the_year": Decimal(15_000_000),
        "five_years_from": a_card().valid_from,
    }
    given = (a_line(1_000_000), a_line(10_000_000))

    worse = covered(a_visit(a_card("DN4"), **crossing), *given)
    better = covered(a_visit(a_card("HT3"), **crossing), *given)

    assert worse.patient_pays == vnd(200_000)
    assert better.patient_pays == vnd(550_000)
