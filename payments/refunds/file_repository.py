"""Lists for the bank as rows; what stands in one is held by its payback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from payments.kernel.money import Money, vnd
from payments.refunds.paybacks import NoPaybackFile, Payback, State
from payments.refunds.rows import PAYBACK, PAYBACK_FILE, PAYBACK_FILE_LINE
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class PaybackFile:
    """*number* counts a facility's files from 1 without a gap."""

    id: UUID
    number: int
    sha256: str
    content_sealed: bytes = field(repr=False)
    lines: int
    total: Money
    made_by: str
    made_at: datetime
    downloads: int


@dataclass(frozen=True, slots=True)
class FileView:
    """A file and what became of its lines; the others wait for the bank's debit."""

    file: PaybackFile
    paid: int
    taken_out: int


def add(tx: UnitOfWork, made: PaybackFile, paybacks: Sequence[Payback]) -> PaybackFile:
    """Store a file under the next number, with its held *paybacks*."""
    while True:
        numbered = replace(made, number=_last_number(tx) + 1)
        # False where another file took the number: it is committed, and counted in the next round.
        if insert_new(tx, PAYBACK_FILE, _values(numbered)):
            break
    rows = [
        {
            "facility_id": tx.facility,
            "file_id": made.id,
            "payback_id": one.id,
            "attempt": one.attempt,
            "amount": one.amount.dong,
            "listed_by": made.made_by,
            "taken_out_by": None,
            "taken_out_at": None,
            "reason": "",
        }
        for one in paybacks
    ]
    tx.execute(insert(PAYBACK_FILE_LINE), rows)
    return numbered


def count_download(tx: UnitOfWork, file: UUID) -> PaybackFile:
    """Count one more download of a file and give it. Raises NoPaybackFile."""
    here = (PAYBACK_FILE.c.facility_id == tx.facility) & (PAYBACK_FILE.c.id == file)
    counted = update(PAYBACK_FILE).where(here).values(downloads=PAYBACK_FILE.c.downloads + 1)
    tx.execute(counted)
    row = tx.execute(select(PAYBACK_FILE).where(here)).first()
    if row is None:
        raise NoPaybackFile()
    return _model(row)


def file_of(tx: UnitOfWork, payback: Payback) -> PaybackFile:
    """Give the file in which a listed one stands."""
    row = tx.execute(
        select(PAYBACK_FILE)
        .join(
            PAYBACK_FILE_LINE,
            (PAYBACK_FILE_LINE.c.facility_id == PAYBACK_FILE.c.facility_id)
            & (PAYBACK_FILE_LINE.c.file_id == PAYBACK_FILE.c.id),
        )
        .where(
            PAYBACK_FILE.c.facility_id == tx.facility,
            PAYBACK_FILE_LINE.c.payback_id == payback.id,
            PAYBACK_FILE_LINE.c.attempt == payback.attempt,
            PAYBACK_FILE_LINE.c.taken_out_at.is_(None),
        )
    ).one()
    return _model(row)


def take_out(tx: UnitOfWork, file: PaybackFile, payback: Payback, reason: str) -> None:
    """Note who took a held one out of its file, and why."""
    tx.execute(
        update(PAYBACK_FILE_LINE)
        .where(
            PAYBACK_FILE_LINE.c.facility_id == tx.facility,
            PAYBACK_FILE_LINE.c.file_id == file.id,
            PAYBACK_FILE_LINE.c.payback_id == payback.id,
        )
        .values(taken_out_by=tx.scope.actor, taken_out_at=tx.now(), reason=reason)
    )


def numbers_of(tx: UnitOfWork, paybacks: Sequence[UUID]) -> dict[UUID, tuple[int, str]]:
    """Say of each of *paybacks* in which file it stands last, and who made that file."""
    rows = tx.execute(
        select(PAYBACK_FILE_LINE.c.payback_id, PAYBACK_FILE.c.number, PAYBACK_FILE.c.made_by)
        .join(
            PAYBACK_FILE,
            (PAYBACK_FILE.c.facility_id == PAYBACK_FILE_LINE.c.facility_id)
            & (PAYBACK_FILE.c.id == PAYBACK_FILE_LINE.c.file_id),
        )
        .where(
            PAYBACK_FILE_LINE.c.facility_id == tx.facility,
            PAYBACK_FILE_LINE.c.payback_id.in_(list(paybacks)),
            PAYBACK_FILE_LINE.c.taken_out_at.is_(None),
        )
        .order_by(PAYBACK_FILE.c.number)
    )
    return {row.payback_id: (row.number, row.made_by) for row in rows}


def newest(tx: UnitOfWork, *, limit: int) -> tuple[FileView, ...]:
    """List files, the newest first."""
    is_paid = (PAYBACK.c.state == State.PAID.value) & (
        PAYBACK.c.attempt == PAYBACK_FILE_LINE.c.attempt
    )
    is_out = PAYBACK_FILE_LINE.c.taken_out_at.is_not(None)
    counted = (
        select(
            PAYBACK_FILE_LINE.c.file_id,
            func.count().filter(is_paid & ~is_out).label("paid"),
            func.count().filter(is_out).label("taken_out"),
        )
        .join(
            PAYBACK,
            (PAYBACK.c.facility_id == PAYBACK_FILE_LINE.c.facility_id)
            & (PAYBACK.c.id == PAYBACK_FILE_LINE.c.payback_id),
        )
        .where(PAYBACK_FILE_LINE.c.facility_id == tx.facility)
        .group_by(PAYBACK_FILE_LINE.c.file_id)
        .subquery()
    )
    rows = tx.execute(
        select(PAYBACK_FILE, counted.c.paid, counted.c.taken_out)
        .join(counted, counted.c.file_id == PAYBACK_FILE.c.id)
        .where(PAYBACK_FILE.c.facility_id == tx.facility)
        .order_by(PAYBACK_FILE.c.number.desc())
        .limit(limit)
    )
    return tuple(FileView(_model(row), row.paid, row.taken_out) for row in rows)


def _last_number(tx: UnitOfWork) -> int:
    last: int | None = tx.execute(
        select(func.max(PAYBACK_FILE.c.number)).where(PAYBACK_FILE.c.facility_id == tx.facility)
    ).scalar()
    return last or 0


def _values(file: PaybackFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "number": file.number,
        "sha256": file.sha256,
        "content_sealed": file.content_sealed,
        "lines": file.lines,
        "total": file.total.dong,
        "made_by": file.made_by,
        "made_at": file.made_at,
        "downloads": file.downloads,
    }


def _model(row: Row[Any]) -> PaybackFile:
    return PaybackFile(
        row.id,
        row.number,
        row.sha256,
        row.content_sealed,
        row.lines,
        vnd(row.total),
        row.made_by,
        row.made_at,
        row.downloads,
    )
