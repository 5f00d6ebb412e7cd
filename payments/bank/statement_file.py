"""
Reads a statement file: every line and the sum that proves it whole, or nothing.

    bytes ─decode─▶ text ─rows─▶ labels · titles · lines ─▶ opening + Σ = closing ─▶ Statement
"""

from __future__ import annotations

from collections.abc import Sequence

from payments.bank import statement_cells as cells
from payments.bank import statement_table
from payments.bank.statement_map import ColumnMap
from payments.bank.statement_model import Line, Statement, UnreadableStatement
from payments.bank.statement_text import NotReadable, decode
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Problem
from payments.kernel.money import Money


def read(content: bytes, columns: ColumnMap, *, account: str, today: HospitalDay) -> Statement:
    """
    Read the statement of *account*; *today* bounds its days, for no bank tells the future.

    Raises:
        UnreadableStatement: lists up to 50 problems; nothing of the file may be used.
    """
    try:
        text = decode(content)
        header, table = statement_table.divided(text, columns)
    except NotReadable as error:
        raise UnreadableStatement([Problem(error.line, "file", error.key, error.facts)]) from error
    problems: list[Problem] = []
    found = statement_table.labels(header, columns, problems)
    if columns.account and columns.account in found and found[columns.account][1] != account:
        line, told = found[columns.account]
        facts = {"told": told, "account": account}
        problems.append(Problem(line, "account", "statement_account", facts))
    opening = statement_table.label(found, columns.opening, cells.amount, problems)
    closing = statement_table.label(found, columns.closing, cells.amount, problems)
    lines = statement_table.lines_of(table, columns, problems)
    problems += [
        Problem(one.number, "date", "statement_future", {"day": one.day})
        for one in lines
        if one.day > today
    ]
    if not problems:
        problems += _sums(lines, columns, opening, closing, found.get(columns.closing, (None,))[0])
    first = statement_table.label(found, columns.first_day, cells.day, problems)
    last = statement_table.label(found, columns.last_day, cells.day, problems)
    if problems:
        raise UnreadableStatement(sorted(problems, key=lambda one: one.line or 0))
    days = sorted(one.day for one in lines)
    return Statement(
        account,
        opening,
        closing,
        min([first or days[0], *days[:1]]) if first or days else None,
        max([last or days[-1], *days[-1:]]) if last or days else None,
        tuple(line for line in lines if line.amount),
    )


def _sums(
    lines: Sequence[Line],
    columns: ColumnMap,
    opening: Money | None,
    closing: Money | None,
    closing_line: int | None,
) -> list[Problem]:
    """Check opening + Σ = closing, line by line where the file has a running balance."""
    running = opening
    for line in reversed(lines) if columns.newest_first else lines:
        if (
            line.balance is not None
            and running is not None
            and running + line.amount != line.balance
        ):
            facts = {"told": line.balance, "expected": running + line.amount}
            return [Problem(line.number, columns.balance, "statement_balance", facts)]
        running = line.balance if line.balance is not None else _plus(running, line.amount)
    if closing is not None and running is not None and running != closing:
        facts = {"told": closing, "expected": running}
        return [Problem(closing_line, columns.closing, "statement_sum", facts)]
    return []


def _plus(running: Money | None, amount: Money) -> Money | None:
    return None if running is None else running + amount
