"""What the fund (BHYT) says of a service, from a day on: its price, ratio, cost group and scope."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, func, select

from payments.catalogue.rows import SERVICE_INSURANCE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money, vnd
from payments.storage.columns import mine
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: PHAM_VI: in the list, outside of it, outside but paid for cards of the forces.
SCOPES: Final = ("1", "2", "3")
TABLES: Final = ("XML2", "XML3")


@dataclass(frozen=True, slots=True)
class Insured:
    """
    The insurance facts of a service (Decision 130, XML2 and XML3).

    *fund_price* is DON_GIA_BH (None: the hospital's own price), *rate* TYLE_TT_BH in per cent,
    *group* MA_NHOM, *table* where a claim lists it.
    """

    fund_price: Money | None
    rate: int
    group: int
    scope: str = "1"
    table: str = "XML3"


_OF_CODES: Final = select(SERVICE_INSURANCE).where(
    mine(SERVICE_INSURANCE),
    SERVICE_INSURANCE.c.service_code.in_(bindparam("codes", expanding=True)),
)


def insured_on(tx: UnitOfWork, codes: Collection[str], day: HospitalDay) -> dict[str, Insured]:
    """Look up *codes* as they stand on *day*; what the list says nothing of is left out."""
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
    rows = tx.execute(
        _OF_CODES.where(SERVICE_INSURANCE.c.valid_from == begun),
        {"mine": tx.facility, "codes": list(codes)},
    )
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
        {
            "service_code": code,
            "valid_from": since.date,
            "fund_price": None if facts.fund_price is None else facts.fund_price.dong,
            "rate": facts.rate,
            "cost_group": facts.group,
            "scope": facts.scope,
            "claim_table": facts.table,
        },
    )
