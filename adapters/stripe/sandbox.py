"""
Stripe's stand-in: Checkout's page, payments, refunds, balance, events; orders keep their states.

Card data are asked for nowhere: the page has buttons for what a card would do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import httpx
from flask import Flask

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Refund, RefundState, State
from adapters._sandbox.stand import Planted, Stand
from adapters.stripe import sandbox_api, sandbox_balance, sandbox_book, sandbox_objects, signature
from adapters.stripe.settings import SANDBOX_SETTINGS
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock

_WRONG_KEY: Final = "whsec_forged"
_COMPLETED: Final = "checkout.session.completed"


@dataclass(frozen=True, slots=True)
class _End:
    """What an act makes of an order: state, status of the payment, event that tells of it."""

    state: State
    status: str
    event: str


_ENDS: Final[Mapping[str, _End]] = {
    "pay": _End(State.PAID, "succeeded", _COMPLETED),
    "late": _End(State.PAID, "succeeded", "checkout.session.async_payment_succeeded"),
    "authorise": _End(
        State.PENDING, "requires_capture", "payment_intent.amount_capturable_updated"
    ),
    "decline": _End(State.PENDING, "requires_payment_method", "payment_intent.payment_failed"),
    "refuse": _End(
        State.FAILED, "requires_payment_method", "checkout.session.async_payment_failed"
    ),
    "expire": _End(State.EXPIRED, "requires_payment_method", "checkout.session.expired"),
    # In no table of Stripe.
    "unknown": _End(State.REVIEW, "frozen", "payment_intent.frozen"),
}


@dataclass(frozen=True, slots=True)
class StripeBehaviour:
    secret: str = field(default=SANDBOX_SETTINGS["webhook_secret"], repr=False)
    #: Answers by idempotency key, to be given again.
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    #: Differences that the balance of a day shows.
    planted: dict[HospitalDay, Planted] = field(default_factory=dict)

    name: str = "stripe"
    title: str = "Stripe"
    hosts: frozenset[str] = frozenset({"api.stripe.com", "checkout.stripe.com", "stripe.localhost"})
    paths: tuple[str, ...] = (
        "/v1/checkout/sessions",
        "/v1/payment_intents",
        "/v1/refunds",
        "/v1/balance_transactions",
        "/v1/payouts",
        "/c/pay/",
    )
    #: Up to three days with longer and longer pauses; the numbers are our choice.
    schedule_min: tuple[float, ...] = (0, 5, 30, 120, 300, 600, 1200, 2400, 4320)
    acts: Mapping[str, str] = field(
        default_factory=lambda: {
            "pay": "Trả đủ",
            "authorise": "Giữ tiền",
            "decline": "Thẻ bị từ chối, thử lại được",
            "refuse": "Trả chậm và thất bại",
            "cancel": "Quay lại",
            "expire": "Để hết hạn",
            "unknown": "Kết quả lạ",
            "late": "Trả muộn",
        }
    )

    def claims(self, environ: Mapping[str, Any]) -> bool:
        return True

    def routes(self, app: Flask, stand: Stand) -> None:
        sandbox_api.routes(app, stand, self.kept, self.planted)

    def play(self, order: Order, act: str, now: datetime) -> Order:
        is_open = order.state is State.PENDING and order.facts["status"] != "requires_capture"
        # Who leaves the page ends nothing.
        if act == "cancel" or order.state is State.PAID or not (is_open or act == "late"):
            return order
        if act == "pay" and order.facts["capture_method"] == "manual":
            act = "authorise"
        end = _ENDS[act]
        if not order.facts["session"] and end.event == _COMPLETED:
            end = replace(end, event="payment_intent.succeeded")
        changed = order.ended(end.state, end.status, now)
        # A declined card leaves the page open, and an ended page has no payment.
        code = "" if act in ("decline", "expire") else end.status
        expires_at = now if act == "expire" else order.expires_at
        facts = sandbox_book.told(order, end.status, end.event, now)
        return replace(changed, code=code, expires_at=expires_at, facts=facts)

    def message(
        self, order: Order, refund: Refund | None, now: datetime, fault: Fault
    ) -> httpx.Request | None:
        kind = str(order.facts.get("event", ""))
        if not order.notify_url or (refund is None and not kind):
            return None
        number, created = order.number, int(order.facts.get("event_at", 0))
        spoilt = Fault(wrong_amount=fault.wrong_amount)
        if refund is not None:
            number, created = refund.number, int(sandbox_objects.seconds(refund.at) or 0)
            is_refused = refund.state is RefundState.REFUSED
            kind = "refund.failed" if is_refused else "refund.updated"
            thing = sandbox_objects.refund(order, refund, spoilt)
        elif kind.startswith("checkout."):
            thing = sandbox_objects.session(order, now, spoilt, is_expanded=False)
        else:
            thing = sandbox_objects.payment(order, spoilt, is_expanded=False)
        told_of = sandbox_objects.event(number, kind, created, thing)
        body = json.dumps(told_of, ensure_ascii=False).encode()
        key = _WRONG_KEY if fault.forge else self.secret
        headers = {
            "content-type": "application/json; charset=utf-8",
            signature.HEADER: signature.header(body, int(now.timestamp()), key),
        }
        return httpx.Request("POST", order.notify_url, content=body, headers=headers)

    def heard(self, answer: httpx.Response) -> bool:
        return answer.is_success

    def back(self, order: Order, now: datetime) -> str:
        return order.return_url if order.code else str(order.facts["cancel_url"])

    def settlement(self, orders: Sequence[Order], day: HospitalDay, planted: Planted) -> bytes:
        """Give the balance of *day* as JSON; its list shows the *planted* differences from now."""
        self.planted[day] = planted
        return json.dumps(sandbox_balance.rows(orders, day, planted)).encode()


def open_sandbox(options: SandboxOptions, clock: Clock) -> Stand:
    """Open Stripe's stand-in; ``options.notify["stripe"]`` is the endpoint for events."""
    return Stand(StripeBehaviour(), clock, options)
