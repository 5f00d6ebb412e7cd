"""
Runs the relation over one account and day, in the ledger's own database; the bank is the channel.

Pairs share their ref, so the relation falls into parts by ref: each part is one statement, and
SQLite's FULL JOIN, which looks at every pair of rows, stays fast.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, text

from payments.kernel.money import ZERO, Money, vnd
from payments.reconciliation.model import Comparison, Inputs, Pair, SideLine, Verdict
from payments.storage.unit_of_work import UnitOfWork

RELATION: Final = (Path(__file__).parent / "relations" / "ledger_channel.sql").read_text("utf-8")
#: A bank's own line is the same đồng as ours, or it is another line.
TOLERANCE: Final = ZERO
#: Lines of one statement: below every engine's limit of parameters, three a line.
_PART_LINES: Final = 600


class PartsDiffer(AssertionError):
    """The pairs do not hold every line once: a programming error, never shown as a result."""


def compare(tx: UnitOfWork, inputs: Inputs, *, tolerance: Money = TOLERANCE) -> Comparison:
    """Give every line of both sides in exactly one pair, ordered by verdict, amount and line."""
    pairs: list[Pair] = []
    for ledger, bank in _parts(inputs):
        pairs += run_relation(tx, ledger, bank, tolerance)
    told = Comparison(inputs, tuple(sorted(pairs, key=_order)))
    if sum((pair.difference for pair in pairs), ZERO) != told.difference or sum(
        (pair.ledger_line is not None) + (pair.bank_line is not None) for pair in pairs
    ) != len(inputs.ledger) + len(inputs.bank):
        raise PartsDiffer(f"{inputs.account} {inputs.day}")
    return told


def run_relation(
    tx: UnitOfWork, ledger: Sequence[SideLine], bank: Sequence[SideLine], tolerance: Money
) -> list[Pair]:
    """Run the file as it stands, its three inputs put before it as common table expressions."""
    parameters: dict[str, Any] = {"tolerance": tolerance.dong}
    inputs = ", ".join(
        (
            _side("ledger_side", ledger, parameters),
            _side("channel_side", bank, parameters),
            "tolerance (amount) AS (SELECT CAST(:tolerance AS BIGINT))",
        )
    )
    _, _, body = RELATION.partition("WITH ")
    return [_pair(row) for row in tx.execute(text(f"WITH {inputs}, {body}"), parameters)]


def _side(name: str, lines: Sequence[SideLine], parameters: dict[str, Any]) -> str:
    head = f"{name} (line_id, ref, amount) AS "
    if not lines:
        # VALUES without a row is no SQL.
        return head + (
            "(SELECT CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS BIGINT) WHERE 1 = 0)"
        )
    rows = []
    for number, line in enumerate(lines):
        place = f"{name}_{number}"
        parameters |= {
            f"{place}_id": line.line_id,
            f"{place}_ref": line.ref,
            f"{place}_amount": line.amount.dong,
        }
        rows.append(
            f"(CAST(:{place}_id AS TEXT), CAST(:{place}_ref AS TEXT),"
            f" CAST(:{place}_amount AS BIGINT))"
        )
    return f"{head}(VALUES {', '.join(rows)})"


def _parts(inputs: Inputs) -> Iterator[tuple[list[SideLine], list[SideLine]]]:
    """Part both sides by ref; the lines of one ref stay together."""
    by_ref: dict[str, tuple[list[SideLine], list[SideLine]]] = defaultdict(lambda: ([], []))
    for place, side in enumerate((inputs.ledger, inputs.bank)):
        for line in side:
            by_ref[line.ref][place].append(line)
    ledger: list[SideLine] = []
    bank: list[SideLine] = []
    for ref in sorted(by_ref):
        ledger += by_ref[ref][0]
        bank += by_ref[ref][1]
        if len(ledger) + len(bank) >= _PART_LINES:
            yield ledger, bank
            ledger, bank = [], []
    if ledger or bank:
        yield ledger, bank


def _pair(row: Row[Any]) -> Pair:
    return Pair(
        Verdict(row.verdict),
        row.ref,
        row.ledger_line,
        None if row.ledger_amount is None else vnd(row.ledger_amount),
        row.channel_line,
        None if row.channel_amount is None else vnd(row.channel_amount),
    )


def _order(pair: Pair) -> tuple[str, str, str, str]:
    return (pair.verdict.value, pair.ref, pair.ledger_line or "", pair.bank_line or "")
