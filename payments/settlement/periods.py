"""Settlement months and quarters in the database: found, made, held until the commit, changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, update

from payments.settlement.model import NoClaimPeriod, period_id, quarter_of
from payments.settlement.rows import CLAIM_PERIOD
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork


def ensure_month(tx: UnitOfWork, agency: str, month: str) -> UUID:
    """Find the period of a month, or make it with its quarter."""
    quarter = ensure_quarter(tx, agency, quarter_of(month))
    made = period_id(tx.facility, agency, month)
    _ensure(tx, made, agency, month, quarter)
    return made


def ensure_quarter(tx: UnitOfWork, agency: str, quarter: str) -> UUID:
    made = period_id(tx.facility, agency, quarter)
    _ensure(tx, made, agency, quarter, None)
    return made


def _ensure(tx: UnitOfWork, made: UUID, agency: str, name: str, quarter: UUID | None) -> None:
    values = {
        "id": made,
        "agency": agency,
        "kind": "quarter" if quarter is None else "month",
        "name": name,
        "quarter_id": quarter,
        "state": "open",
        "reported_on": None,
        "form_fund": None,
    }
    insert_new(tx, CLAIM_PERIOD, values)


def lock(tx: UnitOfWork, period: UUID) -> Row[Any]:
    """Hold a period until the commit. Raises NoClaimPeriod."""
    row = tx.lock(Lock.CLAIM_PERIOD, _period(tx, period)).first()
    if row is None:
        raise NoClaimPeriod()
    return row


def read(tx: UnitOfWork, wanted: UUID) -> Row[Any]:
    """Read a period. Raises NoClaimPeriod."""
    row = tx.execute(_period(tx, wanted)).first()
    if row is None:
        raise NoClaimPeriod()
    return row


def find(tx: UnitOfWork, name: str, agency: str) -> Row[Any]:
    """Read a period by its name. Raises NoClaimPeriod."""
    return read(tx, period_id(tx.facility, agency, name))


def change(tx: UnitOfWork, wanted: UUID, **values: Any) -> None:
    tx.execute(
        update(CLAIM_PERIOD)
        .where(CLAIM_PERIOD.c.facility_id == tx.facility, CLAIM_PERIOD.c.id == wanted)
        .values(**values)
    )


def months(tx: UnitOfWork, quarter: UUID) -> list[Row[Any]]:
    """List the months of a quarter of which there are claims, in order."""
    return list(
        tx.execute(
            select(CLAIM_PERIOD)
            .where(CLAIM_PERIOD.c.facility_id == tx.facility, CLAIM_PERIOD.c.quarter_id == quarter)
            .order_by(CLAIM_PERIOD.c.name)
        )
    )


def _period(tx: UnitOfWork, wanted: UUID) -> Select[Any]:
    return select(CLAIM_PERIOD).where(
        CLAIM_PERIOD.c.facility_id == tx.facility, CLAIM_PERIOD.c.id == wanted
    )
