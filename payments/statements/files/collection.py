"""
Daily collection: one row for each ledger transaction that moved money, and for each set-off.

All movements stand in it (patients' money, refunds, fees, interest), so that the sum of the column
*amount* is what the ledger's money accounts changed by, to the đồng.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from sqlalchemy import Row as Found
from sqlalchemy import case, func, select

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.keys import Keys
from payments.ledger.rows import ENTRY, TXN
from payments.patients.service import name_of
from payments.statements.files.circumstances import Circumstances, circumstances
from payments.statements.files.entries import (
    account_ids,
    of_facility,
    people,
    rolled_up,
    streamed,
)
from payments.statements.model import (
    LANGUAGE,
    Column,
    Kind,
    Proof,
    Reading,
    Row,
    Statement,
)
from payments.words import catalogue

#: Cash, money on its way, bank, gateways.
MONEY: Final = ("1000", "1010", "1020", "1100", "1200")
_DEPOSITS: Final = "2000"
_SET_OFF: Final = ("deposit.apply", "deposit.release")
#: How a kind of transaction is called in the book of the day; others are ``other``.
_KINDS: Final = {
    "pay.cash": "fee", "pay.bank": "fee", "pay.gateway": "fee", "pay.unmatched": "unknown",
    "deposit.in": "deposit", "deposit.apply": "set_off", "deposit.release": "set_off",
    "refund.done": "refund", "refund.bounced": "refund_back", "till.close": "over_short",
    "bank.other": "bank", "settle": "gateway_fee", "bhyt.advance": "insurer",
    "bhyt.paid": "insurer", "bhyt.payback": "insurer",
}  # fmt: skip


def rows(reading: Reading) -> Iterator[Row]:
    tx, span = reading.tx, reading.span
    names = people(tx)
    money, deposits = account_ids(tx, MONEY), account_ids(tx, (_DEPOSITS,))
    is_money = ENTRY.c.account_id.in_(list(money))
    is_set_off = ENTRY.c.account_id.in_(list(deposits)) & TXN.c.kind.in_(_SET_OFF)
    moved = func.sum(case((is_money, ENTRY.c.amount), else_=0))
    set_off = func.sum(case((is_set_off, ENTRY.c.amount), else_=0))
    statement = (
        select(
            TXN.c.id, TXN.c.kind, TXN.c.booked_on, TXN.c.effective_at,
            moved.label("moved"), set_off.label("set_off"),
        )
        .join(ENTRY, of_facility(ENTRY, TXN, ENTRY.c.txn_id == TXN.c.id))
        .where(
            TXN.c.facility_id == tx.facility,
            TXN.c.booked_on.between(span.first.date, span.last.date),
            is_money | is_set_off,
        )
        .group_by(TXN.c.id, TXN.c.kind, TXN.c.booked_on, TXN.c.effective_at)
        .having((moved != 0) | (set_off != 0))
        .order_by(TXN.c.booked_on, TXN.c.id)
    )  # fmt: skip
    for page in streamed(tx, statement):
        known = circumstances(tx, [one.id for one in page], names)
        for one in page:
            yield _row(one, known, reading.keys)


def _row(one: Found[Any], known: Circumstances, keys: Keys) -> Row:
    paid = known.payments.get(one.id)
    patient = known.patients.get(one.id)
    late = HospitalDay.of(one.effective_at)
    said = [] if paid is None else [_said("flag", flag) for flag in paid.flags.split(",") if flag]
    if late.date != one.booked_on:
        # The day of its money was closed: it is booked on the open day, and says so.
        said.append(catalogue.say("statement.late", LANGUAGE, {"day": f"{late.date:%d/%m/%Y}"}))
    category = ""
    if patient is not None and patient.covered is not None:
        category = _said("category", "bhyt" if patient.covered else "fee")
    return (
        one.booked_on,
        "" if paid is None or paid.shift_id is None else str(paid.shift_id),
        "" if paid is None else paid.cash_point or "",
        "" if paid is None else known.people.get(paid.cashier or "", paid.cashier or ""),
        "" if paid is None else paid.receipt or "",
        "" if paid is None else paid.series or "",
        "" if patient is None else patient.invoice or "",
        "" if patient is None else patient.file_number,
        "" if patient is None else name_of(keys, patient.name_sealed),
        known.departments.get(one.id, ""),
        category,
        _said("kind", _KINDS.get(one.kind, "other")),
        "" if paid is None else _said("method", paid.method),
        "" if paid is None else paid.channel or "",
        Money(int(one.moved)),
        Money(int(one.set_off)),
        "" if paid is None else known.einvoices.get(paid.id, ""),
        "; ".join(said),
    )


@cache
def _said(group: str, key: str) -> str:
    return catalogue.say(f"statement.{group}.{key}", LANGUAGE)


def _moved(reading: Reading) -> Money:
    return rolled_up(reading, MONEY)


COLLECTION: Final = Statement(
    "collection",
    (
        Column("business_date", Kind.DAY),
        Column("shift_id", Kind.CODE),
        Column("cash_point", Kind.CODE),
        Column("cashier"),
        Column("receipt_no", Kind.CODE),
        Column("series", Kind.CODE),
        Column("invoice_no", Kind.CODE),
        Column("patient_id", Kind.IDENTIFIER),
        Column("patient_name"),
        Column("department", Kind.CODE),
        Column("category"),
        Column("kind"),
        Column("method"),
        Column("channel", Kind.CODE),
        Column("amount", Kind.AMOUNT, is_summed=True),
        Column("deposit_applied", Kind.AMOUNT, is_summed=True),
        Column("einvoice_no", Kind.IDENTIFIER),
        Column("note"),
    ),
    rows,
    Proof((("amount", 1),), _moved),
)
