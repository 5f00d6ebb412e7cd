"""
Lets stored lines of a statement take effect, each exactly once.

A line whose memo may hold a payment code has a commit of its own, for it holds an encounter, an
invoice and codes; lines without are taken together, up to 200 a commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Row, bindparam, select, update

from payments import audit
from payments.bank.model import Arrival
from payments.bank.statement_model import Line
from payments.inbox.effects import apply_arrival
from payments.kernel.codes import candidates
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.reconciliation.lines import MEMO, arrival
from payments.reconciliation.rows import STATEMENT_LINE
from payments.refunds.paybacks import PREFIX as PAYBACK
from payments.runtime import Runtime
from payments.storage.columns import mine
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

#: Lines of one commit (specification of the ledger, section 8: 100 to 500).
GROUP_MAX: Final = 200
#: A commit takes no further line after this: SQLite has one writer, and payments wait for it.
HELD_MAX_S: Final = 0.1
_SETTLE: Final = (
    update(STATEMENT_LINE)
    .where(mine(STATEMENT_LINE), STATEMENT_LINE.c.id == bindparam("line_id"))
    .values(
        state=bindparam("new_state"),
        effect=bindparam("new_effect"),
        credit_id=bindparam("new_credit"),
    )
)
_log = structlog.get_logger("statement")


class NoStatementLine(NotFound):
    """No such line of a statement waits."""

    code = "no-statement-line"


@dataclass(frozen=True, slots=True)
class _Waiting:
    id: UUID
    number: int
    told: Arrival
    may_name: bool


def apply_waiting(
    runtime: Runtime, scope: Scope, file: UUID, *, lines_max: int | None = None
) -> int:
    """
    Let the waiting lines of *file* take effect, and those again that were kept for a person.

    Returns the number of lines that were tried, *lines_max* at most (None: all).
    """
    tried, after = 0, -1
    while lines_max is None or tried < lines_max:
        limit = GROUP_MAX if lines_max is None else min(GROUP_MAX, lines_max - tried)
        with runtime.database.reading(scope) as tx:
            page = _page(tx, runtime, file, after=after, limit=limit)
        if not page:
            break
        for group in _groups(page):
            _apply_group(runtime, scope, group)
        tried += len(page)
        after = page[-1].number
    return tried


def try_again(runtime: Runtime, scope: Scope, line: UUID) -> None:
    """
    Try a kept line again: what it might have meant may have become clear.

    Raises:
        NotFound: there is no such line that still waits.
    """
    with runtime.database.reading(scope) as tx:
        row = tx.execute(
            select(STATEMENT_LINE).where(
                STATEMENT_LINE.c.facility_id == tx.facility,
                STATEMENT_LINE.c.id == line,
                STATEMENT_LINE.c.state != "applied",
            )
        ).first()
    if row is None:
        raise NoStatementLine()
    _apply_group(runtime, scope, [_waiting(runtime, row)])


def _page(
    tx: UnitOfWork, runtime: Runtime, file: UUID, *, after: int, limit: int
) -> list[_Waiting]:
    rows = tx.execute(
        select(STATEMENT_LINE)
        .where(
            STATEMENT_LINE.c.facility_id == tx.facility,
            STATEMENT_LINE.c.file_id == file,
            STATEMENT_LINE.c.state.in_(("waiting", "kept")),
            STATEMENT_LINE.c.line > after,
        )
        .order_by(STATEMENT_LINE.c.line)
        .limit(limit)
    )
    return [_waiting(runtime, row) for row in rows]


def _waiting(runtime: Runtime, row: Row[Any]) -> _Waiting:
    occurred_at: datetime = row.occurred_at
    line = Line(
        row.line,
        occurred_at,
        vnd(row.amount),
        row.reference,
        runtime.keys.open("personal", row.memo_sealed, context=MEMO),
    )
    told = arrival(row.account, line, row.copy)
    # The content names the line: whichever file brings it, it is told once.
    told = replace(told, source_id=f"{row.account}:{row.name}#{row.copy}")
    prefixes = (runtime.settings.code_prefix, PAYBACK)
    may_name = any(candidates(line.memo, prefix) for prefix in prefixes)
    return _Waiting(row.id, row.line, told, may_name)


def _groups(page: Sequence[_Waiting]) -> Iterator[list[_Waiting]]:
    """Keep the order of the file; put neighbours without a code together."""
    group: list[_Waiting] = []
    for line in page:
        if line.may_name:
            if group:
                yield group
            yield [line]
            group = []
        else:
            group.append(line)
    if group:
        yield group


def _apply_group(runtime: Runtime, scope: Scope, group: Sequence[_Waiting]) -> None:
    rest = list(group)
    try:
        while rest:
            rest = rest[runtime.database.run(scope, _work(runtime, rest)) :]
    except (Conflict, Rejected, NotFound) as error:
        if len(rest) > 1:
            for line in rest:
                _apply_group(runtime, scope, [line])
            return
        [line] = rest
        _log.error("statement.line_kept", line=str(line.id), reason=error.code)
        with runtime.database.transaction(scope) as tx:
            _settle(tx, line, "kept", error.code, None)


def _work(runtime: Runtime, group: Sequence[_Waiting]) -> Callable[[UnitOfWork], int]:
    """Apply the first lines of *group*, as many as a short commit holds; returns how many."""

    def work(tx: UnitOfWork) -> int:
        began = time.monotonic()
        open_now = _hold(tx, [line.id for line in group])
        for count, line in enumerate(group):
            if count and time.monotonic() - began > HELD_MAX_S:
                return count
            if line.id not in open_now:
                continue
            applied = apply_arrival(tx, runtime, line.told)
            state = "kept" if applied.credit is None else "applied"
            _settle(tx, line, state, applied.effect.value, applied.credit)
        return len(group)

    return work


def _hold(tx: UnitOfWork, lines: Sequence[UUID]) -> set[UUID]:
    """
    Hold the lines that still wait: two that apply one file wait for each other here.

    A line is a message of the bank, and has a message's place in the order of locks.
    """
    rows = tx.lock(
        Lock.NOTIFICATION,
        select(STATEMENT_LINE.c.id)
        .where(
            STATEMENT_LINE.c.facility_id == tx.facility,
            STATEMENT_LINE.c.id.in_(lines),
            STATEMENT_LINE.c.state != "applied",
        )
        .order_by(STATEMENT_LINE.c.id),
    )
    return {row.id for row in rows}


def _settle(tx: UnitOfWork, line: _Waiting, state: str, effect: str, credit: UUID | None) -> None:
    if state == "kept":
        audit.append(tx, "statement.line_kept", f"statement_line:{line.id}", reason=effect)
    tx.write(
        _SETTLE,
        {
            "mine": tx.facility,
            "line_id": line.id,
            "new_state": state,
            "new_effect": effect,
            "new_credit": credit,
        },
    )
