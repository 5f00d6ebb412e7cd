"""
Takes a bank statement in: read whole or refused, stored in one commit, then applied line by line.

    file ─read─▶ every line good ─▶ file and new lines (commit) ─▶ each line takes effect (commit)

A crash in between leaves stored lines that wait; the job, or the same file again, goes on from
there. A line that any statement or feed told before adds nothing but its word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from payments import audit, jobs
from payments.bank.statement_file import read
from payments.bank.statement_model import Statement
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, NotFound, Unavailable
from payments.kernel.scope import Scope
from payments.reconciliation import applying, maps
from payments.reconciliation.lines import Prepared, new_lines, prepare, tally
from payments.reconciliation.rows import STATEMENT_FILE, STATEMENT_LINE
from payments.reconciliation.service import run
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

APPLY: Final = "statement.apply"
#: More than a person waits for: the worker goes on with the rest.
INLINE_LINES_MAX: Final = 500
#: Rows of one INSERT.
_BATCH: Final = 1_000
#: Days that are compared at once when a statement has come.
_DAYS_COMPARED_MAX: Final = 62
#: Each try lost against a statement that was stored at the same moment.
_TRIES_MAX: Final = 5


class NoStatementFile(NotFound):
    """This facility has taken in no such file."""

    code = "no-statement-file"


class ImportsCollide(Unavailable):
    """Statements of one account are taken in at the same time again and again; send it again."""

    code = "imports-collide"


class StatementOfOther(Conflict):
    """The very same file was taken in before, for another account."""

    code = "statement-of-other"


@dataclass(frozen=True, slots=True)
class Imported:
    """
    What became of a file.

    *added* lines told of movements that nobody had told of, *known* ones of movements that a feed
    had told of, *repeated* ones stand in an earlier statement; *kept* wait for a person, *waiting*
    for the worker.
    """

    file: UUID
    account: str
    first_day: HospitalDay | None
    last_day: HospitalDay | None
    lines: int
    added: int
    known: int
    repeated: int
    kept: int
    waiting: int


def take_in(runtime: Runtime, scope: Scope, account: str, content: bytes) -> Imported:
    """
    Take the statement file *content* of *account* in; the same file again changes nothing.

    Raises:
        UnreadableStatement: refused whole, with every line that is wrong (up to 50).
        NotFound, NoColumnMap: the account is not ours, or has no column map.
        StatementOfOther: this file was taken in for another account.
    """
    with runtime.database.reading(scope) as tx:
        columns = maps.of_account(tx, account)
    today = HospitalDay.of(runtime.clock.now())
    statement = read(content, columns, account=account, today=today)
    digest = hashlib.sha256(content).digest()
    file, before = _stored(runtime, scope, statement, digest)
    told = finish(runtime, scope, file, lines_max=INLINE_LINES_MAX)
    if before is None:
        return told
    added, known = told.added - before.added, told.known - before.known
    repeated = told.lines - added - known - told.kept - told.waiting
    return replace(told, added=added, known=known, repeated=repeated)


def finish(runtime: Runtime, scope: Scope, file: UUID, *, lines_max: int | None = None) -> Imported:
    """
    Let the lines of a stored file take effect, all or the next *lines_max*; twice is once.

    Raises:
        NotFound: there is no such file.
    """
    applying.apply_waiting(runtime, scope, file, lines_max=lines_max)
    with runtime.database.transaction(scope) as tx:
        told = report(tx, file)
        is_done = not told.waiting and _mark_imported(tx, file)
    if is_done:
        for day in _days(told):
            run(runtime, scope, told.account, day)
    return told


def _mark_imported(tx: UnitOfWork, file: UUID) -> bool:
    changed = tx.execute(
        update(STATEMENT_FILE)
        .where(
            STATEMENT_FILE.c.facility_id == tx.facility,
            STATEMENT_FILE.c.id == file,
            STATEMENT_FILE.c.state == "importing",
        )
        .values(state="imported", finished_at=tx.now())
    )
    return changed.rowcount == 1


def _days(told: Imported) -> Iterator[HospitalDay]:
    """Give the days of a statement, the last two months of them at most."""
    if told.first_day is None or told.last_day is None:
        return
    for back in range(_DAYS_COMPARED_MAX):
        day = told.last_day.plus(-back)
        if day < told.first_day:
            return
        yield day


def report(tx: UnitOfWork, file: UUID) -> Imported:
    """Tell how far a file is. Raises NotFound."""
    row = tx.execute(
        select(STATEMENT_FILE).where(
            STATEMENT_FILE.c.facility_id == tx.facility, STATEMENT_FILE.c.id == file
        )
    ).first()
    if row is None:
        raise NoStatementFile()
    counts = tally(tx, file)
    return Imported(
        file,
        row.account,
        None if row.first_day is None else HospitalDay(row.first_day),
        None if row.last_day is None else HospitalDay(row.last_day),
        row.lines,
        counts.added,
        counts.known,
        row.lines - counts.stored,
        counts.kept,
        counts.waiting,
    )


def _stored(
    runtime: Runtime, scope: Scope, statement: Statement, digest: bytes
) -> tuple[UUID, Imported | None]:
    """Store the file, or find it; with how far it was when it had been stored before."""
    lines = prepare(runtime.keys, statement)
    for _ in range(_TRIES_MAX):
        try:
            return runtime.database.run(scope, lambda tx: _store(tx, statement, lines, digest))
        except IntegrityError:
            # Another statement with the same lines committed since we counted: count again.
            continue
    raise ImportsCollide()


def _store(
    tx: UnitOfWork, statement: Statement, prepared: Sequence[Prepared], digest: bytes
) -> tuple[UUID, Imported | None]:
    file = new_id()
    is_new = insert_new(
        tx,
        STATEMENT_FILE,
        {
            "id": file,
            "account": statement.account,
            "sha256": digest,
            "state": "importing",
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
    if not is_new:
        known = _stored_before(tx, statement.account, digest)
        return known, report(tx, known)
    lines = new_lines(tx, file, statement.account, prepared)
    for start in range(0, len(lines), _BATCH):
        tx.execute(insert(STATEMENT_LINE), lines[start : start + _BATCH])
    jobs.enqueue(tx, APPLY, str(file))
    audit.append(
        tx,
        "statement.taken_in",
        f"statement_file:{file}",
        account=statement.account,
        lines=len(statement.lines),
        new=len(lines),
    )
    return file, None


def _stored_before(tx: UnitOfWork, account: str, digest: bytes) -> UUID:
    row = tx.execute(
        select(STATEMENT_FILE.c.id, STATEMENT_FILE.c.account).where(
            STATEMENT_FILE.c.facility_id == tx.facility, STATEMENT_FILE.c.sha256 == digest
        )
    ).one()
    if row.account != account:
        raise StatementOfOther(account=row.account)
    found: UUID = row.id
    return found
