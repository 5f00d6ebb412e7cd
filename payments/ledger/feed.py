"""
The sealed facts in their one order: what a program reads to follow the books without a gap.

The sealer gives the numbers, one commit after another, so a number that is read is never followed
by a smaller one; ids and times have no such order, for a slow commit appears behind a fast one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from payments.kernel.money import ZERO, Money, vnd
from payments.ledger.rows import POSTING, SEAL, TXN
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SealedFact:
    """One ledger transaction: *amount* is all that it moved, *subjects* whom it is about."""

    seq: int
    id: UUID
    kind: str
    occurred_at: datetime
    sealed_at: datetime
    amount: Money
    #: Kind and id, each once: ``("invoice", …)``, ``("bank_credit", …)``.
    subjects: tuple[tuple[str, UUID], ...]


def facts(tx: UnitOfWork, *, after: int, limit: int) -> tuple[SealedFact, ...]:
    """List up to *limit* sealed facts with a number above *after*, in their order."""
    rows = tx.execute(
        select(SEAL.c.seq, SEAL.c.sealed_at, TXN.c.id, TXN.c.kind, TXN.c.effective_at)
        .join(TXN, (TXN.c.facility_id == SEAL.c.facility_id) & (TXN.c.id == SEAL.c.txn_id))
        .where(SEAL.c.facility_id == tx.facility, SEAL.c.seq > after)
        .order_by(SEAL.c.seq)
        .limit(limit)
    ).all()
    amounts, subjects = _moved(tx, [row.id for row in rows])
    return tuple(
        SealedFact(
            row.seq,
            row.id,
            row.kind,
            row.effective_at,
            row.sealed_at,
            amounts[row.id],
            tuple(subjects[row.id]),
        )
        for row in rows
    )


def _moved(
    tx: UnitOfWork, txns: list[UUID]
) -> tuple[dict[UUID, Money], dict[UUID, dict[tuple[str, UUID], None]]]:
    amounts: dict[UUID, Money] = defaultdict(lambda: ZERO)
    subjects: dict[UUID, dict[tuple[str, UUID], None]] = defaultdict(dict)
    lines = tx.execute(
        select(POSTING)
        .where(POSTING.c.facility_id == tx.facility, POSTING.c.txn_id.in_(txns))
        .order_by(POSTING.c.txn_id, POSTING.c.line)
    )
    for line in lines:
        amounts[line.txn_id] += vnd(line.amount)
        for kind, subject in (
            (line.debit_subject_type, line.debit_subject_id),
            (line.credit_subject_type, line.credit_subject_id),
        ):
            if subject is not None:
                subjects[line.txn_id][kind, subject] = None
    return amounts, subjects
