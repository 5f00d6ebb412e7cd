"""
Lines of statements: which of a file are new, by counting copies, and how many became what.

Two lines of one file that are the same in every character are two movements; the same line in two
files is one. So per account and day a file adds max(0, its copies − copies stored) of each line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select

from payments.bank.model import Arrival, Direction, external_id
from payments.bank.statement_model import Line, Statement
from payments.keys import Keys
from payments.reconciliation.rows import STATEMENT_LINE
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

SOURCE: Final = "statement"
MEMO: Final = "statement_line.memo_sealed"
#: Effects by which a line brought a movement that nobody had told of.
ADDED: Final = ("posted", "suspense", "outgoing")
#: Names of one question to the database.
_ASKED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line with its name; it is the *nth* of that name on its day in its file."""

    name: str
    nth: int
    line: Line


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line as it is stored, with its sealed memo."""

    name: str
    nth: int
    line: Line
    memo_sealed: bytes


@dataclass(frozen=True, slots=True)
class Tally:
    stored: int
    added: int
    known: int
    kept: int
    waiting: int


def arrival(account: str, line: Line, copy: int) -> Arrival:
    """Say *line* as a witness says it; *copy* parts twins."""
    return Arrival(
        source=SOURCE,
        source_id="",
        account=account,
        direction=Direction.OUT if line.amount.dong < 0 else Direction.IN,
        amount=abs(line.amount),
        occurred_at=line.occurred_at,
        reference=line.reference,
        memo=line.memo,
        copy=copy,
    )


def name_of(account: str, line: Line) -> str:
    """Name the movement that *line* tells of; twins have one name."""
    return external_id(arrival(account, line, 1))


def numbered(statement: Statement) -> list[Numbered]:
    """Name every line, and number those that bear one name on one day."""
    on_day: Counter[tuple[str, date]] = Counter()
    found = []
    for line in statement.lines:
        name = name_of(statement.account, line)
        on_day[name, line.day.date] += 1
        found.append(Numbered(name, on_day[name, line.day.date], line))
    return found


def prepare(keys: Keys, lines: Sequence[Numbered]) -> list[Prepared]:
    """Seal the memos before the transaction, which must be short."""
    return [
        Prepared(one.name, one.nth, one.line, keys.seal("personal", one.line.memo, context=MEMO))
        for one in lines
    ]


def new_lines(
    tx: UnitOfWork, file: UUID, account: str, staged: Sequence[Row[Any]]
) -> list[dict[str, Any]]:
    """
    Give the rows of the *staged* lines that are not stored yet, in the order of the file.

    The nth line of a name on a day is new where fewer than n are stored. So in the end as many are
    stored as in the file that has most of them, whichever comes first and however often.
    """
    stored = _stored(tx, account, {one.name for one in staged})
    # A bank may use one reference on many days, so copies are numbered over all of them.
    last_copy: dict[str, int] = {name: sum(days.values()) for name, days in stored.items()}
    rows = []
    for one in staged:
        if one.nth <= stored[one.name][one.bank_day]:
            continue
        stored[one.name][one.bank_day] += 1
        last_copy[one.name] = last_copy.get(one.name, 0) + 1
        rows.append(
            {
                "facility_id": tx.facility,
                "id": new_id(),
                "file_id": file,
                "line": one.line,
                "account": account,
                "bank_day": one.bank_day,
                "name": one.name,
                "copy": last_copy[one.name],
                "amount": one.amount,
                "occurred_at": one.occurred_at,
                "reference": one.reference,
                "memo_sealed": one.memo_sealed,
                "state": "waiting",
                "effect": "",
                "credit_id": None,
            }
        )
    return rows


def stored_before(tx: UnitOfWork, statement: Statement) -> int:
    """Count the lines of *statement* that an earlier one has told: they would add nothing."""
    lines = numbered(statement)
    stored = _stored(tx, statement.account, {one.name for one in lines})
    return sum(one.nth <= stored[one.name][one.line.day.date] for one in lines)


def tally(tx: UnitOfWork, file: UUID) -> Tally:
    """Count what became of the lines that a file brought."""
    rows = tx.execute(
        select(STATEMENT_LINE.c.state, STATEMENT_LINE.c.effect, func.count().label("lines"))
        .where(STATEMENT_LINE.c.facility_id == tx.facility, STATEMENT_LINE.c.file_id == file)
        .group_by(STATEMENT_LINE.c.state, STATEMENT_LINE.c.effect)
    ).all()
    return Tally(
        stored=sum(row.lines for row in rows),
        added=sum(row.lines for row in rows if row.effect in ADDED),
        known=sum(row.lines for row in rows if row.effect == "known"),
        kept=sum(row.lines for row in rows if row.state == "kept"),
        waiting=sum(row.lines for row in rows if row.state == "waiting"),
    )


def _stored(tx: UnitOfWork, account: str, names: set[str]) -> dict[str, Counter[date]]:
    """Count the stored copies of each name by day."""
    found: dict[str, Counter[date]] = defaultdict(Counter)
    ordered = sorted(names)
    for start in range(0, len(ordered), _ASKED_AT_ONCE):
        rows = tx.execute(
            select(STATEMENT_LINE.c.name, STATEMENT_LINE.c.bank_day, func.count().label("copies"))
            .where(
                STATEMENT_LINE.c.facility_id == tx.facility,
                STATEMENT_LINE.c.account == account,
                STATEMENT_LINE.c.name.in_(ordered[start : start + _ASKED_AT_ONCE]),
            )
            .group_by(STATEMENT_LINE.c.name, STATEMENT_LINE.c.bank_day)
        )
        for row in rows:
            found[row.name][row.bank_day] = row.copies
    return found
