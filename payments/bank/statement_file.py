"""
Reads a statement file: every line and the sum that proves it whole, or nothing.

    CSV, XLSX (by a column map) · MT940 · camt.053 ─▶ told ─▶ opening + Σ = closing ─▶ Statement
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payments.bank import camt053, mt940_file, statement_table
from payments.bank.statement_map import ColumnMap
from payments.bank.statement_model import Statement, Told, UnreadableStatement
from payments.bank.statement_text import SIZE_MAX_BYTES, NotReadable, decode
from payments.bank.statement_workbook import XLSX_BEGINS, rows_of
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Problem
from payments.kernel.money import Money

_LOOKED_AT_BYTES: Final = 4096


class Form(StrEnum):
    """How a bank wrote its statement; only a table needs a column map."""

    TABLE = "table"
    WORKBOOK = "workbook"
    MT940 = "mt940"
    CAMT053 = "camt053"

    @property
    def has_columns(self) -> bool:
        return self in (Form.TABLE, Form.WORKBOOK)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file says, None where it is no statement at all, and everything that is wrong."""

    told: Told | None
    problems: tuple[Problem, ...]

    def statement(self, account: str) -> Statement:
        """Give what may be taken in. Raises UnreadableStatement where anything is wrong."""
        told = self.told
        if self.problems or told is None:
            raise UnreadableStatement(self.problems)
        days = sorted(one.day for one in told.lines)
        first, last = told.first_day, told.last_day
        return Statement(
            account,
            told.opening,
            told.closing,
            min([first or days[0], *days[:1]]) if first or days else None,
            max([last or days[-1], *days[-1:]]) if last or days else None,
            tuple(line for line in told.lines if line.amount),
        )


def form_of(content: bytes) -> Form:
    """Tell by its first bytes in which form a statement is."""
    if content.startswith(XLSX_BEGINS):
        return Form.WORKBOOK
    head = content[:_LOOKED_AT_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        return Form.CAMT053
    if mt940_file.BEGINS.match(head):
        return Form.MT940
    return Form.TABLE


def read(
    content: bytes, columns: ColumnMap | None, *, account: str, today: HospitalDay
) -> Statement:
    """
    Read the statement of *account*; *today* bounds its days, for no bank tells the future.

    *columns* may be None where the form has none (``Form.has_columns``).

    Raises:
        UnreadableStatement: lists up to 50 problems; nothing of the file may be used.
    """
    return look(content, columns, account=account, today=today).statement(account)


def look(content: bytes, columns: ColumnMap | None, *, account: str, today: HospitalDay) -> Looked:
    """Read what can be read, and list what is wrong in the order of the file."""
    problems: list[Problem] = []
    try:
        told = _told(content, columns, problems)
    except NotReadable as error:
        return Looked(None, (Problem(error.line, "file", error.key, error.facts),))
    if told.account is not None and told.account != account:
        facts = {"told": told.account, "account": account}
        problems.append(Problem(told.account_line, "account", "statement_account", facts))
    problems += [
        Problem(one.number, "date", "statement_future", {"day": one.day})
        for one in told.lines
        if one.day > today
    ]
    if not problems:
        problems += _sums(told)
    return Looked(told, tuple(sorted(problems, key=lambda one: one.line or 0)))


def _told(content: bytes, columns: ColumnMap | None, problems: list[Problem]) -> Told:
    if len(content) > SIZE_MAX_BYTES:
        raise NotReadable("statement_size", most=SIZE_MAX_BYTES // 1024 // 1024)
    form = form_of(content)
    if form is Form.CAMT053:
        return camt053.told(content, problems)
    if form is Form.MT940:
        return mt940_file.told(decode(content), problems)
    assert columns is not None, "a table is read by its column map"
    if form is Form.WORKBOOK:
        return statement_table.told(rows_of(content), columns, problems)
    return statement_table.told_in_text(decode(content), columns, problems)


def _sums(told: Told) -> list[Problem]:
    """Check opening + Σ = closing, line by line where the file has a running balance."""
    running = told.opening
    for line in reversed(told.lines) if told.newest_first else told.lines:
        if (
            line.balance is not None
            and running is not None
            and running + line.amount != line.balance
        ):
            facts = {"told": line.balance, "expected": running + line.amount}
            return [Problem(line.number, told.balance_title, "statement_balance", facts)]
        running = line.balance if line.balance is not None else _plus(running, line.amount)
    if told.closing is not None and running is not None and running != told.closing:
        facts = {"told": told.closing, "expected": running}
        return [Problem(told.closing_line, told.closing_title, "statement_sum", facts)]
    return []


def _plus(running: Money | None, amount: Money) -> Money | None:
    return None if running is None else running + amount
