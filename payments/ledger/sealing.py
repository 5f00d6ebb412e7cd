"""
The sealer: gives transactions their order, chains their hashes and adds up the balances.

It runs beside the payments and takes none of their locks. One batch is one commit: a crash at any
point loses nothing, and the queue says what is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from payments.kernel.errors import Conflict
from payments.kernel.scope import Scope
from payments.ledger import bodies, loading
from payments.ledger.bodies import Body
from payments.ledger.rows import BALANCE, BALANCE_DAY, OUTBOX, SEAL, SEALER
from payments.storage.unit_of_work import Database, UnitOfWork

#: One commit's worth: long enough to be cheap per transaction, short enough to be lost gladly.
BATCH_MAX: Final = 1_000


class Incomplete(Conflict):
    """A transaction lacks a line or itself: it is not sealed, and a person must look (I3)."""

    code = "ledger-incomplete"


def seal_once(database: Database, scope: Scope) -> int:
    """
    Seal up to 1,000 transactions of the facility, oldest first; returns how many.

    Returns 0 also when another sealer is at work there.

    Raises:
        Incomplete: names the first transaction that lacks a line; nothing is sealed.
    """
    with database.transaction(scope) as tx:
        if not is_alone(tx):
            return 0
        queue = tx.execute(
            select(OUTBOX.c.txn_id)
            .where(OUTBOX.c.facility_id == tx.facility)
            .order_by(OUTBOX.c.txn_id)
            .limit(BATCH_MAX)
        ).scalars()
        txn_ids = [str(txn_id) for txn_id in queue]
        if txn_ids:
            _seal(tx, txn_ids)
        return len(txn_ids)


def is_alone(tx: UnitOfWork) -> bool:
    """Take the facility's lock row, without waiting for who has it."""
    held = select(SEALER.c.facility_id).where(SEALER.c.facility_id == tx.facility)
    if tx.execute(held).first() is None:
        upsert = postgresql.insert if tx.is_postgres else sqlite.insert
        tx.execute(upsert(SEALER).values(facility_id=tx.facility).on_conflict_do_nothing())
    return tx.execute(held.with_for_update(skip_locked=True)).first() is not None


def _seal(tx: UnitOfWork, txn_ids: Sequence[str]) -> None:
    codes = loading.account_codes(tx.connection, tx.facility)
    found = loading.load(tx.connection, tx.facility, txn_ids, codes)
    _refuse_incomplete(found, txn_ids)
    seq, last = head(tx)
    sealed_at = tx.now()
    seals: list[dict[str, Any]] = []
    for txn_id in txn_ids:
        seq += 1
        first = bodies.genesis(tx.facility, loading.moment(sealed_at)) if seq == 1 else None
        last = bodies.chained(last, found[txn_id].canonical(first))
        seals.append(
            {
                "facility_id": tx.facility,
                "seq": seq,
                "txn_id": UUID(txn_id),
                "body_version": bodies.NEWEST,
                "hash": last,
                "sealed_at": sealed_at,
            }
        )
    tx.execute(insert(SEAL), seals)
    totals = Totals()
    for txn_id in txn_ids:
        totals.add(found[txn_id])
    _add_to_balances(tx, totals, seq)
    _add_to_days(tx, totals)
    done = [seal["txn_id"] for seal in seals]
    tx.execute(delete(OUTBOX).where(OUTBOX.c.facility_id == tx.facility, OUTBOX.c.txn_id.in_(done)))


def _refuse_incomplete(found: dict[str, Body], txn_ids: Sequence[str]) -> None:
    for txn_id in txn_ids:
        body = found.get(txn_id)
        if body is None or not body.is_complete:
            raise Incomplete(f"ledger transaction {txn_id} is incomplete", transaction=txn_id)


def head(tx: UnitOfWork) -> tuple[int, bytes]:
    """Tell number and hash of the newest seal; 0 and zeros where there is none."""
    row = tx.execute(
        select(SEAL.c.seq, SEAL.c.hash)
        .where(SEAL.c.facility_id == tx.facility)
        .order_by(SEAL.c.seq.desc())
        .limit(1)
    ).first()
    return (0, bodies.BEFORE_ALL) if row is None else (row.seq, bytes(row.hash))


class Totals:
    """Debit, credit and number of sides per key: the arithmetic of sealer and verifier."""

    def __init__(self) -> None:
        self.days: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, body: Body) -> None:
        day = body.booked_on
        for debit, credit, amount in body.amounts():
            of_day = self.days[debit, day]
            of_day[0] += amount
            of_day[2] += 1
            of_day = self.days[credit, day]
            of_day[1] += amount
            of_day[2] += 1

    @property
    def accounts(self) -> dict[int, list[int]]:
        """Sum debit and credit of each account over its days."""
        totals: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        for (account, _), (debit, credit, _) in self.days.items():
            totals[account][0] += debit
            totals[account][1] += credit
        return dict(totals)


def _add_to_balances(tx: UnitOfWork, totals: Totals, seq: int) -> None:
    rows = [
        {
            "facility_id": tx.facility,
            "account_id": account,
            "seal_seq": seq,
            "debit": debit,
            "credit": credit,
        }
        for account, (debit, credit) in sorted(totals.accounts.items())
    ]
    upsert: Any = (postgresql.insert if tx.is_postgres else sqlite.insert)(BALANCE)
    tx.execute(
        upsert.on_conflict_do_update(
            index_elements=["facility_id", "account_id"],
            set_={
                "seal_seq": upsert.excluded.seal_seq,
                "debit": BALANCE.c.debit + upsert.excluded.debit,
                "credit": BALANCE.c.credit + upsert.excluded.credit,
            },
        ),
        rows,
    )


def _add_to_days(tx: UnitOfWork, totals: Totals) -> None:
    rows = [
        {
            "facility_id": tx.facility,
            "account_id": account,
            "booked_on": date.fromisoformat(day),
            "debit": debit,
            "credit": credit,
            "count": count,
        }
        for (account, day), (debit, credit, count) in sorted(totals.days.items())
    ]
    upsert: Any = (postgresql.insert if tx.is_postgres else sqlite.insert)(BALANCE_DAY)
    tx.execute(
        upsert.on_conflict_do_update(
            index_elements=["facility_id", "account_id", "booked_on"],
            set_={
                "debit": BALANCE_DAY.c.debit + upsert.excluded.debit,
                "credit": BALANCE_DAY.c.credit + upsert.excluded.credit,
                "count": BALANCE_DAY.c["count"] + upsert.excluded["count"],
            },
        ),
        rows,
    )
