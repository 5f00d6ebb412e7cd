"""
What a backup says of itself: taken from the very rows that it holds, compared after a restore.

Per facility the newest seal of the ledger and of the audit, and the sum of all entries (0 đ: debit
is positive, credit negative) with all that was ever moved; per table the number of its rows.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, inspect, select, table, text

from payments.audit_chain.verifying import verify as verify_audit
from payments.kernel.scope import FacilityId, Scope
from payments.ledger.bodies import BEFORE_ALL
from payments.ledger.verifying import verify as verify_ledger
from payments.operations.backups.sealed_file import BrokenBackup
from payments.storage.unit_of_work import Database

_ACTOR: Final = "cli"


@dataclass(frozen=True, slots=True)
class Books:
    """The state of one facility; hashes in hexadecimal, amounts in đồng."""

    facility: int
    ledger_seals: int
    ledger_head: str
    audit_seals: int
    audit_head: str
    sum: int
    moved: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The state of the whole database at one moment."""

    engine: str
    mode: str
    revision: str
    facilities: tuple[Books, ...]
    rows: dict[str, int]
    #: The release that made it, and of PostgreSQL the major version of the tool.
    release: str
    tool: int
    made_at: str

    def told(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, told: dict[str, Any]) -> Facts:
        """
        Read what ``told`` gave.

        Raises:
            BrokenBackup: it is of a later release, or nonsense.
        """
        try:
            facilities = tuple(Books(**one) for one in told["facilities"])
            return cls(**{**told, "facilities": facilities})
        except (KeyError, TypeError) as error:
            raise BrokenBackup(f"what the backup says of itself cannot be read: {error}") from error


def read(connection: Connection, *, release: str, tool: int, at: datetime) -> Facts:
    """Take the facts in the snapshot of *connection*, whose role sees every facility."""
    names = sorted(inspect(connection).get_table_names())
    facilities = connection.scalars(text("SELECT facility_id FROM facility ORDER BY facility_id"))
    return Facts(
        engine=connection.dialect.name,
        mode=str(connection.scalar(text("SELECT mode FROM installation"))),
        revision=str(connection.scalar(text("SELECT version_num FROM alembic_version"))),
        facilities=tuple(books(connection, one) for one in facilities.all()),
        rows={name: _rows(connection, name) for name in names},
        release=release,
        tool=tool,
        made_at=at.isoformat(timespec="seconds"),
    )


def books(connection: Connection, facility: int) -> Books:
    """Read the state of one facility, named in every question: no policy is relied upon."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT set_config('vienphi.facility', %s, true)", (str(facility),)
        )
    ledger, audit = (_head(connection, name, facility) for name in ("ledger_seal", "audit_seal"))
    total = text("SELECT COALESCE(SUM(amount), 0) FROM ledger_entry WHERE facility_id = :of")
    moved = text("SELECT COALESCE(SUM(amount), 0) FROM ledger_posting WHERE facility_id = :of")
    return Books(
        facility=facility,
        ledger_seals=ledger[0],
        ledger_head=ledger[1],
        audit_seals=audit[0],
        audit_head=audit[1],
        sum=int(connection.scalar(total, {"of": facility}) or 0),
        moved=int(connection.scalar(moved, {"of": facility}) or 0),
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """What the proof of a restored database read, and what is wrong: nothing, if it is the one."""

    seals: int
    postings: int
    events: int
    seconds: float
    findings: tuple[str, ...]


def prove(database: Database, wanted: Facts) -> Proof:
    """Recompute both chains of every facility, and hold the database against *wanted*."""
    began = time.monotonic()
    found: list[str] = []
    seals = postings = events = 0
    for one in wanted.facilities:
        scope = Scope(FacilityId(one.facility), _ACTOR, _ACTOR)
        ledger, audit = verify_ledger(database, scope), verify_audit(database, scope)
        seals, postings = seals + ledger.seals, postings + ledger.postings
        events += audit.seals
        found += [f"{one.facility} ledger: {bad.what}" for bad in ledger.findings]
        found += [f"{one.facility} audit: {bad.what}" for bad in audit.findings]
        with database.engine.connect() as connection:
            found += _differences(books(connection, one.facility), one)
    found += _other_rows(database.engine, wanted)
    return Proof(seals, postings, events, time.monotonic() - began, tuple(found))


def _differences(now: Books, then: Books) -> list[str]:
    found = [f"{then.facility}: the entries sum to {now.sum} đ, not to 0 đ"] if now.sum else []
    before = asdict(then)
    for name, value in asdict(now).items():
        if value != before[name]:
            found.append(f"{then.facility}: {name} is {value}, in the backup {before[name]}")
    return found


def _other_rows(engine: Engine, wanted: Facts) -> list[str]:
    """Compare the rows of every table; the owner of PostgreSQL's tables sees all facilities."""
    found = []
    with engine.connect() as connection:
        present = set(inspect(connection).get_table_names())
        for name, rows in sorted(wanted.rows.items()):
            here = _rows(connection, name) if name in present else None
            if here != rows:
                found.append(f"{name} has {here} rows, in the backup {rows}")
    return found


def _head(connection: Connection, name: str, facility: int) -> tuple[int, str]:
    # The name is one of two constants.
    newest = text(
        f"SELECT seq, hash FROM {name} WHERE facility_id = :of ORDER BY seq DESC LIMIT 1"  # noqa: S608
    )
    row = connection.execute(newest, {"of": facility}).first()
    return (0, BEFORE_ALL.hex()) if row is None else (int(row.seq), bytes(row.hash).hex())


def _rows(connection: Connection, name: str) -> int:
    return int(connection.scalar(select(func.count()).select_from(table(name))) or 0)
