"""The stand-in's objects as Stripe writes them: sessions, payments, charges, refunds, events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Refund, RefundState, State

SHORT_BY: Final = 1_000
_REFUNDS: Final = {
    RefundState.PENDING: "pending",
    RefundState.DONE: "succeeded",
    RefundState.REFUSED: "failed",
}
#: 2.9 % of a payment; nothing is given back with a refund.
_FEE_PER_MILLE: Final = 29
_PAID_OUT_AFTER_S: Final = 2 * 24 * 3600


def session(order: Order, now: datetime, fault: Fault, *, is_expanded: bool) -> dict[str, Any]:
    facts = order.facts
    status = "open"
    if order.state is State.EXPIRED or (order.state is State.PENDING and is_over(order, now)):
        status = "expired"
    elif order.code:
        status = "complete"
    pay: Any = payment(order, fault, is_expanded=True) if is_expanded else facts["payment"]
    return {
        "id": "cs_test_forged" if fault.forge else facts["session"],
        "object": "checkout.session",
        "amount_total": _less(order.amount, fault),
        "cancel_url": facts["cancel_url"],
        "client_reference_id": facts["client_reference_id"],
        "created": seconds(order.created_at),
        "currency": facts["currency"],
        "expires_at": seconds(order.expires_at),
        "livemode": False,
        "metadata": facts["metadata"],
        "mode": "payment",
        # null until the payer pays.
        "payment_intent": pay if order.code else None,
        "payment_status": "paid" if facts["status"] == "succeeded" else "unpaid",
        "status": status,
        "success_url": order.return_url,
        "url": facts["url"] if status == "open" else None,
    }


def payment(order: Order, fault: Fault, *, is_expanded: bool) -> dict[str, Any]:
    facts = order.facts
    is_paid = facts["status"] == "succeeded"
    paid: Any = charge(order, fault) if is_expanded else charge_name(order)
    return {
        "id": "pi_forged" if fault.forge else facts["payment"],
        "object": "payment_intent",
        "amount": _less(order.amount, fault),
        "amount_capturable": order.amount if facts["status"] == "requires_capture" else 0,
        "amount_received": _less(order.paid, fault) if is_paid else 0,
        "cancellation_reason": None,
        "capture_method": facts["capture_method"],
        "client_secret": f"{facts['payment']}_secret_test",
        "created": seconds(order.created_at),
        "currency": facts["currency"],
        "latest_charge": paid if is_paid else None,
        "livemode": False,
        "metadata": facts["payment_metadata"],
        "status": facts["status"],
    }


def charge_name(order: Order) -> str:
    return str(order.facts["payment"]).replace("pi_", "ch_", 1)


def charge(order: Order, fault: Fault) -> dict[str, Any]:
    return {
        "id": charge_name(order),
        "object": "charge",
        "amount": _less(order.amount, fault),
        "amount_refunded": sum(
            one.amount for one in order.refunds if one.state is RefundState.DONE
        ),
        "created": seconds(order.paid_at),
        "currency": order.facts["currency"],
        "livemode": False,
        "metadata": order.facts["payment_metadata"],
        "paid": True,
        "payment_intent": order.facts["payment"],
        "status": "succeeded",
    }


def refund(order: Order, one: Refund, fault: Fault) -> dict[str, Any]:
    return {
        "id": refund_name(one),
        "object": "refund",
        "amount": _less(one.amount, fault),
        "charge": charge_name(order),
        "created": seconds(one.at),
        "currency": order.facts["currency"],
        "livemode": False,
        "metadata": one.facts["metadata"],
        "payment_intent": "pi_forged" if fault.forge else order.facts["payment"],
        "reason": one.facts["reason"],
        "status": _REFUNDS[one.state],
    }


def refund_name(one: Refund) -> str:
    return f"re_{one.number}"


def balance(source: Mapping[str, Any], amount: int, at: int, kind: str) -> dict[str, Any]:
    """Give the row of what *source* moved; *amount* is negative where money goes back."""
    fee = amount * _FEE_PER_MILLE // 1000 if kind == "charge" else 0
    return {
        "id": f"txn_{source['id']}",
        "object": "balance_transaction",
        "amount": amount,
        "available_on": at + _PAID_OUT_AFTER_S,
        "created": at,
        "currency": "vnd",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{"amount": fee, "currency": "vnd", "type": "stripe_fee"}] if fee else [],
        "livemode": False,
        "net": amount - fee,
        "reporting_category": kind,
        "source": dict(source),
        "status": "available",
        "type": kind,
    }


def event(number: int, kind: str, created: int, thing: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": created,
        "data": {"object": dict(thing)},
        "livemode": False,
        "pending_webhooks": 1,
        "type": kind,
    }


def is_over(order: Order, now: datetime) -> bool:
    return order.expires_at is not None and now >= order.expires_at


def seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment is not None else None


def _less(amount: int, fault: Fault) -> int:
    return amount - (SHORT_BY if fault.wrong_amount else 0)
