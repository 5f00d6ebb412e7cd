"""The relation finds each planted fault, with one text on every engine."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.reconciliation.comparing import RELATION, compare, run_relation
from payments.reconciliation.model import Comparison, Inputs, Pair, SideLine, Source, Verdict
from payments.storage.unit_of_work import Database

_DAY: Final = HospitalDay.parse("2026-11-24")


def line(line_id: str, ref: str, amount: int) -> SideLine:
    return SideLine(line_id, ref, vnd(amount))


#: One planted fault of each verdict, and what a tolerance of 5 đồng makes of it.
LEDGER: Final = (
    line("l1", "equal", 100_000),
    line("l2", "near", 50_003),
    line("l3", "far", 70_000),
    line("l4", "ours", 20_000),
    line("l5", "twice-here", 30_000),
    line("l6", "twice-here", 30_000),
    line("l7", "twice-there", 40_000),
)
BANK: Final = (
    line("b1", "equal", 100_000),
    line("b2", "near", 50_000),
    line("b3", "far", 7_000),
    line("b4", "theirs", 60_000),
    line("b5", "twice-here", 30_000),
    line("b6", "twice-there", 40_000),
    line("b7", "twice-there", 40_000),
    line("b8", "fee", -1_100),
)
EXPECTED: Final = {
    ("matched", "equal", "l1", "b1"),
    ("within_tolerance", "near", "l2", "b2"),
    ("amount_differs", "far", "l3", "b3"),
    ("missing_there", "ours", "l4", None),
    ("missing_here", "theirs", None, "b4"),
    ("missing_here", "fee", None, "b8"),
    ("matched", "twice-here", "l5", "b5"),
    ("duplicate_here", "twice-here", "l6", None),
    ("matched", "twice-there", "l7", "b6"),
    ("duplicate_there", "twice-there", None, "b7"),
}


def told(pairs: list[Pair] | tuple[Pair, ...]) -> set[tuple[Any, ...]]:
    return {(pair.verdict.value, pair.ref, pair.ledger_line, pair.bank_line) for pair in pairs}


def a_comparison(
    database: Database, scope: Scope, ledger: tuple[SideLine, ...], bank: tuple[SideLine, ...]
) -> Comparison:
    with database.reading(scope) as tx:
        return compare(tx, Inputs("acc", _DAY, Source.STATEMENT, ledger, bank), tolerance=vnd(5))


def test_each_planted_fault_is_found_and_named(database: Database, scope: Scope) -> None:
    with database.reading(scope) as tx:
        found = run_relation(tx, LEDGER, BANK, vnd(5))

    assert told(found) == EXPECTED
    assert len(found) == len(EXPECTED)


def test_duckdb_says_the_same_row_by_row() -> None:
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    for name, lines in (("ledger_side", LEDGER), ("channel_side", BANK)):
        connection.execute(f"CREATE TABLE {name} (line_id TEXT, ref TEXT, amount BIGINT)")
        connection.executemany(
            f"INSERT INTO {name} VALUES (?, ?, ?)",
            [(one.line_id, one.ref, one.amount.dong) for one in lines],
        )
    connection.execute("CREATE TABLE tolerance AS SELECT CAST(5 AS BIGINT) AS amount")

    rows = connection.execute(RELATION).fetchall()

    assert {(verdict, ref, here, there) for verdict, ref, here, _, there, _ in rows} == EXPECTED


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "spark"])
def test_the_text_is_in_the_common_subset(dialect: str) -> None:
    [parsed] = sqlglot.parse(RELATION, read=dialect)

    assert parsed is not None
    assert not list(parsed.find_all(sqlglot.exp.Div))
    # What the four understand alike is a short list; anything else must be tried first.
    functions = {type(one).__name__ for one in parsed.find_all(sqlglot.exp.Func)}
    logic = {"Case", "If", "And", "Or"}
    assert functions <= logic | {"RowNumber", "Coalesce", "Abs", "Cast", "TryCast"}


@pytest.mark.parametrize("side", ["ledger", "bank"])
def test_an_empty_side_is_a_side(database: Database, scope: Scope, side: str) -> None:
    ledger = () if side == "ledger" else LEDGER
    bank = () if side == "bank" else BANK

    found = a_comparison(database, scope, ledger, bank)

    assert {pair.verdict for pair in found.pairs} <= {
        Verdict.MISSING_HERE,
        Verdict.MISSING_THERE,
        Verdict.DUPLICATE_HERE,
        Verdict.DUPLICATE_THERE,
    }
    assert len(found.pairs) == len(ledger) + len(bank)


_LINES = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(-3, 3).filter(bool)), max_size=8)


@given(ledger=_LINES, bank=_LINES)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_line_is_in_one_pair_and_the_difference_is_theirs(
    database: Database, scope: Scope, ledger: list[tuple[str, int]], bank: list[tuple[str, int]]
) -> None:
    ours = tuple(line(f"l{at}", ref, amount) for at, (ref, amount) in enumerate(ledger))
    theirs = tuple(line(f"b{at}", ref, amount) for at, (ref, amount) in enumerate(bank))

    found = a_comparison(database, scope, ours, theirs)

    here = Counter(pair.ledger_line for pair in found.pairs if pair.ledger_line)
    there = Counter(pair.bank_line for pair in found.pairs if pair.bank_line)
    assert here == Counter(one.line_id for one in ours)
    assert there == Counter(one.line_id for one in theirs)
    assert sum((pair.difference for pair in found.findings), ZERO) == found.difference
    matched = Counter(ledger) & Counter(bank)
    assert found.counts[Verdict.MATCHED] == matched.total()


def test_parts_of_a_large_day_are_whole(database: Database, scope: Scope) -> None:
    ours = tuple(line(f"l{at:05}", f"r{at % 1500:05}", at + 1) for at in range(1_500))
    theirs = tuple(line(f"b{at:05}", f"r{at:05}", at + 1) for at in range(1_490))

    found = a_comparison(database, scope, ours, theirs)

    assert found.counts[Verdict.MATCHED] == 1_490
    assert found.counts[Verdict.MISSING_THERE] == 10
    assert found.difference == Money(-sum(range(1_491, 1_501)))
