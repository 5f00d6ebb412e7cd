"""Writes the changes of a price list: rows are added, and a name is the only thing that changes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from payments import audit
from payments.catalogue import history, insured
from payments.catalogue.model import Change, Kind, ListChanged
from payments.catalogue.rows import SERVICE_INSURANCE, SERVICE_ITEM, SERVICE_PRICE
from payments.kernel.calendar import HospitalDay
from payments.storage.unit_of_work import UnitOfWork


def write(tx: UnitOfWork, changes: Sequence[Change], since: HospitalDay) -> None:
    """
    Write what *changes* say, from *since* on.

    Raises:
        ListChanged: another list, applied at the same moment, began a price on the same day.
    """
    known = history.items(tx)
    fresh, renamed, prices = [], [], []
    for one in changes:
        if one.kind is Kind.UNCHANGED:
            continue
        if one.code not in known:
            fresh.append(one)
        elif known[one.code] != (one.name, one.department):
            renamed.append(one)
        if one.former != one.price:
            prices.append(one)
    if fresh:
        tx.execute(insert(SERVICE_ITEM), [_item(tx, one) for one in fresh])
    for one in renamed:
        _rename(tx, one, known[one.code])
    told = [(one.code, one.insured) for one in changes if one.insured is not None]
    if prices or told:
        try:
            if prices:
                tx.execute(insert(SERVICE_PRICE), [_price(tx, one, since) for one in prices])
            if told:
                tx.execute(
                    insert(SERVICE_INSURANCE),
                    [
                        {"facility_id": tx.facility, **insured.values(code, facts, since)}
                        for code, facts in told
                    ],
                )
        except IntegrityError as error:
            # Another list, applied at the same moment, began a price on the same day.
            raise ListChanged() from error


def _rename(tx: UnitOfWork, one: Change, former: tuple[str, str]) -> None:
    """Names have no dates: papers keep the name that they were issued with."""
    tx.execute(
        update(SERVICE_ITEM)
        .where(SERVICE_ITEM.c.facility_id == tx.facility, SERVICE_ITEM.c.code == one.code)
        .values(name=one.name, department_code=one.department)
    )
    audit.append(tx, "service.renamed", f"service:{one.code}", name=former[0], department=former[1])


def _item(tx: UnitOfWork, one: Change) -> dict[str, object]:
    return {
        "facility_id": tx.facility,
        "code": one.code,
        "name": one.name,
        "department_code": one.department,
        "is_active": True,
    }


def _price(tx: UnitOfWork, one: Change, since: HospitalDay) -> dict[str, object]:
    return {
        "facility_id": tx.facility,
        "service_code": one.code,
        "valid_from": since.date,
        "price": one.price.dong if one.price is not None else 0,
        "ends": one.price is None,
    }
