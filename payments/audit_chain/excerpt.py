"""A piece of the chain of events with the texts that were hashed: it can be checked without us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from payments.audit_chain import chain
from payments.audit_chain.chain import AUDIT_SEAL
from payments.ledger.bodies import BEFORE_ALL
from payments.ledger.loading import moment
from payments.storage.unit_of_work import UnitOfWork

_PIECE = 1_000


@dataclass(frozen=True, slots=True)
class Link:
    """A sealed event: the text that was hashed, and the hash with the one before it."""

    seq: int
    before: bytes
    hash: bytes
    body: str


def between(tx: UnitOfWork, start: datetime, end: datetime) -> Iterator[Link]:
    """Give the events that were sealed from *start* up to *end*, without a gap in their numbers."""
    rows = tx.execute(
        select(
            AUDIT_SEAL.c.seq,
            AUDIT_SEAL.c.event_id,
            AUDIT_SEAL.c.body_version,
            AUDIT_SEAL.c.hash,
            AUDIT_SEAL.c.sealed_at,
        )
        .where(
            AUDIT_SEAL.c.facility_id == tx.facility,
            AUDIT_SEAL.c.sealed_at >= start,
            AUDIT_SEAL.c.sealed_at < end,
        )
        .order_by(AUDIT_SEAL.c.seq)
    ).all()
    before = _before(tx, rows[0].seq) if rows else BEFORE_ALL
    for at in range(0, len(rows), _PIECE):
        piece = rows[at : at + _PIECE]
        for version in {row.body_version for row in piece}:
            ids = [str(row.event_id) for row in piece if row.body_version == version]
            events = chain.load(tx.connection, tx.facility, ids, version)
            for row in piece:
                if row.body_version != version:
                    continue
                began = moment(row.sealed_at) if row.seq == 1 else ""
                body = chain.body(version, events[str(row.event_id)], began)
                yield Link(row.seq, before, bytes(row.hash), body.decode())
                before = bytes(row.hash)


def _before(tx: UnitOfWork, seq: int) -> bytes:
    stored = tx.execute(
        select(AUDIT_SEAL.c.hash).where(
            AUDIT_SEAL.c.facility_id == tx.facility, AUDIT_SEAL.c.seq == seq - 1
        )
    ).scalar()
    return BEFORE_ALL if stored is None else bytes(stored)
