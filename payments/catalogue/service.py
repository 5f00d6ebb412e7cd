"""Adds departments, services and prices. A price is never changed: a new one begins on a day."""

from __future__ import annotations

from datetime import date
from typing import Final

from payments.catalogue.rows import DEPARTMENT, SERVICE_ITEM, SERVICE_PRICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: Departments that nobody dated were there before the first invoice.
_ALWAYS: Final = HospitalDay(date(2000, 1, 1))


def add_department(tx: UnitOfWork, code: str, name: str, *, since: HospitalDay = _ALWAYS) -> bool:
    """Add a department (revenue centre); False when it is there, and stays as it is."""
    values = {
        "code": code,
        "name": name,
        "is_active": True,
        "valid_from": since.date,
        "valid_to": None,
    }
    return insert_new(tx, DEPARTMENT, values)


def add_service(
    tx: UnitOfWork, code: str, name: str, *, department: str, price: Money, since: HospitalDay
) -> None:
    """Add a service with its first price; one that is there stays as it is."""
    insert_new(
        tx,
        SERVICE_ITEM,
        {"code": code, "name": name, "department_code": department, "is_active": True},
    )
    insert_new(
        tx,
        SERVICE_PRICE,
        {"service_code": code, "valid_from": since.date, "price": price.dong, "ends": False},
    )
