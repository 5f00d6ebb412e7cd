"""The stand-in's orders: opened from what a client sends, found by Stripe's names, changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from adapters._sandbox.orders import Order, Refund, RefundState, State
from adapters._sandbox.stand import Stand
from adapters.stripe.requests import AMOUNT_MAX, EXPIRY_MAX, EXPIRY_MIN

#: About 0.50 USD.
_AMOUNT_MIN: Final = 13_000
_LINE: Final = re.compile(r"line_items\[(\d{1,2})\]\[price_data\]\[unit_amount\]")
_METADATA: Final = re.compile(r"metadata\[(\w{1,40})\]")
_PAYABLE: Final = frozenset({"requires_payment_method", "requires_confirmation"})

Fields = Mapping[str, str]


class Refused(Exception):
    """What Stripe answers instead of an object."""

    def __init__(self, status: int, message: str, *, code: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.kind = kind or "invalid_request_error"


def open_session(stand: Stand, fields: Fields, host_url: str) -> Order:
    """Add the session that is asked for. Raises Refused."""
    if fields.get("mode") != "payment" or not fields.get("success_url"):
        raise Refused(400, "mode and success_url are needed")
    lines = [one for one in map(_LINE.fullmatch, fields) if one is not None]
    amount = sum(_whole(fields, one[0]) * _quantity(fields, one[1]) for one in lines)
    currency = fields.get("line_items[0][price_data][currency]", "")
    now, expires_at = stand.clock.now(), _expiry(fields, stand.clock.now())
    with stand.orders.lock:
        number = stand.orders.new_number()
        session = f"cs_test_{number}"
        asked = fields.get("client_reference_id") or None
        # A second session of one reference is another order.
        taken = asked is None or stand.orders.find(asked) is not None
        made = _order(stand, number, _money(amount, currency), currency, fields)
        facts = {
            **made.facts,
            "session": session,
            "url": f"{host_url}c/pay/{session}",
            "cancel_url": fields.get("cancel_url", fields["success_url"]),
            "client_reference_id": asked,
            "metadata": metadata(fields),
            "payment_metadata": metadata(fields, "payment_intent_data"),
            "capture_method": fields.get("payment_intent_data[capture_method]", "automatic"),
        }
        return stand.orders.save(
            replace(
                made,
                reference=session if taken else str(asked),
                return_url=fields["success_url"].replace("{CHECKOUT_SESSION_ID}", session),
                created_at=now,
                expires_at=expires_at,
                facts=facts,
            )
        )


def open_payment(stand: Stand, fields: Fields) -> Order:
    """Add the payment intent that is asked for. Raises Refused."""
    amount, currency = _whole(fields, "amount"), fields.get("currency", "")
    with stand.orders.lock:
        number = stand.orders.new_number()
        return stand.orders.save(_order(stand, number, _money(amount, currency), currency, fields))


def find_session(stand: Stand, name: str) -> Order:
    return _find(stand, "session", name)


def find_payment(stand: Stand, name: str) -> Order:
    return _find(stand, "payment", name.replace("ch_", "pi_", 1))


def confirm(stand: Stand, order: Order, method: str) -> Order:
    """Pay as Stripe's test payment *method* does. Raises Refused."""
    if order.facts["status"] not in _PAYABLE or order.state is not State.PENDING:
        raise _unexpected()
    if method == "pm_card_chargeDeclined":
        stand.play(order.reference, "decline")
        raise Refused(402, "Your card was declined.", code="card_declined", kind="card_error")
    if method != "pm_card_visa":
        raise Refused(400, "No such PaymentMethod", code="resource_missing")
    return stand.play(order.reference, "pay")


def capture(stand: Stand, order: Order, fields: Fields) -> Order:
    """Take money that was set aside. Raises Refused."""
    given = "amount_to_capture" in fields
    amount = _whole(fields, "amount_to_capture") if given else order.amount
    if order.facts["status"] != "requires_capture":
        raise _unexpected()
    if not 0 < amount <= order.amount:
        raise Refused(400, "amount_to_capture is too large", code="amount_too_large")
    now = stand.clock.now()
    taken = replace(order.ended(State.PAID, "succeeded", now), paid=amount)
    return _tell(stand, taken, "succeeded", "payment_intent.succeeded")


