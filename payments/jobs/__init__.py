"""Work to be done later, claimed by one worker at a time; written in the commit that causes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Column, Table, delete, func, insert, select, update

from payments.kernel.scope import FacilityId, Scope
from payments.storage.columns import METADATA, Id, UtcTime, Whole, Words, new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import Database, UnitOfWork

JOB: Final = Table(
    "job",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("run_at", UtcTime, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("state", Words, nullable=False),
    Column("last_error", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

#: When a program that works alone was last there: silence is what a person must be told.
HEARTBEAT: Final = Table(
    "heartbeat",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("program", Words, primary_key=True),
    Column("seen_at", UtcTime, nullable=False),
)

_ENQUEUE: Final = insert(JOB)
#: A worker that died holds its job this long before another takes it.
_LEASE: Final = timedelta(minutes=2)
ATTEMPTS_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class Job:
    facility: FacilityId
    id: UUID
    kind: str
    subject: str
    attempts: int


def enqueue(tx: UnitOfWork, kind: str, subject: str, *, run_at: datetime | None = None) -> None:
    """Add a job that runs at *run_at* (now when None), if this transaction commits."""
    now = tx.now()
    tx.write(
        _ENQUEUE,
        {
            "facility_id": tx.facility,
            "id": new_id(),
            "kind": kind,
            "subject": subject,
            "run_at": run_at or now,
            "attempts": 0,
            "state": "waiting",
            "last_error": "",
            "made_at": now,
        },
    )


def claim(database: Database, scope: Scope) -> Job | None:
    """
    Take the job that is due first, of any facility that this role sees; None when nothing is due.

    The claim is a lease: a job whose worker died runs again, so every job may run twice.
    """
    with database.transaction(scope) as tx:
        now = tx.now()
        due = (
            select(JOB)
            .where(JOB.c.state.in_(("waiting", "running")), JOB.c.run_at <= now)
            .order_by(JOB.c.run_at)
            .limit(1)
            # Never waits: what another worker holds is another worker's.
            .with_for_update(skip_locked=True)
        )
        row = tx.execute(due).first()
        if row is None:
            return None
        tx.execute(
            update(JOB)
            .where(JOB.c.facility_id == row.facility_id, JOB.c.id == row.id)
            .values(state="running", attempts=row.attempts + 1, run_at=now + _LEASE)
        )
        return Job(FacilityId(row.facility_id), row.id, row.kind, row.subject, row.attempts + 1)


def finish(database: Database, scope: Scope, job: Job) -> None:
    with database.transaction(scope) as tx:
        tx.execute(delete(JOB).where(JOB.c.facility_id == job.facility, JOB.c.id == job.id))


def fail(database: Database, scope: Scope, job: Job, reason: str) -> None:
    """Try again later, twice as late each time up to an hour; dead after the last attempt."""
    delay = timedelta(seconds=min(3600, 2**job.attempts))
    with database.transaction(scope) as tx:
        tx.execute(
            update(JOB)
            .where(JOB.c.facility_id == job.facility, JOB.c.id == job.id)
            .values(
                state="dead" if job.attempts >= ATTEMPTS_MAX else "waiting",
                run_at=tx.now() + delay,
                last_error=reason[:500],
            )
        )


def beat(tx: UnitOfWork, program: str) -> None:
    """Say that *program* is there."""
    if not insert_new(tx, HEARTBEAT, {"program": program, "seen_at": tx.now()}):
        tx.execute(
            update(HEARTBEAT)
            .where(HEARTBEAT.c.facility_id == tx.facility, HEARTBEAT.c.program == program)
            .values(seen_at=tx.now())
        )


def last_beat(tx: UnitOfWork, program: str) -> datetime | None:
    found: datetime | None = tx.execute(
        select(HEARTBEAT.c.seen_at).where(
            HEARTBEAT.c.facility_id == tx.facility, HEARTBEAT.c.program == program
        )
    ).scalar()
    return found


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits: *due_since* is the oldest job that should run by now, *dead* were given up."""

    waiting: int
    due_since: datetime | None
    dead: int


def queue(tx: UnitOfWork) -> Queue:
    """Count the jobs of this facility."""
    mine = JOB.c.facility_id == tx.facility
    is_open = JOB.c.state.in_(("waiting", "running"))
    waiting = tx.execute(select(func.count()).select_from(JOB).where(mine, is_open)).scalar_one()
    due = tx.execute(
        select(func.min(JOB.c.run_at)).where(mine, is_open, JOB.c.run_at <= tx.now())
    ).scalar()
    dead = tx.execute(
        select(func.count()).select_from(JOB).where(mine, JOB.c.state == "dead")
    ).scalar_one()
    return Queue(waiting, due, dead)
