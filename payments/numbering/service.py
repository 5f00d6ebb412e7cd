"""
Gives numbers. The counter row is locked last and shortly, never beside money that waits.

Source of the rule: a number series of accounting vouchers is continuous; a spoilt number stays in
the list with its reason.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict
from payments.numbering.rows import NUMBER_SERIES, NUMBER_USE
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

#: A reservation whose transaction has not come by then never will.
RESERVED_AT_MOST: Final = timedelta(minutes=10)


class NumberTaken(Conflict):
    code = "number-taken"


def take(tx: UnitOfWork, series: str, subject: str, *, state: str = "used") -> str:
    """
    Give *subject* the next number of *series* in this year: ``VP26000123``.

    A subject that has a number already gets the same again, so that a repeat leaves no gap.
    """
    year = HospitalDay.of(tx.now()).date.year
    insert_new(tx, NUMBER_SERIES, {"series": series, "year": year, "last": 0})
    here = (
        (NUMBER_SERIES.c.facility_id == tx.facility)
        & (NUMBER_SERIES.c.series == series)
        & (NUMBER_SERIES.c.year == year)
    )
    last = tx.lock(Lock.NUMBER_SERIES, select(NUMBER_SERIES.c.last).where(here)).scalar_one()
    given = tx.execute(
        select(NUMBER_USE.c.year, NUMBER_USE.c.number).where(
            NUMBER_USE.c.facility_id == tx.facility,
            NUMBER_USE.c.series == series,
            NUMBER_USE.c.subject == subject,
        )
    ).first()
    if given is not None:
        return written(series, given.year, given.number)
    tx.execute(update(NUMBER_SERIES).where(here).values(last=last + 1))
    insert_new(
        tx,
        NUMBER_USE,
        {
            "series": series,
            "year": year,
            "number": last + 1,
            "state": state,
            "subject": subject,
            "reason": "",
            "at": tx.now(),
        },
    )
    return written(series, year, last + 1)


def use(tx: UnitOfWork, series: str, subject: str) -> None:
    """
    Turn the reservation of *subject* into use, in the transaction that uses it.

    Raises:
        NumberTaken: the reservation was voided meanwhile.
    """
    changed = tx.execute(
        update(NUMBER_USE)
        .where(
            NUMBER_USE.c.facility_id == tx.facility,
            NUMBER_USE.c.series == series,
            NUMBER_USE.c.subject == subject,
            NUMBER_USE.c.state == "reserved",
        )
        .values(state="used")
    )
    if changed.rowcount != 1:
        raise NumberTaken("the reserved number was voided; please try again")


def void_stale(tx: UnitOfWork) -> int:
    """Void reservations that nobody came for; returns how many."""
    return tx.execute(
        update(NUMBER_USE)
        .where(
            NUMBER_USE.c.facility_id == tx.facility,
            NUMBER_USE.c.state == "reserved",
            NUMBER_USE.c.at < tx.now() - RESERVED_AT_MOST,
        )
        .values(state="void", reason="reserved and not used")
    ).rowcount


def written(series: str, year: int, number: int) -> str:
    return f"{series}{year % 100:02d}{number:06d}"
