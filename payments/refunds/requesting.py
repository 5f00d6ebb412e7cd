"""Writes down what somebody asks for: nothing of it is booked or ordered yet."""

from __future__ import annotations

from payments.kernel.money import Money
from payments.refunds.model import Refund
from payments.refunds.sources import Source
from payments.refunds.status import State
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


def new(
    tx: UnitOfWork, of: Source, amount: Money, reason: str, key: str, parts: tuple[Money, Money]
) -> Refund:
    """Make a request; *parts* of it are of suspense, and of what the invoice has too much."""
    made = new_id()
    return Refund(
        id=made,
        key=made.hex.upper(),
        payment=of.payment,
        intent=of.intent,
        channel=of.channel,
        amount=amount,
        from_suspense=parts[0],
        from_invoice=parts[1],
        refunded_before=Money(0),
        state=State.REQUESTED,
        reason=reason,
        requested_by=tx.scope.actor,
        requested_at=tx.now(),
        approved_by=None,
        approved_at=None,
        approved_login="",
        gateway_id="",
        trouble=None,
        must_send=False,
        asked=0,
        next_ask_at=None,
        suspense_txn=None,
        invoice_txn=None,
        ended_at=None,
        idem_key=key,
    )
