"""
MoMo's stand-in: create, query, refund, confirm, the payer's page, the message, settlement file.

Answers have the names, types and key sets of MoMo's documents; what no document says is our choice
and said so where it is made.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from flask import Flask, Response, jsonify, render_template, request

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Refund, State
from adapters._sandbox.stand import Planted, Stand, fault_of_request, pay_page
from adapters._wire.fields import as_epoch_ms
from adapters.momo import codes, sandbox_api, sandbox_settlement, signature
from adapters.momo.settings import SANDBOX_SETTINGS
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock
from payments.kernel.money import vnd
from payments.qr.banks import table
from payments.qr.vietqr import BuildRequest, build

_WRONG_KEY: Final = "forged"
_SHORT_BY: Final = 1_000
#: act → state, resultCode. The last is in no table of MoMo.
_ENDS: Final[Mapping[str, tuple[State, int]]] = {
    "pay": (State.PAID, 0),
    "short": (State.PAID, 0),
    "late": (State.PAID, 0),
    "refuse": (State.FAILED, 1001),
    "cancel": (State.CANCELLED, 1006),
    "expire": (State.EXPIRED, 1005),
    "authorise": (State.PENDING, codes.AUTHORISED),
    "unknown": (State.FAILED, 4242),
}


@dataclass(frozen=True, slots=True)
class MomoBehaviour:
    partner_code: str = SANDBOX_SETTINGS["partner_code"]
    access_key: str = field(default=SANDBOX_SETTINGS["access_key"], repr=False)
    secret_key: str = field(default=SANDBOX_SETTINGS["secret_key"], repr=False)

    name: str = "momo"
    title: str = "MoMo"
    hosts: frozenset[str] = frozenset({"test-payment.momo.vn", "momo.localhost"})
    paths: tuple[str, ...] = ("/v2/gateway/",)
    #: No retry is published: none is promised.
    schedule_min: tuple[float, ...] = (0,)
    acts: Mapping[str, str] = field(
        default_factory=lambda: {
            "pay": "Trả đủ",
            "short": "Trả thiếu",
            "refuse": "Không đủ tiền",
            "cancel": "Từ chối",
            "expire": "Để hết hạn",
            "authorise": "Giữ tiền, chờ xác nhận",
            "unknown": "Kết quả lạ",
            "late": "Trả muộn",
        }
    )

    def claims(self, environ: Mapping[str, Any]) -> bool:
        return True

    def routes(self, app: Flask, stand: Stand) -> None:
        @app.post("/v2/gateway/api/create")
        def create() -> Response:
            asked = _asked()
            code = self._refusal(asked, signature.CREATE)
            with stand.orders.lock:
                code, order = (code, None) if code else sandbox_api.created(stand, asked)
                if order is None:
                    return self._answer(stand, asked, code, {})
                return jsonify(self._created(stand, order))

        def plain(path: str, names: tuple[str, ...], act: Any) -> None:
            def answer() -> Response:
                asked = _asked()
                code, told = self._refusal(asked, names), {}
                with stand.orders.lock:
                    if not code:
                        code, told = act(stand, asked)
                return self._answer(stand, asked, code, told)

            app.add_url_rule(f"/v2/gateway/api/{path}", path, answer, methods=["POST"])

        plain("query", signature.QUERY, sandbox_api.queried)
        plain("refund", signature.REFUND, sandbox_api.refunded)
        plain("confirm", signature.CONFIRM, sandbox_api.confirmed)

        @app.get("/v2/gateway/pay")
        def pay() -> Response:
            order = self._order_of_page(stand)
            if order is None:
                return Response(render_template("refused.html", code="42", title="MoMo"), 200)
            return pay_page(stand, order)

    def play(self, order: Order, act: str, now: datetime) -> Order:
        is_open = order.state is State.PENDING and not order.code
        is_over = order.state not in (State.PAID, State.PENDING)
        # Money may come when all was thought to be over.
        if not (is_open or (is_over and act in ("pay", "late"))):
            return order
        if act == "pay" and order.facts["asked"].get("autoCapture", True) is False:
            act = "authorise"
        state, code = _ENDS[act]
        ended = order.ended(state, str(code), now)
        if act == "short":
            ended = replace(ended, paid=max(1, order.amount - _SHORT_BY))
        return replace(ended, facts={**order.facts, "ended_at": now})

    def message(
        self, order: Order, refund: Refund | None, now: datetime, fault: Fault
    ) -> httpx.Request | None:
        # MoMo tells of payments only; a refund is asked about.
        if refund is not None or not order.code or not order.notify_url:
            return None
        told = self._signed(order, now, fault, _WRONG_KEY if fault.forge else self.secret_key)
        return httpx.Request(
            "POST",
            order.notify_url,
            headers={"content-type": "application/json; charset=UTF-8"},
            content=json.dumps(told, ensure_ascii=False).encode(),
        )

    def heard(self, answer: httpx.Response) -> bool:
        return answer.status_code == 204

    def back(self, order: Order, now: datetime) -> str:
        separator = "&" if "?" in order.return_url else "?"
        told = self._signed(order, now, Fault(), self.secret_key)
        return f"{order.return_url}{separator}{urlencode(told)}"

    def settlement(self, orders: Sequence[Order], day: HospitalDay, planted: Planted) -> bytes:
        return sandbox_settlement.write(orders, day, planted, self.partner_code)

    def _signed(self, order: Order, now: datetime, fault: Fault, key: str) -> dict[str, Any]:
        """Give the fields of message and return, signed."""
        asked = order.facts["asked"]
        code = int(order.code or 1000)
        told = {
            "partnerCode": self.partner_code,
            "orderId": order.reference,
            "requestId": asked["requestId"],
            "amount": (order.paid or order.amount) - (_SHORT_BY if fault.wrong_amount else 0),
            "orderInfo": asked["orderInfo"],
            "orderType": "momo_wallet",
            "transId": order.number if order.code else 0,
            "resultCode": code,
            "message": sandbox_api.MESSAGES.get(code, "Kết quả lạ."),
            "payType": "qr",
            "responseTime": as_epoch_ms(order.facts.get("ended_at", now)),
            "extraData": asked["extraData"],
        }
        signed = signature.sign(told, signature.RESULT, (self.access_key, key))
        return {**told, signature.SIGNATURE: signed}

    def _created(self, stand: Stand, order: Order) -> dict[str, Any]:
        """Write the answer to an order; a repeat of the order gets it word for word."""
        asked = order.facts["asked"]
        page = base64.urlsafe_b64encode(f"{self.partner_code}|{order.reference}".encode()).decode()
        text = build(
            BuildRequest("999999", self.partner_code, vnd(order.amount), order.reference),
            table(None),
        )
        query = urlencode({"t": page, "s": self._seal(page)})
        told = {
            "partnerCode": self.partner_code,
            "requestId": asked["requestId"],
            "orderId": order.reference,
            "amount": order.amount,
            "responseTime": as_epoch_ms(order.created_at),
            "message": sandbox_api.MESSAGES[0],
            "resultCode": 0,
            "payUrl": f"{request.host_url}v2/gateway/pay?{query}",
            "deeplink": f"momo://app?action=payWithApp&isScanQR=false&sid={page}",
            "qrCodeUrl": text,
            "deeplinkMiniApp": f"momo://app?action=payWithApp&isScanQR=true&sid={page}",
            "userFee": 0,
        }
        fault = fault_of_request()
        if fault.wrong_amount:
            told["amount"] = order.amount - _SHORT_BY
        keys = (self.access_key, _WRONG_KEY if fault.forge else self.secret_key)
        return {**told, signature.SIGNATURE: signature.sign(told, signature.CREATE_ANSWER, keys)}

    def _answer(
        self, stand: Stand, asked: Mapping[str, Any], code: int, told: Mapping[str, Any]
    ) -> Response:
        head = {name: asked.get(name, "") for name in ("partnerCode", "requestId", "orderId")}
        rest = {
            "responseTime": as_epoch_ms(stand.clock.now()),
            "message": sandbox_api.MESSAGES.get(code, "Kết quả lạ."),
            "resultCode": code,
        }
        return jsonify({**head, **told, **rest})

    def _refusal(self, asked: Mapping[str, Any], names: tuple[str, ...]) -> int:
        if asked.get("partnerCode") != self.partner_code:
            return 13
        return sandbox_api.refusal(asked, names, (self.access_key, self.secret_key))

    def _order_of_page(self, stand: Stand) -> Order | None:
        page, seal = request.args.get("t", ""), request.args.get("s", "")
        if not hmac.compare_digest(seal.encode(), self._seal(page).encode()):
            return None
        # Sealed by us, so it is what we wrote.
        return stand.orders.find(base64.urlsafe_b64decode(page).decode().partition("|")[2])

    def _seal(self, page: str) -> str:
        return hmac.new(self.secret_key.encode(), page.encode(), hashlib.sha256).hexdigest()


def open_sandbox(options: SandboxOptions, clock: Clock) -> Stand:
    """Open MoMo's stand-in; each order says where its messages go."""
    return Stand(MomoBehaviour(), clock, options)


def _asked() -> Mapping[str, Any]:
    asked = request.get_json(silent=True, force=True)
    return asked if isinstance(asked, dict) else {}
