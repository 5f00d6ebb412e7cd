"""
Takes the lines of a statement in by pieces, each in a short commit of its own.

    storing ──every line is staged──▶ placing ──every line has its place──▶ importing

Others can write between the pieces, and a crash leaves whole pieces: the same file again goes on
behind the last one, and the job places what is staged. No line is seen before all have a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from payments import audit, jobs
from payments.bank.statement_model import Statement
from payments.kernel.errors import Conflict, Unavailable
from payments.kernel.scope import Scope
from payments.reconciliation.lines import Prepared, new_lines, numbered, prepare
from payments.reconciliation.rows import STATEMENT_FILE, STATEMENT_LINE, STATEMENT_STAGED
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

APPLY: Final = "statement.apply"
#: Its lines have taken effect: rules that are on may decide about what is left.
MATCH: Final = "statement.match"
#: Lines of one commit: SQLite has one writer, and a payment must not wait for half a second.
PIECE: Final = 250
#: Each try lost against a statement that was placed at the same moment.
_TRIES_MAX: Final = 5


class ImportsCollide(Unavailable):
    """Statements of one account are taken in at the same time again and again; send it again."""

    code = "imports-collide"


class StatementOfOther(Conflict):
    """The very same file was taken in before, for another account."""

    code = "statement-of-other"


def stage(runtime: Runtime, scope: Scope, statement: Statement, digest: bytes) -> tuple[UUID, bool]:
    """
    Stage every line of *statement*; returns the file, and whether it had been whole before.

    Raises:
        StatementOfOther: this file was taken in for another account.
    """
    file, last = runtime.database.run(scope, lambda tx: _opened(tx, statement, digest))
    if last is None:
        return file, True
    lines = [line for line in numbered(statement) if line.line.number > last]
    for start in range(0, len(lines), PIECE):
        piece = prepare(runtime.keys, lines[start : start + PIECE])
        runtime.database.run(scope, partial(_add, file=file, piece=piece))
    runtime.database.run(scope, lambda tx: _whole(tx, file, statement))
    return file, False


def place(runtime: Runtime, scope: Scope, file: UUID, *, lines_max: int | None = None) -> bool:
    """Give staged lines their place, all or up to *lines_max*; says whether all have theirs."""
    placed = 0
    while lines_max is None or placed < lines_max:
        count = _place_piece(runtime, scope, file)
        if count is None:
            return True
        placed += count
    with runtime.database.reading(scope) as tx:
        return _state(tx, file) != "placing"


def staged(tx: UnitOfWork, file: UUID) -> int:
    """Count the lines of *file* that have no place yet."""
    counted: int = tx.execute(
        select(func.count()).select_from(STATEMENT_STAGED).where(*_of(tx, file))
    ).scalar_one()
    return counted


def _opened(tx: UnitOfWork, statement: Statement, digest: bytes) -> tuple[UUID, int | None]:
    """Add the file or find it; with the last line that is staged, None where it is whole."""
    made = new_id()
    is_new = insert_new(
        tx,
        STATEMENT_FILE,
        {
            "id": made,
            "account": statement.account,
            "sha256": digest,
            "state": "storing",
            "first_day": None if statement.first_day is None else statement.first_day.date,
            "last_day": None if statement.last_day is None else statement.last_day.date,
            "opening": None if statement.opening is None else statement.opening.dong,
            "closing": None if statement.closing is None else statement.closing.dong,
            "lines": len(statement.lines),
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
            "finished_at": None,
        },
    )
    if is_new:
        return made, 0
    row = tx.execute(
        select(STATEMENT_FILE.c.id, STATEMENT_FILE.c.account, STATEMENT_FILE.c.state).where(
            STATEMENT_FILE.c.facility_id == tx.facility, STATEMENT_FILE.c.sha256 == digest
        )
    ).one()
    if row.account != statement.account:
        raise StatementOfOther(account=row.account)
    if row.state != "storing":
        return row.id, None
    last = tx.execute(select(func.max(STATEMENT_STAGED.c.line)).where(*_of(tx, row.id))).scalar()
    return row.id, last or 0


def _add(tx: UnitOfWork, *, file: UUID, piece: Sequence[Prepared]) -> None:
    """Stage a piece, unless somebody who sent the same file made it whole meanwhile."""
    if _state(tx, file, is_held=True) != "storing":
        return
    dialect = postgresql if tx.is_postgres else sqlite
    rows = [
        {
            "facility_id": tx.facility,
            "file_id": file,
            "line": one.line.number,
            "bank_day": one.line.day.date,
            "name": one.name,
            "nth": one.nth,
            "amount": one.line.amount.dong,
            "occurred_at": one.line.occurred_at,
            "reference": one.line.reference,
            "memo_sealed": one.memo_sealed,
        }
        for one in piece
    ]
    tx.execute(dialect.insert(STATEMENT_STAGED).on_conflict_do_nothing(), rows)


def _whole(tx: UnitOfWork, file: UUID, statement: Statement) -> None:
    if _state(tx, file, is_held=True) != "storing":
        return
    count = staged(tx, file)
    assert count == len(statement.lines), f"{count} lines are staged"
    _turn(tx, file, "placing")
    jobs.enqueue(tx, APPLY, str(file))
    audit.append(
        tx,
        "statement.taken_in",
        f"statement_file:{file}",
        account=statement.account,
        lines=len(statement.lines),
    )


def _place_piece(runtime: Runtime, scope: Scope, file: UUID) -> int | None:
    for _ in range(_TRIES_MAX):
        try:
            return runtime.database.run(scope, lambda tx: _place(tx, file))
        except IntegrityError:
            # Another statement with the same lines committed since we counted: count again.
            continue
    raise ImportsCollide()


def _place(tx: UnitOfWork, file: UUID) -> int | None:
    """Move one piece to the lines; None when there is nothing (left) to be moved."""
    if _state(tx, file, is_held=True) != "placing":
        return None
    piece: Sequence[Row[Any]] = tx.execute(
        select(STATEMENT_STAGED)
        .where(*_of(tx, file))
        .order_by(STATEMENT_STAGED.c.line)
        .limit(PIECE)
    ).all()
    if piece:
        account: str = tx.execute(
            select(STATEMENT_FILE.c.account).where(*_is(tx, file))
        ).scalar_one()
        lines = new_lines(tx, file, account, piece)
        if lines:
            tx.execute(insert(STATEMENT_LINE), lines)
        tx.execute(
            delete(STATEMENT_STAGED).where(
                *_of(tx, file), STATEMENT_STAGED.c.line <= piece[-1].line
            )
        )
    if len(piece) < PIECE:
        _turn(tx, file, "importing")
        return None
    return len(piece)


def _state(tx: UnitOfWork, file: UUID, *, is_held: bool = False) -> str | None:
    statement = select(STATEMENT_FILE.c.state).where(*_is(tx, file))
    # A statement is a message of the bank, and has a message's place in the order of locks.
    found = tx.lock(Lock.NOTIFICATION, statement) if is_held else tx.execute(statement)
    state: str | None = found.scalar()
    return state


def _turn(tx: UnitOfWork, file: UUID, state: str) -> None:
    tx.execute(update(STATEMENT_FILE).where(*_is(tx, file)).values(state=state))


def _is(tx: UnitOfWork, file: UUID) -> tuple[Any, Any]:
    return STATEMENT_FILE.c.facility_id == tx.facility, STATEMENT_FILE.c.id == file


def _of(tx: UnitOfWork, file: UUID) -> tuple[Any, Any]:
    return STATEMENT_STAGED.c.facility_id == tx.facility, STATEMENT_STAGED.c.file_id == file
