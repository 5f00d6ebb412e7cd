"""
``audit verify``: recomputes the chain of the events from the rows alone.

An event that was edited, deleted or put elsewhere is named by its seal; one that was put in later
has none. Who rewrites the chain as well is found by an exported head (``payments.ledger.heads``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from payments.audit_chain import chain
from payments.audit_chain.sealing import earliest
from payments.kernel.scope import Scope
from payments.ledger import heads
from payments.ledger.bodies import BEFORE_ALL, chained
from payments.ledger.heads import Head
from payments.ledger.invariants import Finding
from payments.ledger.loading import moment_text
from payments.ledger.verifying import snapshot
from payments.storage.unit_of_work import Database

_PIECE: Final = 1_000
#: More say nothing new: the first one names where to look.
_FINDINGS_MAX: Final = 50
_UNSEALED: Final = (
    "SELECT e.id FROM audit_event e WHERE e.facility_id = {0} AND e.id < {1} AND NOT EXISTS"
    " (SELECT 1 FROM audit_seal s WHERE s.facility_id = e.facility_id AND s.event_id = e.id)"
    " ORDER BY e.id LIMIT 20"
)


@dataclass(frozen=True, slots=True)
class Report:
    """What was read and what is wrong; the chain is sound when *findings* is empty."""

    seals: int
    head: bytes
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        return not self.findings

    @property
    def first_bad_seq(self) -> int | None:
        """The lowest seal that is wrong; None when the finding is about what has no seal."""
        return min((one.seq for one in self.findings if one.seq is not None), default=None)


def verify(database: Database, scope: Scope, *, exported: Sequence[Head] = ()) -> Report:
    """Recompute the chain of the facility's events, and hold it against *exported* heads."""
    with snapshot(database, scope) as connection:
        hashes: list[bytes] = []
        found = list(_follow(connection, scope.facility, hashes))
        found += _never_sealed(connection, scope.facility)
        found += heads.findings(exported, scope.facility, chain.CHAIN, hashes)
        return Report(
            len(hashes), hashes[-1] if hashes else BEFORE_ALL, tuple(found[:_FINDINGS_MAX])
        )


def _follow(connection: Connection, facility: int, hashes: list[bytes]) -> Iterator[Finding]:
    before = BEFORE_ALL
    for piece in _pieces(connection, facility):
        events = _events(connection, facility, piece)
        for seq, event_id, version, stored, sealed_at in piece:
            if seq != len(hashes) + 1:
                yield Finding(len(hashes) + 1, f"seals {len(hashes) + 1} to {seq - 1} are missing")
                hashes += [b""] * (seq - 1 - len(hashes))
            event = events.get((version, event_id))
            if event is None:
                yield Finding(seq, f"event {event_id} is missing")
            else:
                body = chain.body(version, event, sealed_at if seq == 1 else "")
                if chained(before, body) != stored:
                    yield Finding(seq, f"event {event_id} is not what was sealed")
            # Go on from what is stored: each break is then named where it is.
            before = stored
            hashes.append(stored)


def _events(
    connection: Connection, facility: int, piece: Sequence[Any]
) -> dict[tuple[int, str], Sequence[Any]]:
    found: dict[tuple[int, str], Sequence[Any]] = {}
    for version in {row[2] for row in piece} & chain.BODY_VERSIONS.keys():
        ids = [row[1] for row in piece if row[2] == version]
        loaded = chain.load(connection, facility, ids, version)
        found |= {(version, event_id): event for event_id, event in loaded.items()}
    return found


def _pieces(connection: Connection, facility: int) -> Iterator[Sequence[Any]]:
    is_sqlite = connection.dialect.name == "sqlite"
    mark = "?" if is_sqlite else "%s"
    statement = (
        f"SELECT seq, {'event_id' if is_sqlite else 'event_id::text'}, body_version, hash,"  # noqa: S608
        f" {moment_text(connection, 'sealed_at')} FROM audit_seal"
        f" WHERE facility_id = {mark} AND seq > {mark} ORDER BY seq LIMIT {_PIECE}"
    )
    last = 0
    while piece := connection.exec_driver_sql(statement, (facility, last)).all():
        yield piece
        last = piece[-1][0]


def _never_sealed(connection: Connection, facility: int) -> Iterator[Finding]:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    newest = connection.exec_driver_sql(
        f"SELECT event_id FROM audit_seal WHERE facility_id = {mark} ORDER BY seq DESC LIMIT 1",  # noqa: S608
        (facility,),
    ).scalar()
    if newest is None:
        return
    before = earliest(UUID(str(newest)))
    asked = _UNSEALED.format(mark, mark)
    given = str(before) if connection.dialect.name == "sqlite" else before
    for (event_id,) in connection.exec_driver_sql(asked, (facility, given)):
        yield Finding(None, f"event {event_id} was put in later, or its seal was taken away")