def cancel(stand: Stand, order: Order) -> Order:
    """Give up a payment. Raises Refused."""
    if order.state is not State.PENDING:
        raise _unexpected()
    ended = order.ended(State.CANCELLED, "canceled", stand.clock.now())
    return _tell(stand, ended, "canceled", "payment_intent.canceled")


def expire(stand: Stand, order: Order) -> Order:
    """End a page that is open. Raises Refused."""
    if order.state is not State.PENDING or order.code:
        raise Refused(400, "Only Checkout Sessions with a status in open can be expired.")
    ended = order.ended(State.EXPIRED, "", stand.clock.now())
    return _tell(stand, ended, str(order.facts["status"]), "checkout.session.expired")


def refund(stand: Stand, fields: Fields) -> tuple[Order, Refund]:
    """Give money back, later. Raises Refused."""
    order = find_payment(stand, fields.get("payment_intent") or fields.get("charge", ""))
    if order.facts["status"] != "succeeded":
        raise Refused(400, "This PaymentIntent does not have a successful charge to refund.")
    rest = order.paid - order.refunded
    if not rest:
        raise Refused(400, "Charge has been refunded.", code="charge_already_refunded")
    amount = _whole(fields, "amount") if "amount" in fields else rest
    if not 0 < amount <= rest:
        raise Refused(400, "Refund amount is greater than unrefunded amount on charge")
    facts = {"metadata": metadata(fields), "reason": fields.get("reason")}
    number = stand.orders.new_number()
    made = Refund(str(number), number, amount, stand.clock.now(), RefundState.PENDING, facts)
    return stand.orders.save(order.with_refund(made)), made


def metadata(fields: Fields, inside: str = "") -> dict[str, str]:
    found = {}
    for name, value in fields.items():
        plain = name.replace(f"{inside}[metadata]", "metadata", 1) if inside else name
        if (read := _METADATA.fullmatch(plain)) and (not inside or plain != name):
            found[read[1]] = value
    return found


def told(order: Order, status: str, event: str, now: datetime) -> dict[str, Any]:
    """Give the facts of an order whose payment has come to *status* at *now*."""
    return {**order.facts, "status": status, "event": event, "event_at": int(now.timestamp())}


def _order(stand: Stand, number: int, amount: int, currency: str, fields: Fields) -> Order:
    payment = f"pi_{number}"
    return Order(
        reference=payment,
        amount=amount,
        created_at=stand.clock.now(),
        return_url="",
        notify_url=stand.notify_url,
        number=number,
        facts={
            "session": "",
            "payment": payment,
            "status": "requires_payment_method",
            "currency": currency,
            "capture_method": fields.get("capture_method", "automatic"),
            "payment_metadata": metadata(fields),
            "cancel_url": "",
        },
    )


def _tell(stand: Stand, order: Order, status: str, event: str) -> Order:
    facts = told(order, status, event, stand.clock.now())
    saved = stand.orders.save(replace(order, facts=facts))
    stand.tell(saved)
    return saved


def _find(stand: Stand, fact: str, name: str) -> Order:
    for one in stand.orders:
        if name and one.facts[fact] == name:
            found: Order = one
            return found
    raise Refused(404, f"No such object: '{name}'", code="resource_missing")


def _expiry(fields: Fields, now: datetime) -> datetime:
    if "expires_at" not in fields:
        return now + EXPIRY_MAX
    at = datetime.fromtimestamp(_whole(fields, "expires_at"), UTC)
    if not EXPIRY_MIN <= at - now <= EXPIRY_MAX:
        raise Refused(400, "The `expires_at` timestamp must be 30 minutes to 24 hours from now.")
    return at


def _money(amount: int, currency: str) -> int:
    if currency != "vnd":
        raise Refused(400, "Invalid currency: this stand-in knows vnd alone")
    if amount < _AMOUNT_MIN:
        raise Refused(400, "Amount must convert to at least 50 cents.", code="amount_too_small")
    if amount > AMOUNT_MAX.dong:
        raise Refused(400, "Amount must be no more than 99999999", code="amount_too_large")
    return amount


def _quantity(fields: Fields, line: str) -> int:
    return _whole(fields, f"line_items[{line}][quantity]")


def _whole(fields: Fields, name: str) -> int:
    text = fields.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Refused(400, f"Invalid integer: {name}", code="parameter_invalid_integer")
    return int(text)


def _unexpected() -> Refused:
    return Refused(400, "unexpected state", code="payment_intent_unexpected_state")
