"""
ZaloPay's stand-in: create, query, refund, query_refund, bank list, the payer's page, callback,
settlement file.

Answers have the names, types and key sets of ZaloPay's documents; what no document says is our
choice and said so where it is made.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from flask import Flask, Response, jsonify, render_template, request

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Refund, State
from adapters._sandbox.stand import Planted, Stand, pay_page
from adapters.zalopay import sandbox_api, sandbox_settlement, sandbox_told, signature
from adapters.zalopay.settings import SANDBOX_APPS, SANDBOX_SETTINGS
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock
from payments.kernel.money import vnd
from payments.qr.banks import table
from payments.qr.vietqr import BuildRequest, build

_WRONG_KEY: Final = "forged"
_SHORT_BY: Final = 1_000
#: act → state, return_code/sub_return_code of the query. The last is in no table of ZaloPay.
_ENDS: Final[Mapping[str, tuple[State, str]]] = {
    "pay": (State.PAID, "1/1"),
    "short": (State.PAID, "1/1"),
    "late": (State.PAID, "1/1"),
    "refuse": (State.FAILED, "2/-43"),
    "cancel": (State.CANCELLED, "2/-329"),
    "expire": (State.EXPIRED, "2/-322"),
    "unknown": (State.FAILED, "4/-4242"),
}


@dataclass(frozen=True, slots=True)
class ZalopayBehaviour:
    name: str = "zalopay"
    title: str = "ZaloPay"
    hosts: frozenset[str] = frozenset(
        {"sb-openapi.zalopay.vn", "sbgateway.zalopay.vn", "zalopay.localhost"}
    )
    paths: tuple[str, ...] = (
        "/v2/create",
        "/v2/query",
        "/v2/refund",
        "/openinapp",
        "/api/getlistmerchantbanks",
    )
    #: At most 3 calls; how far apart no document says.
    schedule_min: tuple[float, ...] = (0, 1, 2)
    acts: Mapping[str, str] = field(
        default_factory=lambda: {
            "pay": "Trả đủ",
            "short": "Trả thiếu",
            "refuse": "Ngân hàng bảo trì",
            "cancel": "Hủy",
            "expire": "Để hết hạn",
            "unknown": "Kết quả lạ",
            "late": "Trả muộn",
        }
    )

    def claims(self, environ: Mapping[str, Any]) -> bool:
        return True

    def routes(self, app: Flask, stand: Stand) -> None:
        @app.post("/v2/create")
        def create() -> Response:
            asked = _asked()
            if sandbox_api.refusal(asked, signature.text_of(asked, signature.CREATE)):
                return jsonify(sandbox_api.told(2, -402))
            with stand.orders.lock:
                made = sandbox_api.created(stand, asked)
            if isinstance(made, int):
                return jsonify(sandbox_api.told(2, made))
            return jsonify(sandbox_api.told(1, 1, **_shown(made)))

        def plain(
            path: str, text: Callable[[Mapping[str, Any]], tuple[str, ...]], act: Any
        ) -> None:
            def answer() -> Response:
                asked = _asked()
                if all(sandbox_api.refusal(asked, one) for one in text(asked)):
                    return jsonify(sandbox_api.told(2, -402))
                with stand.orders.lock:
                    return jsonify(act(stand, asked))

            app.add_url_rule(f"/v2/{path}", path, answer, methods=["POST"])

        plain("query", _query_texts, sandbox_api.queried)
        plain("refund", _refund_texts, sandbox_api.refunded)
        plain("query_refund", _refund_query_texts, sandbox_api.refund_queried)

        @app.get("/openinapp")
        def page() -> Response:
            order = _order_of_page(stand)
            if order is None:
                return Response(render_template("refused.html", code="-401", title="ZaloPay"), 200)
            return pay_page(stand, order)

        @app.post("/api/getlistmerchantbanks")
        def banks() -> Response:
            return jsonify(sandbox_told.banks(_asked()))

    def play(self, order: Order, act: str, now: datetime) -> Order:
        is_open = order.state is State.PENDING
        # Money may come when all was thought to be over.
        if order.state is State.PAID or not (is_open or act in ("pay", "late")):
            return order
        state, code = _ENDS[act]
        ended = order.ended(state, code, now)
        if act == "short":
            ended = replace(ended, paid=max(1, order.amount - _SHORT_BY))
        return ended

    def message(
        self, order: Order, refund: Refund | None, now: datetime, fault: Fault
    ) -> httpx.Request | None:
        # ZaloPay calls of success only; all else is asked about.
        if refund is not None or order.state is not State.PAID or not order.notify_url:
            return None
        data = json.dumps(
            sandbox_told.data(order, now, fault), ensure_ascii=False, separators=(",", ":")
        )
        key = _WRONG_KEY if fault.forge else sandbox_told.key2(order)
        told = {"data": data, "mac": signature.sign(data, key), "type": 1}
        return httpx.Request("POST", order.notify_url, json=told)

    def heard(self, answer: httpx.Response) -> bool:
        try:
            told = answer.json()
        except ValueError:
            return False
        # Any other code than 0 ends the calls, failure too.
        return isinstance(told, dict) and told.get("return_code") not in (0, None)

    def back(self, order: Order, now: datetime) -> str:
        if not order.return_url:
            return f"/sandbox/{self.name}/"
        code, sub = sandbox_api.codes_of(order, now)
        told = {
            "appid": str(order.facts["app_id"]),
            "apptransid": str(order.facts["app_trans_id"]),
            "pmcid": str(sandbox_told.WALLET),
            "bankcode": "",
            "amount": str(order.paid or order.amount),
            "discountamount": "0",
            "status": "1" if code == 1 else str(sub),
        }
        checksum = signature.sign(
            signature.text_of(told, signature.RETURN), sandbox_told.key2(order)
        )
        separator = "&" if "?" in order.return_url else "?"
        query = urlencode({**told, signature.CHECKSUM: checksum})
        return f"{order.return_url}{separator}{query}"

    def settlement(self, orders: Sequence[Order], day: HospitalDay, planted: Planted) -> bytes:
        return sandbox_settlement.write(orders, day, planted, int(SANDBOX_SETTINGS["app_id"]))


def open_sandbox(options: SandboxOptions, clock: Clock) -> Stand:
    """Open ZaloPay's stand-in; orders without a callback_url go to ``options.notify``."""
    return Stand(ZalopayBehaviour(), clock, options)


