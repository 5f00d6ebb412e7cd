"""
Takes a bank statement in: read whole or refused, stored by pieces, then applied line by line.

    file ─read─▶ every line good ─▶ staged and placed (many commits) ─▶ each takes effect (commit)

A crash in between leaves stored lines that wait; the job, or the same file again, goes on from
there. A line that any statement or feed told before adds nothing but its word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from payments import jobs
from payments.bank.statement_file import form_of, read
from payments.bank.statement_map import ColumnMap
from payments.bank.statement_preview import Preview, preview
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound
from payments.kernel.scope import Scope
from payments.reconciliation import applying, maps
from payments.reconciliation.lines import stored_before, tally
from payments.reconciliation.rows import STATEMENT_FILE
from payments.reconciliation.service import run
from payments.reconciliation.staging import APPLY, MATCH, StatementOfOther, place, stage, staged
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: More than a person waits for: the worker goes on with the rest.
INLINE_LINES_MAX: Final = 500
#: Days that are compared at once when a statement has come.
_DAYS_COMPARED_MAX: Final = 62


class NoStatementFile(NotFound):
    """This facility has taken in no such file."""

    code = "no-statement-file"


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
        NotFound, NoColumnMap: the account is not ours, or has no column map and the file needs one.
        StatementOfOther: this file was taken in for another account.
    """
    with runtime.database.reading(scope) as tx:
        maps.require_ours(tx, account)
        columns = maps.of_account(tx, account) if form_of(content).has_columns else None
    today = HospitalDay.of(runtime.clock.now())
    read_whole = read(content, columns, account=account, today=today)
    # A line of nothing moved nothing: it is no message and has no state (workflows, test 12).
    statement = replace(read_whole, lines=tuple(one for one in read_whole.lines if one.amount))
    digest = hashlib.sha256(content).digest()
    file, was_whole = stage(runtime, scope, statement, digest)
    with runtime.database.reading(scope) as tx:
        before = report(tx, file) if was_whole else None
    told = finish(runtime, scope, file, lines_max=INLINE_LINES_MAX)
    if before is None:
        return told
    added, known = told.added - before.added, told.known - before.known
    repeated = told.lines - added - known - told.kept - told.waiting
    return replace(told, added=added, known=known, repeated=repeated)


def look_at(
    runtime: Runtime, scope: Scope, account: str, content: bytes, columns: ColumnMap | None = None
) -> tuple[Preview, int]:
    """
    Show what *content* would bring, and how many of its lines were told before; nothing is saved.

    *columns* is a map that is being tried, else the saved one is.

    Raises:
        NotFound: the account is not ours.
    """
    with runtime.database.reading(scope) as tx:
        maps.require_ours(tx, account)
        if columns is None and form_of(content).has_columns:
            columns = maps.saved(tx, account)
    today = HospitalDay.of(runtime.clock.now())
    shown = preview(content, columns, account=account, today=today)
    if shown.statement is None:
        return shown, 0
    with runtime.database.reading(scope) as tx:
        return shown, stored_before(tx, shown.statement)


def finish(runtime: Runtime, scope: Scope, file: UUID, *, lines_max: int | None = None) -> Imported:
    """
    Let the lines of a stored file take effect, all or the next *lines_max*; twice is once.

    Raises:
        NotFound: there is no such file.
    """
    if not place(runtime, scope, file, lines_max=lines_max):
        with runtime.database.reading(scope) as tx:
            return report(tx, file)
    applying.apply_waiting(runtime, scope, file, lines_max=lines_max)
    with runtime.database.transaction(scope) as tx:
        told = report(tx, file)
        is_done = not told.waiting and _mark_imported(tx, file)
        if is_done:
            jobs.enqueue(tx, MATCH, str(file))
    if is_done:
        for day in days_of(told):
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


def days_of(told: Imported) -> Iterator[HospitalDay]:
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
    counts, unplaced = tally(tx, file), staged(tx, file)
    return Imported(
        file,
        row.account,
        None if row.first_day is None else HospitalDay(row.first_day),
        None if row.last_day is None else HospitalDay(row.last_day),
        row.lines,
        counts.added,
        counts.known,
        row.lines - counts.stored - unplaced,
        counts.kept,
        counts.waiting + unplaced,
    )


__all__ = [
    "APPLY",
    "MATCH",
    "Imported",
    "StatementOfOther",
    "days_of",
    "finish",
    "look_at",
    "report",
    "take_in",
]
