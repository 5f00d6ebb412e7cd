"""
Visits of ten lines through the coverage engine, against reading and writing their bytes alone.

    python -m tests.benchmarks.coverage --visits 2000 --rounds 5

The floor of a visit is what Python's ``json`` takes to read its line and to write it again: no
program that answers in JSON is faster. Three works take turns on the same visits, the order changed
each round: the floor, the engine alone (a bill in, a result out), the whole way of ``vienphi bhyt
cover --jsonl`` without its pipes. Time is processor time of one core, so that other programs
count less; of the rounds the best is printed, and the middle.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from payments.insurance.cases import answering
from payments.insurance.cases.bills import bill_of
from payments.insurance.cases.reading import case_of, read_case
from payments.insurance.coverage import Rules, cover

LINES: Final = 10
#: Visits per second and core that the engine is to reach.
GOAL: Final = 5_000
_CARDS: Final = ("DN4", "HT3", "TE1", "GD4", "HN2")


def a_visit(chance: random.Random, number: int) -> dict[str, Any]:
    """Make a usual visit: an exam, tests, a bed or an image, drugs; one line in five is special."""
    card = chance.choice(_CARDS)
    lines: list[dict[str, Any]] = []
    for place in range(LINES):
        is_drug = place >= LINES // 2
        line: dict[str, Any] = {
            "table": "XML2" if is_drug else "XML3",
            "qty": chance.choice((1, 2, 10, 30, "0.5")),
            "price_bv": chance.choice((1250, 50600, 252300, 68300, "3150.125", 1_450_000)),
            "group": 4 if is_drug else chance.choice((1, 2, 13, 15, 10)),
            "ordered_at": f"2026-08-1{chance.randint(0, 2)}T{8 + place:02d}:30",
        }
        match chance.randrange(15):
            case 0:
                line["rate_insurance"] = 50
            case 1:
                line["scope"] = 2
            case 2 if not is_drug:
                line |= {"price_bh": 40000, "rate_service": 50}
            case _:
                pass
        lines.append(line)
    return {
        "id": f"B{number}",
        "kind": "visit",
        "visit": {
            "date_in": "2026-08-10T07:45",
            "date_out": "2026-08-13T10:00",
            "visit_type": "03",
            "category": chance.choice(("1.1", "1.3", "2", "3.1")),
            "cards": [
                {"object": card[:2], "code": card[2], "from": "2026-01-01", "to": "2026-12-31"}
            ],
        },
        "lines": lines,
    }


def measure(
    works: Sequence[tuple[str, Callable[[], object]]], rounds: int
) -> dict[str, list[float]]:
    """Let the works take turns; seconds of each round."""
    took: dict[str, list[float]] = {name: [] for name, _ in works}
    for turn in range(rounds):
        for name, work in works if turn % 2 == 0 else works[::-1]:
            began = time.process_time()
            work()
            took[name].append(time.process_time() - began)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance, rules = random.Random(given.seed), Rules.shipped()
    lines = [json.dumps(a_visit(chance, number)).encode() for number in range(given.visits)]
    bills = [bill_of(case_of(read_case(line)).keys) for line in lines]
    size = sum(map(len, lines)) / len(lines)
    works: Sequence[tuple[str, Callable[[], object]]] = (
        ("floor: read and write the bytes", lambda: [json.dumps(json.loads(x)) for x in lines]),
        ("the engine", lambda: [cover(bill, rules) for bill in bills]),
        (
            "read, cover, write",
            lambda: [answering.line_of(answering.answer(x, 1, rules, "en")) for x in lines],
        ),
    )
    measure(works, 1)
    took = measure(works, given.rounds)
    floor = took[works[0][0]]
    print(f"{given.visits} visits of {LINES} lines, {size:.0f} bytes each, rules {rules.version}\n")
    print("| work | visits/s and core, best | middle | times the floor, middle |")
    print("|---|---:|---:|---:|")
    for name, seconds in took.items():
        ratio = statistics.median(one / low for one, low in zip(seconds, floor, strict=True))
        print(
            f"| {name} | {given.visits / min(seconds):,.0f} |"
            f" {given.visits / statistics.median(seconds):,.0f} | {ratio:.1f} |"
        )
    print(f"\nGoal of the engine: {GOAL:,} a second and core.")


if __name__ == "__main__":
    main()
