"""What the insurer told and paid for a quarter, and the files and batches of its months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money, vnd
from payments.settlement.money_rows import (
    ADVANCE_MOVE,
    FUND_ADVANCE,
    FUND_RECEIPT,
    SETTLEMENT_NOTICE,
)
from payments.settlement.rows import CLAIM_PERIOD
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NoticeItem:
    """A settlement notice; *set_off* is what the advance had paid of it."""

    id: UUID
    number: str
    noticed_on: HospitalDay
    total: Money
    set_off: Money


@dataclass(frozen=True, slots=True)
class Movement:
    """Money of a quarter: ``advance``, ``receipt``, ``carried_in``, ``carried_out`` …"""

    kind: str
    amount: Money
    at: datetime


def notices(tx: UnitOfWork, quarter: UUID) -> tuple[NoticeItem, ...]:
    """List the notices of a quarter, the first first."""
    rows = tx.execute(
        select(SETTLEMENT_NOTICE)
        .where(
            SETTLEMENT_NOTICE.c.facility_id == tx.facility,
            SETTLEMENT_NOTICE.c.period_id == quarter,
        )
        .order_by(SETTLEMENT_NOTICE.c.id)
    )
    return tuple(
        NoticeItem(
            row.id, row.number, HospitalDay(row.noticed_on), vnd(row.total), vnd(row.set_off)
        )
        for row in rows
    )


def movements(tx: UnitOfWork, quarter: UUID) -> tuple[Movement, ...]:
    """List what came, was carried and went back for a quarter, by time."""
    found: list[Movement] = []
    for kind, table in (("advance", FUND_ADVANCE), ("receipt", FUND_RECEIPT)):
        rows = tx.execute(
            select(table.c.amount, table.c.made_at).where(
                table.c.facility_id == tx.facility, table.c.period_id == quarter
            )
        )
        found += [Movement(kind, vnd(row.amount), row.made_at) for row in rows]
    moves = tx.execute(
        select(ADVANCE_MOVE).where(
            ADVANCE_MOVE.c.facility_id == tx.facility,
            (ADVANCE_MOVE.c.from_period_id == quarter) | (ADVANCE_MOVE.c.to_period_id == quarter),
        )
    )
    for row in moves:
        kind = "payback" if row.kind == "payback" else "carried_out"
        if row.to_period_id == quarter:
            kind = "carried_in"
        found.append(Movement(kind, vnd(row.amount), row.made_at))
    return tuple(sorted(found, key=lambda one: one.at))


def months(tx: UnitOfWork) -> tuple[str, ...]:
    """List the months of which there are claims, the latest first."""
    return tuple(
        tx.execute(
            select(CLAIM_PERIOD.c.name)
            .where(CLAIM_PERIOD.c.facility_id == tx.facility, CLAIM_PERIOD.c.kind == "month")
            .order_by(CLAIM_PERIOD.c.name.desc())
        ).scalars()
    )
