"""Reads the catalogue as it stands on a day."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Row, Select, func, select

from payments.catalogue.model import ServiceItem
from payments.catalogue.rows import DEPARTMENT, SERVICE_ITEM, SERVICE_PRICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.storage.unit_of_work import UnitOfWork


def services(tx: UnitOfWork) -> tuple[ServiceItem, ...]:
    """List what can be ordered today, by department and name."""
    statement = _sold_today(tx).order_by(DEPARTMENT.c.name, SERVICE_ITEM.c.name)
    return tuple(_item(row) for row in tx.execute(statement))


def listed(tx: UnitOfWork, *, after: str, limit: int) -> tuple[ServiceItem, ...]:
    """List what can be ordered today by code, from the one that follows *after*."""
    statement = _sold_today(tx).where(SERVICE_ITEM.c.code > after).order_by(SERVICE_ITEM.c.code)
    return tuple(_item(row) for row in tx.execute(statement.limit(limit)))


def priced(tx: UnitOfWork, codes: Collection[str]) -> dict[str, ServiceItem]:
    """Look up *codes* at today's price; what is unknown, inactive or unpriced is left out."""
    statement = _sold_today(tx).where(SERVICE_ITEM.c.code.in_(codes))
    return {row.code: _item(row) for row in tx.execute(statement)}


def priced_on(tx: UnitOfWork, codes: Collection[str], day: HospitalDay) -> dict[str, ServiceItem]:
    """Look up *codes* at the price of *day*; also what is no longer sold, for it was ordered."""
    statement = _priced(tx, day).where(SERVICE_ITEM.c.code.in_(codes))
    return {row.code: _item(row) for row in tx.execute(statement)}


def _sold_today(tx: UnitOfWork) -> Select[tuple[str, str, str, str, int]]:
    statement = _priced(tx, HospitalDay.of(tx.now()))
    return statement.where(SERVICE_ITEM.c.is_active, DEPARTMENT.c.is_active)


def _priced(tx: UnitOfWork, day: HospitalDay) -> Select[tuple[str, str, str, str, int]]:
    valid = (
        select(func.max(SERVICE_PRICE.c.valid_from))
        .where(
            SERVICE_PRICE.c.facility_id == SERVICE_ITEM.c.facility_id,
            SERVICE_PRICE.c.service_code == SERVICE_ITEM.c.code,
            SERVICE_PRICE.c.valid_from <= day.date,
        )
        .correlate(SERVICE_ITEM)
        .scalar_subquery()
    )
    return (
        select(
            SERVICE_ITEM.c.code,
            SERVICE_ITEM.c.name,
            SERVICE_ITEM.c.department_code,
            DEPARTMENT.c.name.label("department_name"),
            SERVICE_PRICE.c.price,
        )
        .join(
            DEPARTMENT,
            (DEPARTMENT.c.facility_id == SERVICE_ITEM.c.facility_id)
            & (DEPARTMENT.c.code == SERVICE_ITEM.c.department_code),
        )
        .join(
            SERVICE_PRICE,
            (SERVICE_PRICE.c.facility_id == SERVICE_ITEM.c.facility_id)
            & (SERVICE_PRICE.c.service_code == SERVICE_ITEM.c.code)
            & (SERVICE_PRICE.c.valid_from == valid),
        )
        .where(SERVICE_ITEM.c.facility_id == tx.facility)
    )


def _item(row: Row[tuple[str, str, str, str, int]]) -> ServiceItem:
    return ServiceItem(row.code, row.name, row.department_code, row.department_name, vnd(row.price))
