"""What the fund (BHYT) says of a service, from a day on: its price, ratio, cost group and scope."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, func, select

from payments.catalogue.model import Insured as Insured
from payments.catalogue.rows import SERVICE_INSURANCE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.storage.columns import mine
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

_ALL: Final = select(SERVICE_INSURANCE).where(mine(SERVICE_INSURANCE))
_ASKED: Final = SERVICE_INSURANCE.c.service_code.in_(bindparam("codes", expanding=True))


def insured_on(
    tx: UnitOfWork, codes: Collection[str] | None, day: HospitalDay
) -> dict[str, Insured]:
    """Look up *codes* (None: all) on *day*; what the list says nothing of is left out."""
    newest = SERVICE_INSURANCE.alias("newest")
    begun = (
        select(func.max(newest.c.valid_from))
        .where(
            newest.c.facility_id == SERVICE_INSURANCE.c.facility_id,
            newest.c.service_code == SERVICE_INSURANCE.c.service_code,
            newest.c.valid_from <= day.date,
        )
        .correlate(SERVICE_INSURANCE)
        .scalar_subquery()
    )
    statement = _ALL.where(SERVICE_INSURANCE.c.valid_from == begun)
    asked: dict[str, object] = {"mine": tx.facility}
    if codes is not None:
        statement, asked["codes"] = statement.where(_ASKED), list(codes)
    rows = tx.execute(statement, asked)
    return {
        row.service_code: Insured(
            None if row.fund_price is None else vnd(row.fund_price),
            row.rate,
            row.cost_group,
            row.scope,
            row.claim_table,
        )
        for row in rows
    }


def add(tx: UnitOfWork, code: str, facts: Insured, *, since: HospitalDay) -> bool:
    """State *facts* of a service from *since* on; False where that day has its own already."""
    return insert_new(
        tx,
        SERVICE_INSURANCE,
        values(code, facts, since),
    )


def values(code: str, facts: Insured, since: HospitalDay) -> dict[str, object]:
    """Write *facts* as the columns of their row, without the facility."""
    return {
        "service_code": code,
        "valid_from": since.date,
        "fund_price": None if facts.fund_price is None else facts.fund_price.dong,
        "rate": facts.rate,
        "cost_group": facts.group,
        "scope": facts.scope,
        "claim_table": facts.table,
    }
