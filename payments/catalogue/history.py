"""Reads departments and prices over all their days, for those who set them."""

from __future__ import annotations

from sqlalchemy import Select, func, select

from payments.catalogue.insured import insured_on
from payments.catalogue.model import Department, Entry, PriceSpan
from payments.catalogue.rows import DEPARTMENT, SERVICE_ITEM, SERVICE_PRICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound
from payments.kernel.money import Money, vnd
from payments.storage.unit_of_work import UnitOfWork


def departments(tx: UnitOfWork) -> tuple[Department, ...]:
    """List all departments, those that have ended included, by code."""
    rows = tx.execute(
        select(DEPARTMENT)
        .where(DEPARTMENT.c.facility_id == tx.facility, DEPARTMENT.c.is_active)
        .order_by(DEPARTMENT.c.code)
    )
    return tuple(
        Department(
            row.code,
            row.name,
            HospitalDay(row.valid_from),
            HospitalDay(row.valid_to) if row.valid_to else None,
        )
        for row in rows
    )


def sold_on(tx: UnitOfWork, day: HospitalDay) -> dict[str, Entry]:
    """Give the price list as it stands on *day*, by code; departments that end do not end it."""
    rows = tx.execute(_on_day(tx, day))
    told = insured_on(tx, None, day)
    return {
        row.code: Entry(row.code, row.name, row.department_code, vnd(row.price), told.get(row.code))
        for row in rows
    }


def starting_on(tx: UnitOfWork, day: HospitalDay) -> dict[str, Money | None]:
    """List the prices that begin on *day* itself; None where a service ends on it."""
    rows = tx.execute(
        select(SERVICE_PRICE.c.service_code, SERVICE_PRICE.c.price, SERVICE_PRICE.c.ends).where(
            SERVICE_PRICE.c.facility_id == tx.facility, SERVICE_PRICE.c.valid_from == day.date
        )
    )
    return {row.service_code: None if row.ends else vnd(row.price) for row in rows}


def items(tx: UnitOfWork) -> dict[str, tuple[str, str]]:
    """Give name and department of every service that ever was, by code."""
    rows = tx.execute(
        select(SERVICE_ITEM.c.code, SERVICE_ITEM.c.name, SERVICE_ITEM.c.department_code).where(
            SERVICE_ITEM.c.facility_id == tx.facility
        )
    )
    return {row.code: (row.name, row.department_code) for row in rows}


def of_service(tx: UnitOfWork, code: str) -> tuple[str, tuple[PriceSpan, ...]]:
    """
    Give the name of a service and all its prices, newest first.

    Raises:
        NotFound: there never was such a service.
    """
    name = tx.execute(
        select(SERVICE_ITEM.c.name).where(
            SERVICE_ITEM.c.facility_id == tx.facility, SERVICE_ITEM.c.code == code
        )
    ).scalar()
    if name is None:
        raise NotFound(f"no service {code!r}")
    rows = tx.execute(
        select(SERVICE_PRICE.c.valid_from, SERVICE_PRICE.c.price, SERVICE_PRICE.c.ends)
        .where(SERVICE_PRICE.c.facility_id == tx.facility, SERVICE_PRICE.c.service_code == code)
        .order_by(SERVICE_PRICE.c.valid_from.desc())
    )
    spans: list[PriceSpan] = []
    following: HospitalDay | None = None
    for row in rows:
        since = HospitalDay(row.valid_from)
        spans.append(PriceSpan(None if row.ends else vnd(row.price), since, following))
        following = since
    return name, tuple(spans)


def _on_day(tx: UnitOfWork, day: HospitalDay) -> Select[tuple[str, str, str, int]]:
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
            SERVICE_PRICE.c.price,
        )
        .join(
            SERVICE_PRICE,
            (SERVICE_PRICE.c.facility_id == SERVICE_ITEM.c.facility_id)
            & (SERVICE_PRICE.c.service_code == SERVICE_ITEM.c.code)
            & (SERVICE_PRICE.c.valid_from == valid),
        )
        .where(
            SERVICE_ITEM.c.facility_id == tx.facility,
            SERVICE_ITEM.c.is_active,
            SERVICE_PRICE.c.ends == False,  # noqa: E712 - SQL, not Python
        )
    )
