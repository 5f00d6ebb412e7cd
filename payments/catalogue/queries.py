"""Reads the catalogue as it stands on a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from payments.catalogue.model import ServiceItem
from payments.catalogue.rows import DEPARTMENT, SERVICE_ITEM, SERVICE_PRICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

Priced = tuple[str, str, str, str, int]


def _priced(*which: ColumnElement[bool]) -> Select[Priced]:
    """Join each service with its newest price of *which* that has begun."""
    valid = (
        select(func.max(SERVICE_PRICE.c.valid_from))
        .where(
            SERVICE_PRICE.c.facility_id == SERVICE_ITEM.c.facility_id,
            SERVICE_PRICE.c.service_code == SERVICE_ITEM.c.code,
            SERVICE_PRICE.c.valid_from <= bindparam("today"),
            *which,
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
        .where(mine(SERVICE_ITEM))
    )


_IS_PRICE: Final = SERVICE_PRICE.c.ends == False  # noqa: E712 - SQL, not Python
_SOLD: Final = _priced().where(
    SERVICE_ITEM.c.is_active,
    _IS_PRICE,
    DEPARTMENT.c.is_active,
    DEPARTMENT.c.valid_from <= bindparam("today"),
    or_(DEPARTMENT.c.valid_to.is_(None), DEPARTMENT.c.valid_to > bindparam("today")),
)
_ALL: Final = Prepared(_SOLD.order_by(DEPARTMENT.c.name, SERVICE_ITEM.c.name))
_LISTED: Final = Prepared(
    _SOLD.where(SERVICE_ITEM.c.code > bindparam("after"))
    .order_by(SERVICE_ITEM.c.code)
    .limit(bindparam("most"))
)
_ASKED: Final = SERVICE_ITEM.c.code.in_(bindparam("codes", expanding=True))
_OF_CODES: Final = _SOLD.where(_ASKED)
#: What was ordered on the last day of a price keeps that price, though the service has ended.
_OF_CODES_EVER: Final = _priced(_IS_PRICE).where(_ASKED)


def services(tx: UnitOfWork, day: HospitalDay | None = None) -> tuple[ServiceItem, ...]:
    """List what can be ordered on *day* (today when None), by department and name."""
    return _items(tuple(_ALL.all(tx, today=day.date if day else _today(tx))))


def listed(tx: UnitOfWork, *, after: str, limit: int) -> tuple[ServiceItem, ...]:
    """List what can be ordered today by code, from the one that follows *after*."""
    return tuple(map(_item, _LISTED.all(tx, today=_today(tx), after=after, most=limit)))


def priced(tx: UnitOfWork, codes: Collection[str]) -> dict[str, ServiceItem]:
    """Look up *codes* at today's price; what is unknown, inactive or unpriced is left out."""
    return _of_codes(tx, _OF_CODES, codes, _today(tx))


def priced_on(tx: UnitOfWork, codes: Collection[str], day: HospitalDay) -> dict[str, ServiceItem]:
    """Look up *codes* at the price of *day*; also what is no longer sold, for it was ordered."""
    return _of_codes(tx, _OF_CODES_EVER, codes, day.date)


def _of_codes(
    tx: UnitOfWork, statement: Select[Priced], codes: Collection[str], day: date
) -> dict[str, ServiceItem]:
    rows = tx.execute(statement, {"mine": tx.facility, "today": day, "codes": list(codes)})
    return {item.code: item for item in map(_item, map(tuple, rows))}


def _today(tx: UnitOfWork) -> date:
    return HospitalDay.of(tx.now()).date


@lru_cache(maxsize=16)
def _items(rows: tuple[Priced, ...]) -> tuple[ServiceItem, ...]:
    """
    Make the items of what was just read. The same rows give the very same tuple again.

    Nothing of a price is kept beyond its row: another price is another row, and so another tuple.
    """
    return tuple(map(_item, rows))


def _item(row: Priced) -> ServiceItem:
    return ServiceItem(*row[:4], vnd(row[4]))
