"""
``ledger verify``: recomputes everything that the ledger says about itself, from the rows alone.

Chain, completeness, roll-ups, what is neither sealed nor waiting, sub-ledgers, and the signed
anchors. It reads one snapshot in pieces, so that it may run beside the payments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from payments.kernel.scope import Scope
from payments.ledger import bodies, heads, invariants, loading, merkle
from payments.ledger.anchors import Anchor
from payments.ledger.bodies import Body
from payments.ledger.heads import Head
from payments.ledger.invariants import Finding
from payments.ledger.rows import BALANCE, BALANCE_DAY
from payments.ledger.sealing import Totals
from payments.storage.unit_of_work import Database

#: Seals per piece: a few megabytes of rows.
_PIECE: Final = 1_000
#: Places kept for missing seals, so that the anchors after them still fit; a wider gap shifts them.
_GAP_MAX: Final = 10_000
#: More say nothing new: the first one names where to look.
_FINDINGS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Report:
    """What was read and what is wrong; the ledger is sound when *findings* is empty."""

    seals: int
    postings: int
    anchors: int
    head: bytes
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        return not self.findings

    @property
    def first_bad_seq(self) -> int | None:
        """The lowest seal that is wrong; None when the finding is about what has no seal."""
        return min((one.seq for one in self.findings if one.seq is not None), default=None)


def verify(
    database: Database,
    scope: Scope,
    *,
    anchors: Sequence[Anchor] = (),
    public_key: Ed25519PublicKey | None = None,
    exported: Sequence[Head] = (),
) -> Report:
    """
    Recompute the ledger of the facility, and hold it against signed anchors and exported heads.

    Without *public_key* an anchor is checked with the key in its own file, which shows that it is
    whole but not whose it is.
    """
    with snapshot(database, scope) as connection:
        run = _Run(connection, scope.facility)
        run.follow_chain()
        run.compare_roll_ups()
        run.findings += invariants.findings(connection, scope.facility)
        run.check_anchors(anchors, public_key)
        run.findings += heads.findings(exported, scope.facility, "ledger", run.hashes)
        return Report(
            seals=len(run.hashes),
            postings=run.postings,
            anchors=len(anchors),
            head=run.hashes[-1] if run.hashes else bodies.BEFORE_ALL,
            findings=tuple(run.findings[:_FINDINGS_MAX]),
        )


@contextmanager
def snapshot(database: Database, scope: Scope) -> Iterator[Connection]:
    """See one moment in all pieces: roll-ups and seals of different moments would never agree."""
    with database.engine.connect() as connection:
        if database.is_postgres:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
            connection.exec_driver_sql(
                "SELECT set_config('vienphi.facility', %s, true)", (str(scope.facility),)
            )
        yield connection
        connection.rollback()


@dataclass(slots=True)
class _Run:
    connection: Connection
    facility: int
    findings: list[Finding] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    hashes: list[bytes] = field(default_factory=list)
    postings: int = 0

    def follow_chain(self) -> None:
        codes = loading.account_codes(self.connection, self.facility)
        before = bodies.BEFORE_ALL
        expected = 1
        for piece in self._pieces():
            found = self._bodies(piece, codes)
            for seq, txn_id, version, stored, sealed_at in piece:
                if seq != expected:
                    self._bad(expected, f"seals {expected} to {seq - 1} are missing")
                    self.hashes += [b""] * min(seq - expected, _GAP_MAX)
                first = bodies.genesis(self.facility, sealed_at) if seq == 1 else None
                self._check(seq, txn_id, found.get((version, txn_id)), before, stored, first)
                # Go on from what is stored: each break is then named where it is.
                before, expected = stored, seq + 1
                self.hashes.append(stored)

    def compare_roll_ups(self) -> None:
        stored = {
            row.account_id: [row.debit, row.credit]
            for row in self.connection.execute(
                select(BALANCE).where(BALANCE.c.facility_id == self.facility)
            )
        }
        totals = self.totals.accounts
        for account in sorted(stored.keys() | totals.keys()):
            if stored.get(account) != totals.get(account):
                self._bad(None, f"ledger_balance of account id {account} is not the sum of entries")
        days = {
            (row.account_id, row.booked_on.isoformat()): [row.debit, row.credit, row.count]
            for row in self.connection.execute(
                select(
                    BALANCE_DAY.c.account_id,
                    BALANCE_DAY.c.booked_on,
                    BALANCE_DAY.c.debit,
                    BALANCE_DAY.c.credit,
                    BALANCE_DAY.c["count"].label("count"),
                ).where(BALANCE_DAY.c.facility_id == self.facility)
            )
        }
        for account, day in sorted(days.keys() | self.totals.days.keys()):
            if days.get((account, day)) != self.totals.days.get((account, day)):
                self._bad(None, f"ledger_balance_day of account id {account} on {day} is wrong")

    def check_anchors(self, anchors: Sequence[Anchor], public_key: Ed25519PublicKey | None) -> None:
        covered = 0
        for anchor in anchors:
            key = public_key or Ed25519PublicKey.from_public_bytes(anchor.public_key)
            seals = self.hashes[anchor.first_seq - 1 : anchor.last_seq]
            first = anchor.first_seq
            if anchor.facility != self.facility:
                self._bad(None, f"the anchor of {anchor.booked_on} is of another facility")
            elif not anchor.is_signed_by(key):
                self._bad(None, f"the anchor of {anchor.booked_on} is not signed by this key")
            elif len(seals) < anchor.last_seq - first + 1:
                self._bad(len(self.hashes) + 1, f"anchored seals to {anchor.last_seq} are missing")
            elif merkle.root(seals) != anchor.root:
                named = self._first_broken(first, anchor.last_seq)
                self._bad(named, f"seals {first} to {anchor.last_seq} are not those of the anchor")
            if first > covered + 1:
                self._bad(None, f"no anchor was given for seals {covered + 1} to {first - 1}")
            covered = max(covered, anchor.last_seq)

    def _first_broken(self, first: int, last: int) -> int:
        """Name the break that explains a wrong root; without one everything was rewritten."""
        broken = [one.seq for one in self.findings if one.seq and first <= one.seq <= last]
        return min(broken, default=first)

    def _check(
        self,
        seq: int,
        txn_id: str,
        body: Body | None,
        before: bytes,
        stored: bytes,
        genesis: dict[str, Any] | None,
    ) -> None:
        if body is None:
            self._bad(seq, f"transaction {txn_id} is missing")
            return
        self.postings += len(body.postings)
        self.totals.add(body)
        if not body.is_complete:
            self._bad(seq, f"transaction {txn_id} lacks a line or has one too many")
        elif bodies.chained(before, body.canonical(genesis)) != stored:
            self._bad(seq, f"transaction {txn_id} is not what was sealed")

    def _bad(self, seq: int | None, what: str) -> None:
        if len(self.findings) < _FINDINGS_MAX:
            self.findings.append(Finding(seq, what))

    def _bodies(self, piece: Sequence[Any], codes: dict[int, str]) -> dict[tuple[int, str], Body]:
        found: dict[tuple[int, str], Body] = {}
        for version in {row[2] for row in piece} & bodies.BODY_VERSIONS.keys():
            ids = [row[1] for row in piece if row[2] == version]
            loaded = loading.load(self.connection, self.facility, ids, codes, version)
            found.update({(version, txn_id): body for txn_id, body in loaded.items()})
        return found

    def _pieces(self) -> Iterator[Sequence[Any]]:
        is_sqlite = self.connection.dialect.name == "sqlite"
        mark = "?" if is_sqlite else "%s"
        statement = (
            f"SELECT seq, {'txn_id' if is_sqlite else 'txn_id::text'}, body_version, hash,"  # noqa: S608
            f" {loading.moment_text(self.connection, 'sealed_at')} FROM ledger_seal"
            f" WHERE facility_id = {mark} AND seq > {mark} ORDER BY seq LIMIT {_PIECE}"
        )
        last = 0
        while True:
            piece = self.connection.exec_driver_sql(statement, (self.facility, last)).all()
            if not piece:
                return
            yield piece
            last = piece[-1][0]
