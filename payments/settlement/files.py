"""Dossier files as a list for people: what each holds, and how far it is to the portal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select

from payments.claims.findings import Verdict
from payments.claims.rows import DOSSIER_SENDING
from payments.claims.sending import SUBMIT, TAKEN
from payments.settlement import errands
from payments.settlement.rows import CLAIM_FILE, CLAIM_VERSION
from payments.storage.unit_of_work import UnitOfWork

#: Older ones are found by their claims.
FILES_SHOWN_MAX: Final = 50


class Way(StrEnum):
    """How far a file is; the values name its words."""

    REFUSED = "refused"
    NEW = "new"
    WAITING = "waiting"
    TAKEN = "taken"
    #: The portal answered with another code than 200.
    ANSWERED = "answered"
    #: It was sent and not answered: the portal may have it.
    UNANSWERED = "unanswered"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class FileItem:
    """One file; *code* and *number* are the portal's, *problem* ours."""

    id: UUID
    name: str
    made_at: datetime
    size_bytes: int
    verdict: Verdict
    purpose: str
    claims: int
    way: Way
    code: str
    number: str
    sent_at: datetime | None
    problem: str

    @property
    def kilobytes(self) -> int:
        return -(-self.size_bytes // 1000)

    @property
    def may_go(self) -> bool:
        """Whether it may be sent with nothing to look at first."""
        return self.way in (Way.NEW, Way.ANSWERED, Way.NOT_SENT)

    @property
    def may_go_again(self) -> bool:
        return self.way is Way.UNANSWERED


def files(tx: UnitOfWork) -> tuple[FileItem, ...]:
    """List the newest files, the last first."""
    rows = tx.execute(
        select(*(CLAIM_FILE.c[name] for name in _SHOWN))
        .where(CLAIM_FILE.c.facility_id == tx.facility)
        .order_by(CLAIM_FILE.c.id.desc())
        .limit(FILES_SHOWN_MAX)
    ).all()
    asked = errands.newest(tx, [row.id for row in rows])
    sent = _sendings(tx, [row.sha256 for row in rows])
    claims = _claims(tx, [row.id for row in rows])
    return tuple(
        _item(row, asked.get(row.id), sent.get(row.sha256), claims.get(row.id, 0)) for row in rows
    )


_SHOWN: Final = ("id", "sha256", "size_bytes", "verdict", "purpose", "made_at")


def _item(
    row: Row[Any], errand: Row[Any] | None, sending: Row[Any] | None, claims: int
) -> FileItem:
    return FileItem(
        row.id,
        row.sha256.hex()[:12],
        row.made_at,
        row.size_bytes,
        Verdict(row.verdict),
        row.purpose,
        claims,
        _way(row, errand, sending),
        sending.code if sending is not None else "",
        sending.transaction_no if sending is not None else "",
        sending.sent_at if sending is not None else None,
        errand.problem if errand is not None else "",
    )


def _way(row: Row[Any], errand: Row[Any] | None, sending: Row[Any] | None) -> Way:
    if row.verdict == Verdict.REJECT.value:
        return Way.REFUSED
    if errand is not None and errand.state == "waiting":
        return Way.WAITING
    if sending is None:
        return Way.NEW
    if sending.state == "answered":
        return Way.TAKEN if sending.code == TAKEN else Way.ANSWERED
    return Way.UNANSWERED if sending.state == "sent" else Way.NOT_SENT


def _sendings(tx: UnitOfWork, hashes: list[bytes]) -> dict[bytes, Row[Any]]:
    """Give the newest sending of each file."""
    rows = tx.execute(
        select(DOSSIER_SENDING)
        .where(
            DOSSIER_SENDING.c.facility_id == tx.facility,
            DOSSIER_SENDING.c.file_hash.in_(hashes),
            DOSSIER_SENDING.c.call == SUBMIT,
        )
        .order_by(DOSSIER_SENDING.c.id)
    )
    return {row.file_hash: row for row in rows}


def _claims(tx: UnitOfWork, files_: list[UUID]) -> dict[UUID, int]:
    rows = tx.execute(
        select(CLAIM_VERSION.c.file_id, func.count().label("claims"))
        .where(CLAIM_VERSION.c.facility_id == tx.facility, CLAIM_VERSION.c.file_id.in_(files_))
        .group_by(CLAIM_VERSION.c.file_id)
    )
    return {row.file_id: row.claims for row in rows}
