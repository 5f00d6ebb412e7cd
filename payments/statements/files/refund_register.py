"""Refund register: what was asked to go back in the span, by whom, who approved it, what became."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row as Found
from sqlalchemy import func, or_, select

from payments.kernel.money import ZERO, Money
from payments.ledger.rows import ENTRY, TXN
from payments.receipts.rows import RECEIPT
from payments.refunds.paybacks import State as PaybackState
from payments.refunds.rows import PAYBACK, REFUND
from payments.refunds.status import State
from payments.statements.files.entries import (
    account_ids,
    asked,
    of_facility,
    people,
    streamed,
)
from payments.statements.model import LANGUAGE, Column, Kind, Proof, Reading, Row, Statement
from payments.storage.unit_of_work import UnitOfWork
from payments.words import catalogue

_OWED: Final = "2100"
#: From owed to paid out, and back where a bank returned it.
_PAID: Final = ("refund.done", "refund.bounced")


def rows(reading: Reading) -> Iterator[Row]:
    names = people(reading.tx)
    yield from _refunds(reading, names)
    yield from _paybacks(reading, names)


def _refunds(reading: Reading, names: Mapping[str, str]) -> Iterator[Row]:
    """Refunds through the gateway that had brought the money."""
    tx = reading.tx
    statement = (
        select(REFUND)
        .where(REFUND.c.facility_id == tx.facility, _asked_in(reading, REFUND))
        .order_by(REFUND.c.requested_at, REFUND.c.id)
    )
    for page in streamed(tx, statement):
        receipts = _receipts(tx, [one.payment_id for one in page])
        for one in page:
            amount = Money(one.amount)
            yield (
                str(one.id),
                one.requested_at,
                receipts.get(one.payment_id, ""),
                amount,
                amount if one.state == State.DONE else ZERO,
                one.reason,
                names.get(one.requested_by, one.requested_by),
                names.get(one.approved_by or "", one.approved_by or ""),
                one.channel,
                "",
                one.ended_at if one.state == State.DONE else None,
                one.gateway_id,
                catalogue.say(f"statement.refund.{one.state}", LANGUAGE),
            )


def _paybacks(reading: Reading, names: Mapping[str, str]) -> Iterator[Row]:
    """Money back to a bank account that its payee has named."""
    tx = reading.tx
    statement = (
        select(PAYBACK)
        .where(PAYBACK.c.facility_id == tx.facility, _asked_in(reading, PAYBACK))
        .order_by(PAYBACK.c.requested_at, PAYBACK.c.id)
    )
    for page in streamed(tx, statement):
        receipts = _receipts(tx, [one.payment_id for one in page])
        for one in page:
            amount = Money(one.amount)
            is_paid = one.state == PaybackState.PAID
            yield (
                str(one.id),
                one.requested_at,
                receipts.get(one.payment_id, ""),
                amount,
                amount if is_paid else ZERO,
                one.reason,
                names.get(one.requested_by, one.requested_by),
                names.get(one.approved_by or "", one.approved_by or ""),
                catalogue.say("statement.route.account", LANGUAGE),
                _masked(one),
                one.ended_at if is_paid else None,
                one.code,
                catalogue.say(f"statement.payback.{one.state}", LANGUAGE),
            )


def _masked(one: Found[Any]) -> str:
    return f"{one.bank} …{one.account_last4}" if one.account_last4 else ""


def _receipts(tx: UnitOfWork, payments: Sequence[UUID]) -> dict[UUID, str]:
    statement = select(RECEIPT.c.payment_id, RECEIPT.c.number).where(
        RECEIPT.c.facility_id == tx.facility
    )
    return {
        row.payment_id: row.number for row in asked(tx, statement, RECEIPT.c.payment_id, payments)
    }


def _asked_in(reading: Reading, table: Any) -> Any:
    span = reading.span
    return (table.c.requested_at >= span.first.starts_at) & (
        table.c.requested_at < span.last.ends_at
    )


def _paid_out(reading: Reading) -> Money:
    """Ask the ledger what left 2100 for the refunds of the span, whenever it left."""
    tx = reading.tx
    mine = [
        select(table.c.id).where(table.c.facility_id == tx.facility, _asked_in(reading, table))
        for table in (REFUND, PAYBACK)
    ]
    total = tx.execute(
        select(func.coalesce(func.sum(ENTRY.c.amount), 0))
        .join(TXN, of_facility(TXN, ENTRY, TXN.c.id == ENTRY.c.txn_id))
        .where(
            ENTRY.c.facility_id == tx.facility,
            ENTRY.c.account_id.in_(list(account_ids(tx, (_OWED,)))),
            ENTRY.c.subject_type == "refund",
            or_(*(ENTRY.c.subject_id.in_(one) for one in mine)),
            TXN.c.kind.in_(_PAID),
        )
    ).scalar_one()
    return Money(int(total))


REFUNDS: Final = Statement(
    "refunds",
    (
        Column("request_no", Kind.CODE),
        Column("requested_at", Kind.TIME),
        Column("receipt_no", Kind.CODE),
        Column("amount", Kind.AMOUNT, is_summed=True),
        Column("paid_out", Kind.AMOUNT, is_summed=True),
        Column("reason"),
        Column("maker"),
        Column("checker"),
        Column("route", Kind.CODE),
        Column("payee_account"),
        Column("sent_at", Kind.TIME),
        Column("bank_ref", Kind.IDENTIFIER),
        Column("state"),
    ),
    rows,
    Proof((("paid_out", 1),), _paid_out),
)
