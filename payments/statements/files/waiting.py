"""Exceptions: every đồng that waits in suspense now, by whose it is, with what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row as Found
from sqlalchemy import func, select

from payments.bank.rows import BANK_CREDIT
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.ledger import queries as ledger
from payments.ledger.rows import ENTRY
from payments.receipts.rows import PAYMENT
from payments.statements.files.entries import account_ids, asked, of_facility, streamed
from payments.statements.model import LANGUAGE, Column, Kind, Proof, Reading, Row, Statement
from payments.storage.unit_of_work import UnitOfWork
from payments.words import catalogue

_SUSPENSE: Final = "2200"
#: Zero older than this is the aim (specification of the ledger, section 4), in working days.
DUE_WORKING_DAYS: Final = 3
_SATURDAY: Final = 5
#: The strongest flag says what is to be done.
_ACTIONS: Final = ("after_cancel", "duplicate", "overpaid", "unmatched")


def rows(reading: Reading) -> Iterator[Row]:
    tx = reading.tx
    left = func.sum(ENTRY.c.amount)
    statement = (
        select(ENTRY.c.subject_id, left.label("amount"))
        .where(
            ENTRY.c.facility_id == tx.facility,
            ENTRY.c.account_id.in_(list(account_ids(tx, (_SUSPENSE,)))),
        )
        .group_by(ENTRY.c.subject_id)
        .having(left != 0)
        .order_by(ENTRY.c.subject_id)
    )
    today = HospitalDay.of(tx.now())
    for page in streamed(tx, statement):
        known = _known(tx, [one.subject_id for one in page])
        for one in page:
            yield _row(one, known.get(one.subject_id), today)


def due_on(day: HospitalDay) -> HospitalDay:
    """Count working days on from *day*; a public holiday is not known here and shortens none."""
    left = DUE_WORKING_DAYS
    while left:
        day = day.plus(1)
        left -= day.date.weekday() < _SATURDAY
    return day


def _row(one: Found[Any], money: Found[Any] | None, today: HospitalDay) -> Row:
    flags = [] if money is None else [flag for flag in (money.flags or "").split(",") if flag]
    came = today if money is None else HospitalDay.of(money.at)
    action = next((flag for flag in _ACTIONS if flag in flags), "unmatched")
    return (
        str(one.subject_id),
        "; ".join(catalogue.say(f"statement.flag.{flag}", LANGUAGE) for flag in flags),
        Money(-int(one.amount)),
        (today.date - came.date).days,
        "",
        due_on(came).date,
        catalogue.say(f"statement.action.{action}", LANGUAGE),
        "",
    )


def _known(tx: UnitOfWork, subjects: Sequence[UUID]) -> dict[UUID, Found[Any]]:
    """The subject is a movement of the bank account, or a payment at a gateway."""
    of_bank = (
        select(BANK_CREDIT.c.id, BANK_CREDIT.c.occurred_at.label("at"), PAYMENT.c.flags)
        .outerjoin(
            PAYMENT, of_facility(PAYMENT, BANK_CREDIT, PAYMENT.c.credit_id == BANK_CREDIT.c.id)
        )
        .where(BANK_CREDIT.c.facility_id == tx.facility)
    )
    of_gateway = select(PAYMENT.c.id, PAYMENT.c.received_at.label("at"), PAYMENT.c.flags).where(
        PAYMENT.c.facility_id == tx.facility
    )
    found = {row.id: row for row in asked(tx, of_gateway, PAYMENT.c.id, subjects)}
    return found | {row.id: row for row in asked(tx, of_bank, BANK_CREDIT.c.id, subjects)}


def _waits(reading: Reading) -> Money:
    return -ledger.balance(reading.tx, _SUSPENSE)


EXCEPTIONS: Final = Statement(
    "exceptions",
    (
        Column("id", Kind.CODE),
        Column("flags"),
        Column("amount", Kind.AMOUNT, is_summed=True),
        Column("age_days", Kind.COUNT),
        Column("owner"),
        Column("due", Kind.DAY),
        Column("next_action"),
        Column("resolution"),
    ),
    rows,
    Proof((("amount", 1),), _waits),
    is_of_now=True,
)