def _asked() -> Mapping[str, Any]:
    """Read JSON, a form, or parameters of the address with an empty body: samples use all three."""
    asked = request.get_json(silent=True, force=True)
    return asked if isinstance(asked, dict) else {**request.args, **request.form}


def _query_texts(asked: Mapping[str, Any]) -> tuple[str, ...]:
    keys = SANDBOX_APPS.get(sandbox_api.number(asked.get("app_id")) or 0, ("", ""))
    return (signature.query_text(asked, keys[0]),)


def _refund_texts(asked: Mapping[str, Any]) -> tuple[str, ...]:
    names = signature.REFUND
    if "refund_fee_amount" not in asked:
        return (signature.text_of(asked, names),)
    # Whether the fee is signed is not certain: both are taken.
    with_fee = (*names[:3], "refund_fee_amount", *names[3:])
    return signature.text_of(asked, names), signature.text_of(asked, with_fee)


def _refund_query_texts(asked: Mapping[str, Any]) -> tuple[str, ...]:
    return (signature.text_of(asked, signature.QUERY_REFUND),)


def _shown(order: Order) -> Mapping[str, Any]:
    """Give what leads the payer to *order*: a page, tokens, a code."""
    token = {"zptranstoken": order.facts["token"], "appid": order.facts["app_id"]}
    page = base64.urlsafe_b64encode(json.dumps(token, separators=(",", ":")).encode()).decode()
    text = build(
        BuildRequest("999999", f"ZLP{order.facts['app_id']}", vnd(order.amount), order.reference),
        table(None),
    )
    return {
        "order_url": f"{request.host_url}openinapp?order={page}",
        "zp_trans_token": order.facts["token"],
        "order_token": page,
        "qr_code": text,
    }


def _order_of_page(stand: Stand) -> Order | None:
    try:
        token = json.loads(base64.urlsafe_b64decode(request.args.get("order", "").encode()))
    except ValueError:
        return None
    named = str(token.get("zptranstoken", "")) if isinstance(token, dict) else ""
    return next(
        (
            one
            for one in stand.orders
            if hmac.compare_digest(one.facts["token"].encode(), named.encode())
        ),
        None,
    )
