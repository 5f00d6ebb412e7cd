"""The table of ASVS 5.0 is whole, and what it calls met is held by a test that exists."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| (\d+\.\d+\.\d+) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", TEXT, re.MULTILINE
)
STATES = {"met", "part", "not met", "n/a", "operator"}
#: Requirements of levels 1 and 2 by chapter, counted in OWASP's own table (5.0.0, English).
CHAPTERS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9,
            13: 13, 14: 9, 15: 13, 16: 16, 17: 7}  # fmt: skip


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_requirement_of_level_2_stands_once() -> None:
    ids = [row[0] for row in ROWS]

    assert len(ids) == len(set(ids)) == 253
    assert Counter(int(one.split(".")[0]) for one in ids) == CHAPTERS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_met_names_tests_that_exist(row: tuple[str, str, str, str, str]) -> None:
    _, what, state, where, tests = row
    named = re.findall(r"`(tests/[^`]+)`", tests)

    assert what
    assert state in STATES
    assert bool(named) or state != "met"
    assert bool(where or named)
    for one in named:
        path, _, name = one.partition("::")
        assert names_in(path), one
        assert name == "*" or name in names_in(path), one


def test_the_numbers_above_the_table_are_those_of_the_table() -> None:
    numbers = re.findall(r"^\| (met|part|not met|n/a|operator) \| (\d+) \|", TEXT, re.MULTILINE)
    told = {state: int(number) for state, number in numbers}

    assert told == Counter(row[2] for row in ROWS)
