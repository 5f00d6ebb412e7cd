"""Files that wait to go to the portal: a file waits once, and one worker takes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, update

from payments.settlement.rows import CLAIM_FILE_ERRAND
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: What never left the house is tried again so often, and so much later each time.
ATTEMPTS_MAX: Final = 5
_LATER: Final = timedelta(seconds=15)
#: A worker that died holds its errand this long: above two tokens and a call of a minute each.
_LEASE: Final = timedelta(minutes=8)
_AT_ONCE: Final = 20
_ROW: Final = CLAIM_FILE_ERRAND.c


def put(tx: UnitOfWork, file: UUID, *, is_again: bool) -> bool:
    """Let *file* be sent; False where it waits already."""
    values = {
        "id": new_id(),
        "file_id": file,
        "is_again": is_again,
        "state": "waiting",
        "problem": "",
        "attempts": 0,
        "next_at": tx.now(),
        "asked_at": tx.now(),
        "asked_by": tx.scope.actor,
        "done_at": None,
    }
    return insert_new(tx, CLAIM_FILE_ERRAND, values)


def due(tx: UnitOfWork) -> list[UUID]:
    """List what is due, the longest due first."""
    wanted = select(_ROW.id).where(*_due(tx)).order_by(_ROW.next_at, _ROW.id).limit(_AT_ONCE)
    return list(tx.execute(wanted).scalars())


def claim(tx: UnitOfWork, *, errand: UUID) -> Row[Any] | None:
    """Take an errand for the length of a try; None where another worker has it."""
    taken = tx.execute(
        update(CLAIM_FILE_ERRAND)
        .where(*_due(tx), _ROW.id == errand)
        .values(attempts=_ROW.attempts + 1, next_at=tx.now() + _LEASE)
    )
    if taken.rowcount != 1:
        return None
    mine = (_ROW.facility_id == tx.facility, _ROW.id == errand)
    return tx.execute(select(CLAIM_FILE_ERRAND).where(*mine)).one()


def put_off(tx: UnitOfWork, *, errand: Row[Any]) -> None:
    """Let an errand that never left the house wait, twice as long each time."""
    _change(tx, errand, next_at=tx.now() + _LATER * 2 ** (errand.attempts - 1))


def end(tx: UnitOfWork, *, errand: Row[Any], problem: str) -> None:
    """End an errand; *problem* says why nothing came of it, or what its claims lack."""
    _change(tx, errand, state="done", problem=problem, done_at=tx.now())


def newest(tx: UnitOfWork, files: list[UUID]) -> dict[UUID, Row[Any]]:
    """Give the newest errand of each of *files*."""
    rows = tx.execute(
        select(CLAIM_FILE_ERRAND)
        .where(_ROW.facility_id == tx.facility, _ROW.file_id.in_(files))
        .order_by(_ROW.id)
    )
    return {row.file_id: row for row in rows}


def _due(tx: UnitOfWork) -> tuple[Any, ...]:
    mine = _ROW.facility_id == tx.facility
    return mine, _ROW.state == "waiting", _ROW.next_at <= tx.now()


def _change(tx: UnitOfWork, errand: Row[Any], **values: Any) -> None:
    tx.execute(
        update(CLAIM_FILE_ERRAND)
        .where(_ROW.facility_id == tx.facility, _ROW.id == errand.id)
        .values(**values)
    )
