"""
Random visits through the coverage engine, against a second split and the promises of every split.

    python -m tests.faults.splits --visits 100000 --seed 1

Each visit is computed by the engine and by ``tests/support/coverage_oracle.py``, which shares no
line with it; both must say the same, to the hundredth. Then, in Decimals: the parts equal the
cost on every line and in the totals, no part is below zero, another order of the lines changes
no line (where no rule reads the order), a better card never costs the patient more (where no
ceiling is crossed on the way). The last line says PASS or FAIL, with the seed that repeats it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from payments.insurance.cases.answering import answer
from payments.insurance.coverage import Rules
from tests.support import coverage_oracle
from tests.support.random_visits import a_case

_PARTS = ("T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC")
#: From the least to the most that a card gives; 5 alone reaches beyond the list.
_BETTER = {"4": "3", "3": "2", "2": "5", "1": "5"}


@dataclass
class Run:
    """What was seen, and the first things that were wrong."""

    rules: Rules
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def answer(self, case: dict[str, Any]) -> Any:
        told = answer(json.dumps(case).encode(), 1, self.rules, "en")
        return told.get("expected", told.get("expected_error"))

    def fail(self, promise: str, case: dict[str, Any]) -> None:
        self.wrong.append(f"{promise}: {json.dumps(case)}")


def visit(run: Run, case: dict[str, Any], chance: random.Random) -> None:
    """Look at one case from every side."""
    told = run.answer(case)
    if told != coverage_oracle.expected(case):
        run.fail("both splits agree", case)
    if isinstance(told, str):
        run.seen[told] += 1
        return
    run.seen["split"] += 1
    for warned in told["warnings"]:
        run.seen[warned] += 1
    if not _is_whole(told):
        run.fail("the parts equal the whole", case)
    if not _reads_order(case):
        run.seen["in another order"] += 1
        _in_another_order(run, case, told, chance)
    if not _crosses(case) and not _reads_digits(case):
        run.seen["with better cards"] += 1
        _with_better_cards(run, case, told)


def _is_whole(told: Any) -> bool:
    for line in told["lines"]:
        parts = [Decimal(line[name]) for name in _PARTS]
        if sum(parts) != Decimal(line["THANH_TIEN_BV"]) or min(parts) < 0:
            return False
        if Decimal(line["THANH_TIEN_BH"]) > Decimal(line["THANH_TIEN_BV"]):
            return False
    totals = told["totals"]
    return all(
        sum(Decimal(line[name]) for line in told["lines"]) == Decimal(totals[name])
        for name in _PARTS
    ) and sum(Decimal(totals[name]) for name in _PARTS) == Decimal(totals["T_TONGCHI_BV"])


def _reads_order(case: dict[str, Any]) -> bool:
    """A package is cut in the order of the bill; a ceiling is crossed by the first of a minute."""
    return any("package" in line for line in case["lines"]) or _crosses(case)


def _better(card: dict[str, Any]) -> str:
    # LH4 is 100 per cent since 2026 and LH3 is not.
    is_raised = (card["object"], card["code"]) == ("LH", "4")
    return "2" if is_raised else _BETTER.get(card["code"], card["code"])


def _reads_digits(case: dict[str, Any]) -> bool:
    """Of cards with one level the first counts, and only digit 5 reaches beyond the list."""
    beyond = any(str(line.get("scope", 1)) == "3" for line in case["lines"])
    return beyond and len(case["visit"]["cards"]) > 1


def _crosses(case: dict[str, Any]) -> bool:
    return "five_years_from" in case["visit"]


def _in_another_order(run: Run, case: dict[str, Any], told: Any, chance: random.Random) -> None:
    order = list(range(len(case["lines"])))
    chance.shuffle(order)
    other = run.answer({**case, "lines": [case["lines"][index] for index in order]})
    for place, index in enumerate(order):
        if {**other["lines"][place], "line": 0} != {**told["lines"][index], "line": 0}:
            run.fail("the order of lines changes nothing", case)
            return
    if other["totals"] != told["totals"]:
        run.fail("the order of lines changes no total", case)


def _with_better_cards(run: Run, case: dict[str, Any], told: Any) -> None:
    cards = [{**card, "code": _better(card)} for card in case["visit"].get("cards", [])]
    better = run.answer({**case, "visit": {**case["visit"], "cards": cards}})
    if better["patient_payable_vnd"] > told["patient_payable_vnd"]:
        run.fail("a better card never costs the patient more", case)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(argv)
    run, chance = Run(Rules.shipped()), random.Random(given.seed)
    began = time.monotonic()
    for number in range(given.visits):
        visit(run, a_case(chance, number), chance)
    for name, count in sorted(run.seen.items(), key=lambda one: -one[1]):
        print(f"{count:8,} {name}")
    for wrong in run.wrong[:5]:
        print(wrong)
    verdict = "FAIL" if run.wrong else "PASS"
    took = time.monotonic() - began
    print(
        f"{verdict} {given.visits:,} visits, {len(run.wrong)} wrong, seed {given.seed},"
        f" {took:.0f} s, rules {run.rules.version}"
    )
    return 1 if run.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
