"""
Chains the events behind the payments, which only insert them.

There is no queue, for a queue would be one more row in every payment: the sealer looks for events
without a seal near the end of the chain. Who commits later than that is told of by ``audit verify``
and never sealed, or an event could be put in years afterwards.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, insert, select

from payments.audit import AUDIT_EVENT
from payments.audit_chain.chain import AUDIT_SEAL, NEWEST, body, load
from payments.kernel.scope import Scope
from payments.ledger.bodies import BEFORE_ALL, chained
from payments.ledger.sealing import is_alone
from payments.storage.unit_of_work import Database, UnitOfWork

#: One commit's worth.
BATCH_MAX: Final = 1_000
#: How far the ids (which begin with their time) of two events may be out of the order in which they
#: commit: longer than any transaction lasts and than the clocks of two machines differ.
LATE_MAX: Final = timedelta(minutes=5)


def seal_once(database: Database, scope: Scope) -> int:
    """
    Seal up to 1,000 events of the facility, oldest first; returns how many.

    Returns 0 also when another sealer is at work there.
    """
    with database.reading(scope) as tx:
        if not _waiting(tx, limit=1):
            return 0
    with database.transaction(scope) as tx:
        if not is_alone(tx):
            return 0
        waiting = _waiting(tx, limit=BATCH_MAX)
        if waiting:
            _seal(tx, waiting)
        return len(waiting)


def head(tx: UnitOfWork) -> tuple[int, bytes]:
    """Tell number and hash of the newest seal; 0 and zeros where there is none."""
    row = _newest(tx)
    return (0, BEFORE_ALL) if row is None else (row.seq, bytes(row.hash))


def earliest(newest: UUID) -> UUID:
    """Give the lowest id that an event may have that is sealed after *newest*."""
    at_ms = newest.int >> 80
    return UUID(int=max(0, at_ms - round(LATE_MAX.total_seconds() * 1000)) << 80)


def _newest(tx: UnitOfWork) -> Any:
    return tx.execute(
        select(AUDIT_SEAL.c.seq, AUDIT_SEAL.c.hash, AUDIT_SEAL.c.event_id)
        .where(AUDIT_SEAL.c.facility_id == tx.facility)
        .order_by(AUDIT_SEAL.c.seq.desc())
        .limit(1)
    ).first()


def _waiting(tx: UnitOfWork, *, limit: int) -> list[str]:
    sealed = exists().where(
        AUDIT_SEAL.c.facility_id == AUDIT_EVENT.c.facility_id,
        AUDIT_SEAL.c.event_id == AUDIT_EVENT.c.id,
    )
    statement = select(AUDIT_EVENT.c.id).where(AUDIT_EVENT.c.facility_id == tx.facility, ~sealed)
    newest = _newest(tx)
    if newest is not None:
        statement = statement.where(AUDIT_EVENT.c.id >= earliest(newest.event_id))
    rows = tx.execute(statement.order_by(AUDIT_EVENT.c.id).limit(limit))
    return [str(found) for found in rows.scalars()]


def _seal(tx: UnitOfWork, ids: list[str]) -> None:
    events = load(tx.connection, tx.facility, ids)
    seq, last = head(tx)
    sealed_at = tx.now().astimezone(UTC)
    seals = []
    for event_id in ids:
        seq += 1
        last = chained(last, body(NEWEST, events[event_id], _text(sealed_at) if seq == 1 else ""))
        seals.append(
            {
                "facility_id": tx.facility,
                "seq": seq,
                "event_id": UUID(event_id),
                "body_version": NEWEST,
                "hash": last,
                "sealed_at": sealed_at,
            }
        )
    tx.execute(insert(AUDIT_SEAL), seals)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
