"""The public cases of coverage, exact to the hundredth; and the second split that judges others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from payments.insurance.cases.answering import answer
from payments.insurance.coverage import Rules
from tests.support import coverage_oracle

CASES = json.loads(
    Path(__file__).parents[2].joinpath("vectors", "bhyt-coverage.json").read_text(encoding="utf-8")
)["cases"]
VISITS = [case for case in CASES if case["kind"] == "visit"]


def _id(case: dict[str, Any]) -> str:
    return str(case["id"])


def test_all_cases_are_there() -> None:
    assert len(CASES) == 68
    assert len(VISITS) == 45


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_case_is_answered_exactly(case: dict[str, Any]) -> None:
    told = answer(json.dumps(case).encode(), 1, Rules.shipped(), "en")

    assert told["id"] == case["id"]
    if "expected_error" in case:
        assert told["expected_error"] == case["expected_error"]
        assert "expected" not in told
    else:
        assert told == {"id": case["id"], "expected": case["expected"]}


@pytest.mark.parametrize("case", VISITS, ids=_id)
def test_the_second_split_says_the_same(case: dict[str, Any]) -> None:
    assert coverage_oracle.expected(case) == case.get("expected", case.get("expected_error"))
