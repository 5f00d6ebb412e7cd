"""
The stand-in's orders by API: one, a list, cancel, void; behind Basic credentials.

Objects and the sentences of a change are those of SePay's documents; that a change also gives the
order back, and the statuses 401, 404 and 409, are our choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from adapters._sandbox.orders import Order, Refund, RefundState, State
from adapters._sandbox.stand import Stand, fault_of_request
from adapters._wire.fields import as_local
from adapters.sepay_pg.sandbox_settlement import settle_day, uuid_of

_STATUSES: Final = {
    State.PENDING: "AUTHENTICATION_NOT_NEEDED",
    State.PAID: "CAPTURED",
    State.CANCELLED: "CANCELLED",
}
_PAGE_MAX: Final = 100
_SHORT_BY: Final = 1_000


def routes(app: Flask, stand: Stand, is_merchant: Callable[[], bool]) -> None:
    """Add the API to *app*."""

    @app.get("/v1/order")
    def orders() -> ResponseReturnValue:
        if not is_merchant():
            return _refused(401, "Unauthorized")
        found = _searched(stand)
        per_page = min(max(request.args.get("per_page", 20, type=int), 1), _PAGE_MAX)
        page = max(request.args.get("page", 1, type=int), 1)
        shown = found[(page - 1) * per_page : page * per_page]
        return jsonify(
            data=[_listed(one) for one in shown],
            meta={
                "per_page": per_page,
                "total": len(found),
                "has_more": page * per_page < len(found),
                "current_page": page,
                "page_count": -(-len(found) // per_page),
            },
        )

    @app.get("/v1/order/detail/<name>")
    def detail(name: str) -> ResponseReturnValue:
        if not is_merchant():
            return _refused(401, "Unauthorized")
        order = stand.orders.find(name) or next(
            (one for one in stand.orders if one.facts["order_id"] == name), None
        )
        if order is None:
            return _refused(404, "Order not found")
        return jsonify(data=_detailed(order))

    @app.post("/v1/order/cancel")
    def cancel() -> ResponseReturnValue:
        return _change(stand, is_merchant, _cancelled, "Đã hủy đơn hàng thành công")

    @app.post("/v1/order/voidTransaction")
    def void() -> ResponseReturnValue:
        return _change(stand, is_merchant, _voided, "Đã hủy giao dịch thành công")


def told_order(order: Order) -> dict[str, Any]:
    """Give what messages and answers tell of an order."""
    return {
        "id": order.facts["id"],
        "order_id": order.facts["order_id"],
        "order_status": status_of(order),
        "order_currency": "VND",
        "order_amount": f"{order.amount}.00",
        "order_invoice_number": order.reference,
        "order_description": order.facts.get("order_description", ""),
    }


def told_transaction(order: Order, refund: Refund | None, wrong: int) -> dict[str, Any]:
    """Give the payment of *order*, or its void; *wrong* đồng less."""
    number = refund.number if refund else order.number
    amount = (refund.amount if refund else order.paid) - wrong
    at = refund.at if refund else order.paid_at
    told = {
        "id": uuid_of(number),
        "payment_method": order.facts["paid_with"],
        "transaction_id": f"{number:013x}",
        "transaction_type": "REFUND" if refund else "PAYMENT",
        "transaction_date": _at(at),
        "transaction_status": "APPROVED",
        "transaction_amount": str(amount),
        "transaction_currency": "VND",
        "authentication_status": None,
    }
    if order.facts["paid_with"] == "CARD":
        # A made-up card: first six and last four are all that is ever told.
        told |= {
            "authentication_status": "AUTHENTICATION_SUCCESSFUL",
            "card_number": "000000XXXXXX0000",
            "card_holder_name": "NGUYEN VAN THU",
            "card_expiry": "1230",
            "card_funding_method": "CREDIT",
            "card_brand": "VISA",
        }
    return told


def status_of(order: Order) -> str:
    if order.state is State.PAID and order.refunds:
        return "VOIDED"
    return _STATUSES.get(order.state, order.code)


def _change(
    stand: Stand,
    is_merchant: Callable[[], bool],
    change: Callable[[Stand, Order], Order | None],
    sentence: str,
) -> ResponseReturnValue:
    if not is_merchant():
        return _refused(401, "Unauthorized")
    asked = request.get_json(silent=True)
    name = asked.get("order_invoice_number") if isinstance(asked, dict) else None
    with stand.orders.lock:
        order = stand.orders.find(name) if isinstance(name, str) else None
        if order is None:
            return _refused(404, "Order not found")
        changed = change(stand, order)
    if changed is None:
        return _refused(409, "Order is not in a state that allows this")
    return jsonify(message=sentence, data=_detailed(changed))


def _cancelled(stand: Stand, order: Order) -> Order | None:
    """Cancel what is unpaid and no card is bound to (SePay's page on cancelling)."""
    if order.state is not State.PENDING or order.facts.get("payment_method") == "CARD":
        return None
    now = stand.clock.now()
    return stand.orders.save(order.ended(State.CANCELLED, "CANCELLED", now))


def _voided(stand: Stand, order: Order) -> Order | None:
    """Void a payment by card once, before it is settled (SePay's page on voiding)."""
    now = stand.clock.now()
    is_card = order.facts.get("paid_with") == "CARD"
    if order.state is not State.PAID or order.paid_at is None or not is_card or order.refunds:
        return None
    if now >= settle_day(order.paid_at).starts_at:
        return None
    number = stand.orders.new_number()
    refund = Refund(f"void-{number}", number, order.paid, now, RefundState.DONE)
    saved = stand.orders.save(order.with_refund(refund))
    stand.tell(saved, refund)
    return saved


def _searched(stand: Stand) -> list[Order]:
    asked = request.args
    wanted, text = asked.get("order_status"), asked.get("q", "")
    customer = asked.get("customer_id")
    found = [
        one
        for one in stand.orders
        if wanted in (None, "", status_of(one))
        and text in f"{one.reference} {one.facts['order_id']} {one.facts.get('order_description')}"
        and customer in (None, "", one.facts.get("customer_id"))
        and _is_of_days(as_local(one.created_at)[:10], asked)
    ]
    is_rising = asked.get("sort[created_at]", "desc") == "asc"
    return sorted(found, key=lambda one: (one.created_at, one.number), reverse=not is_rising)


def _is_of_days(day: str, asked: Mapping[str, str]) -> bool:
    exact, first, last = (
        asked.get(name, "")[:10] for name in ("created_at", "from_created_at", "to_created_at")
    )
    return (not exact or day == exact) and (first or day) <= day <= (last or day)


def _listed(order: Order) -> dict[str, Any]:
    changed = [one.at for one in order.refunds] or [order.paid_at or order.created_at]
    return {
        **told_order(order),
        "customer_id": order.facts.get("customer_id"),
        "authentication_status": None,
        "created_at": _at(order.created_at),
        "updated_at": _at(max(changed)),
    }


def _detailed(order: Order) -> dict[str, Any]:
    wrong = _SHORT_BY if fault_of_request().wrong_amount else 0
    told = [told_transaction(order, None, wrong)] if order.paid_at else []
    told += [told_transaction(order, one, wrong) for one in order.refunds]
    return {
        **_listed(order),
        "transactions": [
            {**one, "transaction_last_updated_date": one["transaction_date"]} for one in told
        ],
    }


def _at(moment: datetime | None) -> str | None:
    return as_local(moment) if moment else None


def _refused(status: int, message: str) -> ResponseReturnValue:
    return jsonify(message=message), status
