"""What of a payment left its invoice again, by whichever way."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Table, func, select

from payments.receipts.rows import PAYMENT
from payments.refunds.disputes import State as Dispute
from payments.refunds.moves import Part
from payments.refunds.moves import State as Move
from payments.refunds.paybacks import State as Payback
from payments.refunds.rows import DISPUTE, OVERPAID_MOVE, PAYBACK, REFUND
from payments.refunds.status import BOOKED

_NOT_PAID_BACK: Final = (Payback.REQUESTED.value, Payback.REFUSED.value)


def given_back() -> ColumnElement[int]:
    """
    Give the sum in đồng, beside a row of ``payment`` in the same statement.

    It counts from the moment at which the books changed (P16), not from the bank's: a refund that
    bounced is owed still, and is of no invoice any more.
    """
    return (
        _sum(REFUND, REFUND.c.from_invoice, REFUND.c.state.in_(sorted(BOOKED)))
        + _sum(DISPUTE, DISPUTE.c.from_invoice, DISPUTE.c.state != Dispute.WON.value)
        + _sum(
            PAYBACK,
            PAYBACK.c.amount,
            PAYBACK.c.part == Part.INVOICE.value,
            PAYBACK.c.state.not_in(_NOT_PAID_BACK),
        )
        + _sum(
            OVERPAID_MOVE,
            OVERPAID_MOVE.c.amount,
            OVERPAID_MOVE.c.part == Part.INVOICE.value,
            OVERPAID_MOVE.c.state == Move.DONE.value,
        )
    )


def _sum(
    table: Table, amount: ColumnElement[int], *which: ColumnElement[bool]
) -> ColumnElement[int]:
    return (
        select(func.coalesce(func.sum(amount), 0))
        .where(
            table.c.facility_id == PAYMENT.c.facility_id,
            table.c.payment_id == PAYMENT.c.id,
            *which,
        )
        .correlate(PAYMENT)
        .scalar_subquery()
    )
