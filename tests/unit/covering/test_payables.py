"""Screen, code, bill and claim say one sum; ``python -m tests.faults.payables`` asks 100,000."""

from __future__ import annotations

import random
from dataclasses import replace

from payments.insurance.coverage.parts import parts_of
from payments.kernel.money import Money
from tests.faults import payables
from tests.support.bhyt import RULES, a_drug, a_line, a_visit, aid, covered


def test_no_two_places_differ_by_one_dong_on_random_visits() -> None:
    seed = random.randrange(2**32)

    run = payables.run_visits(range(400), seed)

    assert run.wrong == [], f"seed {seed}"
    assert run.seen["claims read back"] > 200


def test_a_part_that_rounds_to_nothing_loses_no_revenue() -> None:
    """0.40 đ of another payer are nobody's debt, and the đồng that a department earned by them."""
    made = covered(a_visit(), a_line("1000003.03"), a_line(100_000, sources=aid("0.40")))
    run = payables.Run(RULES)

    payables._in_dong(run, 1, made, parts_of(made))

    assert parts_of(made).others == Money(0)
    assert run.wrong == []


def test_a_dong_that_is_planted_is_found() -> None:
    made = covered(a_visit(), a_drug("45333.333"), a_line(300_000))
    parts = parts_of(made)
    run = payables.Run(RULES)

    payables._as_shown(run, 1, made, replace(parts, patient=parts.patient + Money(1)))
    payables._in_dong(run, 2, made, replace(parts, fund=parts.fund + Money(2)))

    promises = {told.partition(": ")[2].partition(": (")[0] for told in run.wrong}
    assert "patient: screen, invoice, code, bill, claim" in promises
    assert "the books hold what each owes" not in promises
    assert "5310 takes one đồng at most" in promises
