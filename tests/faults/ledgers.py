"""A small sealed and anchored ledger that can be had again and again, on SQLite or PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from payments import ledger
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.kernel.scope import FacilityId, Scope
from payments.ledger.anchoring import make_anchor
from payments.ledger.anchors import Anchor
from payments.ledger.model import Entry
from payments.ledger.posting_rules import money_in
from payments.storage.unit_of_work import Database
from tests.support.databases import Cluster, fresh_postgres, fresh_sqlite
from tests.support.ledger import as_role, seal_all

SCOPE = Scope(FacilityId(99001), "user:test", "fault-test")
START = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
DAYS = 3
PER_DAY = 12


@dataclass
class Ledgers:
    """Gives the same ledger as often as asked; *anchors* were made while it was honest."""

    folder: Path
    cluster: Cluster | None = None
    anchors: tuple[Anchor, ...] = ()
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def made(cls, folder: Path, cluster: Cluster | None) -> Ledgers:
        """Build the ledger once: in *cluster*, or where there is none in a file of *folder*."""
        folder.mkdir(parents=True, exist_ok=True)
        ledgers = cls(folder, cluster)
        clock = FrozenClock(START)
        first = (
            fresh_sqlite(folder / "base.db", clock)
            if ledgers.cluster is None
            else fresh_postgres(ledgers.cluster, clock)
        )
        ledgers.anchors = tuple(_fill(first, clock, ledgers.key))
        ledgers._base = first.engine.url.database or ""
        first.close()
        return ledgers

    _base: str = ""

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        """Give a copy, connected as one who may do everything."""
        number = next(self._numbers)
        clock = FrozenClock(START + timedelta(days=DAYS))
        if self.cluster is None:
            path = self.folder / f"copy{number}.db"
            shutil.copy(self.folder / "base.db", path)
            database = Database(f"sqlite:///{path}", clock)
            yield database
            database.close()
            path.unlink()
            return
        name = f"{self._base}_copy{number}"
        self.cluster.run(f'CREATE DATABASE "{name}" TEMPLATE "{self._base}"')
        database = Database(self.cluster.url_of(name), clock)
        yield database
        database.close()
        self.cluster.run(f'DROP DATABASE "{name}"')


def transfers(count: int) -> Iterator[Entry]:
    """Transfers on one hot account, each with a remainder in suspense."""
    for number in range(count):
        yield money_in.transfer_received(
            bank_account="0011004",
            external_id=f"FT{uuid4().hex}",
            credit=uuid4(),
            received=vnd(100_000 + number),
            applied=vnd(90_000),
            invoice=uuid4(),
        )


def _fill(database: Database, clock: FrozenClock, key: Ed25519PrivateKey) -> Iterator[Anchor]:
    for _ in range(DAYS):
        for entry in transfers(PER_DAY):
            with database.transaction(SCOPE) as tx:
                ledger.post(tx, entry, effective_at=clock.now(), source="job")
            clock.advance(timedelta(minutes=1))
        seal_all(database, SCOPE)
        worker = as_role(database, "vp_worker")
        with worker.transaction(SCOPE) as tx:
            yield make_anchor(tx, HospitalDay.of(clock.now()), key)
        worker.close()
        clock.advance(timedelta(days=1))
    if not database.is_postgres:
        # Copies are made of the file alone: nothing may be left in the write-ahead log.
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
