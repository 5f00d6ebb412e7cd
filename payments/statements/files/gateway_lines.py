"""The lines of the gateways' accounts: each payment with what its payout says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row as Found
from sqlalchemy import select

from payments.intents.rows import GATEWAY_BOOKING, INTENT
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.ledger import queries as ledger
from payments.payouts.rows import PAYOUT, PAYOUT_LINE
from payments.receipts.rows import PAYMENT
from payments.statements.files.entries import PAGE, asked, of_facility
from payments.statements.model import LANGUAGE, Row
from payments.storage.unit_of_work import UnitOfWork
from payments.words import catalogue

GATEWAY: Final = "1200"


def gateway_rows(tx: UnitOfWork, day: HospitalDay) -> Iterator[Row]:
    """Give the rows of *day*, in the columns of the reconciliation."""
    lines = ledger.lines_of_day(tx, GATEWAY, day)
    for start in range(0, len(lines), PAGE):
        page = lines[start : start + PAGE]
        paid = {row.id: row for row in _paid(tx, [one.subject_id for one in page])}
        out = {row.payment_id: row for row in _paid_out(tx, list(paid))}
        for line in page:
            payment = None if line.subject_id is None else paid.get(line.subject_id)
            told = None if payment is None else out.get(payment.id)
            # What a payout takes off the gateway's account has its payment's line beside it.
            is_in = line.amount.dong > 0
            yield (
                day.date,
                line.account.partition(":")[2],
                "",
                "",
                "" if payment is None else payment.transaction or "",
                "" if payment is None else payment.code or "",
                "" if payment is None else payment.invoice or "",
                line.effective_at,
                None if told is None else told.occurred_at,
                line.amount,
                Money(told.gross) if told is not None and is_in else None,
                None,
                Money(told.fee + told.tax) if told is not None and is_in else None,
                Money(told.net) if told is not None and is_in else None,
                Money(told.gross - line.amount.dong) if told is not None and is_in else None,
                _gateway_state(told, is_in=is_in),
                "" if told is None else f"{told.channel} {told.batch}",
                "",
            )


def _gateway_state(told: Found[Any] | None, *, is_in: bool) -> str:
    if not is_in:
        return catalogue.say("statement.state.paid_out", LANGUAGE)
    if told is None:
        return catalogue.say("statement.state.waits", LANGUAGE)
    return catalogue.say(f"statement.payout.{told.verdict}", LANGUAGE)


def _paid(tx: UnitOfWork, payments: Sequence[UUID | None]) -> Iterator[Found[Any]]:
    statement = (
        select(
            PAYMENT.c.id,
            INTENT.c.code,
            INVOICE.c.number.label("invoice"),
            GATEWAY_BOOKING.c.transaction,
        )
        .outerjoin(INTENT, of_facility(INTENT, PAYMENT, INTENT.c.id == PAYMENT.c.intent_id))
        .outerjoin(INVOICE, of_facility(INVOICE, PAYMENT, INVOICE.c.id == PAYMENT.c.invoice_id))
        .outerjoin(
            GATEWAY_BOOKING,
            of_facility(GATEWAY_BOOKING, PAYMENT, GATEWAY_BOOKING.c.payment_id == PAYMENT.c.id),
        )
        .where(PAYMENT.c.facility_id == tx.facility)
    )
    return asked(tx, statement, PAYMENT.c.id, [one for one in payments if one is not None])


def _paid_out(tx: UnitOfWork, payments: Sequence[UUID]) -> Iterator[Found[Any]]:
    statement = (
        select(PAYOUT_LINE, PAYOUT.c.channel, PAYOUT.c.batch)
        .join(PAYOUT, of_facility(PAYOUT, PAYOUT_LINE, PAYOUT.c.id == PAYOUT_LINE.c.payout_id))
        .where(PAYOUT_LINE.c.facility_id == tx.facility, PAYOUT_LINE.c.kind == "pay")
    )
    return asked(tx, statement, PAYOUT_LINE.c.payment_id, payments)
