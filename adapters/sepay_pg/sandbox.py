"""
The stand-in of SePay's payment gateway: form, payer's page, orders by API, messages, statement.

Names, types and key sets are those of SePay's documents and SDK; what no document says is our
choice and said so where it is made.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx
from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Refund, State
from adapters._sandbox.stand import Planted, Stand, pay_page
from adapters.sepay_pg import sandbox_api, sandbox_settlement, signature
from adapters.sepay_pg.settings import METHODS, SANDBOX_SETTINGS
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock

_WRONG_KEY: Final = "forged"
_SHORT_BY: Final = 1_000
_AMOUNT: Final = re.compile("[1-9][0-9]{0,14}")
_INVOICE: Final = re.compile("[A-Za-z0-9_-]{1,100}")
_PAGE: Final = "/v1/checkout/init"


@dataclass(frozen=True, slots=True)
class SepayPgBehaviour:
    merchant: str = SANDBOX_SETTINGS["merchant"]
    secret: str = field(default=SANDBOX_SETTINGS["secret_key"], repr=False)

    name: str = "sepay_pg"
    title: str = "SePay"
    hosts: frozenset[str] = frozenset(
        {"pay-sandbox.sepay.vn", "pgapi-sandbox.sepay.vn", "sepay-pg.localhost"}
    )
    paths: tuple[str, ...] = (_PAGE, "/v1/order")
    #: No document tells it: our choice.
    schedule_min: tuple[float, ...] = (0, 1, 2, 5, 10, 30, 60)
    acts: Mapping[str, str] = field(
        default_factory=lambda: {
            "pay": "Trả đủ",
            "card": "Trả bằng thẻ",
            "short": "Chuyển khoản thiếu",
            "refuse": "Thẻ bị từ chối",
            "cancel": "Hủy",
            "unknown": "Kết quả lạ",
            "late": "Chuyển khoản sau khi hủy",
        }
    )

    def claims(self, environ: Mapping[str, Any]) -> bool:
        return True

    def routes(self, app: Flask, stand: Stand) -> None:
        @app.post(_PAGE)
        def init() -> ResponseReturnValue:
            # The order of the fields is signed, so the body is read as a list.
            body = request.get_data(cache=False).decode(errors="replace")
            fields = parse_qsl(body, keep_blank_values=True, max_num_fields=100)
            with stand.orders.lock:
                code = self._refusal(fields, stand)
                if code:
                    page = render_template("refused.html", code=code, title=self.title)
                    return Response(page, 400)
                order = stand.orders.save(_order(dict(fields), stand))
            return Response("", 302, {"Location": f"{_PAGE}/{order.facts['id']}"})

        @app.get(f"{_PAGE}/<number>")
        def page(number: str) -> ResponseReturnValue:
            found = next((one for one in stand.orders if one.facts["id"] == number), None)
            if found is None:
                shown = render_template("refused.html", code="404", title=self.title)
                return Response(shown, 404)
            return pay_page(stand, found)

        sandbox_api.routes(app, stand, self._is_merchant)

    def play(self, order: Order, act: str, now: datetime) -> Order:
        method = _method(order, act)
        if order.state is State.CANCELLED and act == "late" and method != "CARD":
            # A transfer cannot be called back: it lands although the order was cancelled.
            return _paid(order, method, order.amount, now)
        if order.state is not State.PENDING:
            return order
        match act:
            case "pay" | "card" | "late":
                return _paid(order, method, order.amount, now)
            case "short":
                # Only who transfers can mistype an amount.
                short = max(1, order.amount - _SHORT_BY) if method != "CARD" else order.amount
                return _paid(order, method, short, now)
            case "cancel":
                return order.ended(State.CANCELLED, "CANCELLED", now)
            case "unknown":
                held = order.ended(State.REVIEW, "HELD", now)
                return replace(held, facts={**order.facts, "paid_with": method})
            case _:
                declined = int(order.facts.get("declined", 0)) + 1
                return replace(order, facts={**order.facts, "declined": declined})

    def message(
        self, order: Order, refund: Refund | None, now: datetime, fault: Fault
    ) -> httpx.Request | None:
        # SePay tells of money that came and of voids; a payer who gives up is silence.
        if not order.notify_url or order.paid_at is None:
            return None
        wrong = _SHORT_BY if fault.wrong_amount else 0
        body = {
            "timestamp": int(now.timestamp()),
            "notification_type": "TRANSACTION_VOID" if refund else "ORDER_PAID",
            "order": {
                **sandbox_api.told_order(order),
                "custom_data": [],
                "user_agent": "Mozilla/5.0",
                "ip_address": "127.0.0.1",
            },
            "transaction": sandbox_api.told_transaction(order, refund, wrong),
            "customer": {"id": order.facts["id"], "customer_id": order.facts.get("customer_id")},
        }
        key = _WRONG_KEY if fault.forge else self.secret
        return httpx.Request("POST", order.notify_url, json=body, headers={"X-Secret-Key": key})

    def heard(self, answer: httpx.Response) -> bool:
        return answer.status_code == httpx.codes.OK

    def back(self, order: Order, now: datetime) -> str:
        """Give one of the three addresses as it came: SePay adds nothing to them."""
        names = {State.PAID: "success_url", State.CANCELLED: "cancel_url"}
        address = order.facts.get(names.get(order.state, "error_url"))
        return str(address or order.return_url)

    def settlement(self, orders: Sequence[Order], day: HospitalDay, planted: Planted) -> bytes:
        return sandbox_settlement.write(orders, day, planted, self.merchant)

    def _refusal(self, fields: Sequence[tuple[str, str]], stand: Stand) -> str:
        """Name what is wrong with a form, or nothing; the names are our choice."""
        named = dict(fields)
        if named.get("merchant") != self.merchant:
            return "MERCHANT_NOT_FOUND"
        if not signature.is_authentic(fields, self.secret):
            return "INVALID_SIGNATURE"
        is_whole = (
            named.get("operation") == "PURCHASE"
            and named.get("currency") == "VND"
            and named.get("payment_method", "CARD") in METHODS[1:]
            and _AMOUNT.fullmatch(named.get("order_amount", "")) is not None
            and _INVOICE.fullmatch(named.get("order_invoice_number", "")) is not None
        )
        if not is_whole:
            return "INVALID_FIELD"
        known = stand.orders.find(named["order_invoice_number"])
        return "DUPLICATE_INVOICE_NUMBER" if known else ""

    def _is_merchant(self) -> bool:
        given = request.authorization
        if given is None or given.type != "basic":
            return False
        pair = f"{given.username}:{given.password}".encode(errors="surrogatepass")
        return hmac.compare_digest(pair, f"{self.merchant}:{self.secret}".encode())


def open_sandbox(options: SandboxOptions, clock: Clock) -> Stand:
    """Open the stand-in; ``options.notify["sepay_pg"]`` is the address of the merchant's page."""
    return Stand(SepayPgBehaviour(), clock, options)


def _order(named: Mapping[str, str], stand: Stand) -> Order:
    number = stand.orders.new_number()
    facts = {**named, "id": sandbox_settlement.uuid_of(number), "order_id": f"SEPAY-{number:013X}"}
    return Order(
        reference=named["order_invoice_number"],
        amount=int(named["order_amount"]),
        created_at=stand.clock.now(),
        return_url=named.get("success_url", ""),
        notify_url=stand.notify_url,
        number=stand.orders.new_number(),
        facts=facts,
    )


def _method(order: Order, act: str) -> str:
    """What is paid with: as the form says, else as the payer chooses."""
    chosen = "CARD" if act in ("card", "refuse") else "BANK_TRANSFER"
    return str(order.facts.get("payment_method") or chosen)


def _paid(order: Order, method: str, amount: int, now: datetime) -> Order:
    ended = order.ended(State.PAID, "CAPTURED", now)
    return replace(ended, paid=amount, facts={**order.facts, "paid_with": method})
