"""Reads the figures of one facility, and whether this program can serve its database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, Table, func, select, text

from payments import jobs
from payments.audit_chain import sealing as audit_sealing
from payments.channels import breaker
from payments.events.rows import EVENT_DELIVERY
from payments.inbox.queries import traffic
from payments.inbox.rows import NOTIFICATION
from payments.kernel.scope import Scope
from payments.ledger import queries as ledger
from payments.ledger import sealing as ledger_sealing
from payments.ledger.posting_rules.money import SUSPENSE
from payments.ledger.rows import OUTBOX
from payments.operations.watching.model import Sample
from payments.storage.unit_of_work import Database, UnitOfWork
from payments.storage.upgrading import Standing, standing
from payments.switches.model import Kind
from payments.switches.service import holding

_BACKUPS: Final = "*.backup"


def samples(database: Database, scope: Scope, backups: Path | None) -> list[Sample]:
    """Read every figure in one snapshot; *backups* is the folder of the nightly files."""
    began = time.monotonic()
    with database.snapshot(scope) as tx:
        found = [*_programs(tx), *_books(tx), *_messages(tx), *_channels(tx), *_switches(tx)]
    found.append(Sample("database_answer_seconds", round(time.monotonic() - began, 4)))
    found += _newest_backup(backups)
    return found


def _programs(tx: UnitOfWork) -> Iterator[Sample]:
    revision = str(tx.execute(text("SELECT version_num FROM alembic_version")).scalar())
    yield Sample("build_info", 1, {"release": version("vienphi"), "revision": revision})
    beat = jobs.last_beat(tx, "worker")
    if beat is not None:
        yield Sample("worker_last_beat_timestamp_seconds", beat.timestamp())
    queue = jobs.queue(tx)
    yield Sample("jobs", queue.waiting, {"state": "waiting"})
    yield Sample("jobs", queue.dead, {"state": "dead"})
    yield Sample("jobs_overdue_seconds", _age(tx, queue.due_since))


def _books(tx: UnitOfWork) -> Iterator[Sample]:
    yield Sample("ledger_seals_total", ledger_sealing.head(tx)[0])
    yield Sample("audit_seals_total", audit_sealing.head(tx)[0])
    waiting, since = _count(tx, OUTBOX, OUTBOX.c.created_at)
    yield Sample("ledger_unsealed", waiting)
    yield Sample("ledger_unsealed_seconds", _age(tx, since))
    balances = ledger.balances(tx)
    yield Sample("ledger_sum_dong", sum(amount.dong for amount in balances.values()))
    held = (a.dong for code, a in balances.items() if code.split(":")[0] == SUSPENSE)
    # A liability stands on the credit side, which is negative here.
    yield Sample("suspense_dong", -sum(held))


def _messages(tx: UnitOfWork) -> Iterator[Sample]:
    is_stored = NOTIFICATION.c.state == "stored"
    waiting, since = _count(tx, NOTIFICATION, NOTIFICATION.c.received_at, is_stored)
    yield Sample("messages_waiting", waiting)
    yield Sample("messages_waiting_seconds", _age(tx, since))
    for state in ("waiting", "dead"):
        is_so = EVENT_DELIVERY.c.state == state
        yield Sample(
            "deliveries", _count(tx, EVENT_DELIVERY, EVENT_DELIVERY.c.made_at, is_so)[0],
            {"state": state},
        )  # fmt: skip


def _channels(tx: UnitOfWork) -> Iterator[Sample]:
    for channel, gauge in breaker.gauges(tx).items():
        yield Sample("channel_down_seconds", _age(tx, gauge.down_since), {"channel": channel})
    for channel, told in traffic(tx).items():
        labels = {"channel": channel}
        if told.last_at is not None:
            name = "channel_last_message_timestamp_seconds"
            yield Sample(name, told.last_at.timestamp(), labels)
        yield Sample("channel_refused_messages", told.refused, labels)


def _switches(tx: UnitOfWork) -> Iterator[Sample]:
    held = holding(tx)
    for kind in Kind:
        yield Sample("switch_on", int(kind in held), {"kind": kind.value})


def _newest_backup(folder: Path | None) -> list[Sample]:
    """Look at the folder of backups; one that cannot be read gives no figure, which is an alert."""
    if folder is None:
        return []
    try:
        stats = [path.stat() for path in folder.glob(_BACKUPS)]
    except OSError:
        return []
    if not stats:
        return []
    newest = max(stats, key=lambda one: one.st_mtime)
    return [
        Sample("backup_last_timestamp_seconds", int(newest.st_mtime)),
        Sample("backup_bytes", newest.st_size),
    ]


def _count(tx: UnitOfWork, table: Table, since: Any, *wanted: Any) -> tuple[int, datetime | None]:
    counted = select(func.count().label("number"), func.min(since).label("oldest"))
    found = tx.execute(
        counted.select_from(table).where(table.c.facility_id == tx.facility, *wanted)
    ).one()
    return int(found.number), found.oldest


def _age(tx: UnitOfWork, since: datetime | None) -> float:
    return 0 if since is None else max(0, (tx.now() - since) / timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a program can serve; *schema* is the revision found, *is_behind* older than ours."""

    schema: str
    is_behind: bool

    @property
    def is_ready(self) -> bool:
        return not self.is_behind


def readiness(engine: Engine) -> Readiness:
    """
    Ask the database for its revision; raises DBAPIError where it does not answer.

    A revision that this release does not know is of a later one, whose schema it can serve.
    """
    with engine.connect() as connection:
        found = str(connection.scalar(text("SELECT version_num FROM alembic_version")))
    return Readiness(found, standing(found) is Standing.BEHIND)
