"""
payOS's stand-in: links, the payer's page, transfers, messages, registering of an address.

payOS has no public trial. What its documents and clients do not say is our choice and said so
where it is made.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Refund, State
from adapters._sandbox.stand import Planted, Stand, fault_of_request, pay_page
from adapters.payos import sandbox_api, signature
from adapters.payos import sandbox_book as book
from adapters.payos.requests import LINKS_PATH
from adapters.payos.settings import SANDBOX_SETTINGS
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock

_WRONG_KEY: Final = "forged"
_JSON: Final = "application/json"
_ENDS: Final = {"cancel": State.CANCELLED, "refuse": State.FAILED, "expire": State.EXPIRED}
_MONEY: Final = frozenset({"pay", "short", "over", "late"})


@dataclass(frozen=True, slots=True)
class PayosBehaviour:
    client_id: str = SANDBOX_SETTINGS["client_id"]
    api_key: str = field(default=SANDBOX_SETTINGS["api_key"], repr=False)
    key: str = field(default=SANDBOX_SETTINGS["checksum_key"], repr=False)

    name: str = "payos"
    title: str = "payOS"
    hosts: frozenset[str] = frozenset({"api-merchant.payos.vn", "pay.payos.vn", "payos.localhost"})
    paths: tuple[str, ...] = (LINKS_PATH, "/confirm-webhook", "/web/")
    #: payOS publishes none: our choice.
    schedule_min: tuple[float, ...] = (0, 1, 5, 15)
    acts: Mapping[str, str] = field(
        default_factory=lambda: {
            "pay": "Chuyển đủ",
            "short": "Chuyển thiếu",
            "over": "Chuyển thừa",
            "cancel": "Hủy",
            "refuse": "Lỗi",
            "expire": "Để hết hạn",
            "unknown": "Kết quả lạ",
            "late": "Chuyển muộn",
        }
    )

    def claims(self, environ: Mapping[str, Any]) -> bool:
        return True

    def routes(self, app: Flask, stand: Stand) -> None:
        app.register_error_handler(book.Refused, _refused)
        _page(app, stand)

        @app.post(LINKS_PATH)
        def create() -> ResponseReturnValue:
            order = book.open_link(stand, self._asked(), self.key)
            page = f"{request.host_url}web/{order.facts['id']}"
            return self._signed(sandbox_api.created(order, page, fault_of_request()))

        @app.get(f"{LINKS_PATH}/<name>")
        def show(name: str) -> ResponseReturnValue:
            self._prove()
            return self._link(stand, book.find(stand, name))

        @app.post(f"{LINKS_PATH}/<name>/cancel")
        def cancel(name: str) -> ResponseReturnValue:
            asked = self._asked()
            reason = {"cancellationReason": asked.get("cancellationReason")}
            # payOS's clients sign this or do not; the API key is what allows it.
            given = asked.get("signature")
            if given is not None and not signature.is_authentic(reason, given, self.key):
                raise book.Refused(book.BAD_SIGNATURE)
            with stand.orders.lock:
                order = book.find(stand, name)
                # A link that has ended is told as it is: our choice.
                if order.state is State.PENDING:
                    now = stand.clock.now()
                    facts = sandbox_api.canceled(order, reason["cancellationReason"], now)
                    order = stand.orders.save(replace(order, state=State.CANCELLED, facts=facts))
            return self._link(stand, order)

        @app.get(f"{LINKS_PATH}/<name>/invoices")
        def invoices(name: str) -> ResponseReturnValue:
            self._prove()
            book.find(stand, name)
            return self._signed({"invoices": []})

        @app.post("/confirm-webhook")
        def register() -> ResponseReturnValue:
            url = str(self._asked().get("webhookUrl", ""))
            try:
                greeted = stand.postman.client.send(self._posted(url, sandbox_api.GREETING))
            except (httpx.HTTPError, httpx.InvalidURL):
                raise book.Refused(book.BAD) from None
            if not greeted.is_success:
                raise book.Refused(book.BAD)
            stand.notify_url = url
            told = {"name": sandbox_api.HOLDER, "shortName": "VPH"}
            account = {
                "accountName": sandbox_api.HOLDER,
                "accountNumber": sandbox_api.ACCOUNT,
            }
            return self._signed({"webhookUrl": url, **account, **told})

    def play(self, order: Order, act: str, now: datetime) -> Order:
        is_open = order.state is State.PENDING
        if order.state is State.PAID or not (is_open or act == "late"):
            return order
        if act == "unknown":
            told = sandbox_api.transfer(order, order.amount, now)
            facts = {**order.facts, "told": told}
            return replace(order, state=State.REVIEW, code="42", facts=facts)
        if act in _MONEY:
            return book.paid(order, act, now)
        facts = {**order.facts, "told": None}
        if act == "cancel":
            facts = sandbox_api.canceled(order, None, now)
        return replace(order, state=_ENDS[act], facts=facts)

    def message(
        self, order: Order, refund: Refund | None, now: datetime, fault: Fault
    ) -> httpx.Request | None:
        # payOS tells of transfers only.
        if refund is not None or not order.facts.get("told") or not order.notify_url:
            return None
        key = _WRONG_KEY if fault.forge else self.key
        return self._posted(order.notify_url, sandbox_api.message(order, fault), key)

    def heard(self, answer: httpx.Response) -> bool:
        return answer.is_success

    def back(self, order: Order, now: datetime) -> str:
        is_cancelled = order.state is State.CANCELLED
        url = str(order.facts["cancelUrl"]) if is_cancelled else order.return_url
        told = {
            "code": "00",
            "id": order.facts["id"],
            "cancel": "true" if is_cancelled else "false",
            "status": sandbox_api.status(order, now),
            "orderCode": order.reference,
        }
        return f"{url}{'&' if '?' in url else '?'}{urlencode(told)}"

    def settlement(self, orders: Sequence[Order], day: HospitalDay, planted: Planted) -> bytes:
        """Give nothing: money lands on the hospital's own account, whose statement tells of it."""
        return b""

    def _prove(self) -> None:
        wanted = {"x-client-id": self.client_id, "x-api-key": self.api_key}
        proven = [
            hmac.compare_digest(request.headers.get(name, "").encode(), one.encode())
            for name, one in wanted.items()
        ]
        if not all(proven):
            raise book.Refused(book.NOT_LET_IN)

    def _asked(self) -> Mapping[str, Any]:
        """Give the fields of a request that may ask; null is absent, for one client sends all."""
        self._prove()
        asked = request.get_json(silent=True, force=True) if request.get_data() else {}
        if not isinstance(asked, dict):
            raise book.Refused(book.BAD)
        return {name: value for name, value in asked.items() if value is not None}

    def _link(self, stand: Stand, order: Order) -> Response:
        return self._signed(sandbox_api.link(order, stand.clock.now(), fault_of_request()))

    def _signed(self, data: Mapping[str, Any]) -> Response:
        key = _WRONG_KEY if fault_of_request().forge else self.key
        return jsonify(_envelope(data, key))

    def _posted(self, url: str, data: Mapping[str, Any], key: str = "") -> httpx.Request:
        told = {**_envelope(data, key or self.key), "success": True}
        body = json.dumps(told, ensure_ascii=False).encode()
        return httpx.Request("POST", url, content=body, headers={"content-type": _JSON})


def open_sandbox(options: SandboxOptions, clock: Clock) -> Stand:
    """Open payOS's stand-in; ``options.notify["payos"]`` is the registered address."""
    return Stand(PayosBehaviour(), clock, options)


def _page(app: Flask, stand: Stand) -> None:
    @app.get("/web/<name>")
    def pay(name: str) -> ResponseReturnValue:
        order = next((one for one in stand.orders if one.facts["id"] == name), None)
        if order is None:
            return render_template("refused.html", code=book.NOT_FOUND, title="payOS"), 404
        return pay_page(stand, order)


def _envelope(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    signed = signature.sign_object(data, key)
    return {"code": "00", "desc": "success", "data": dict(data), "signature": signed}


def _refused(error: Exception) -> ResponseReturnValue:
    # HTTP 200 but for credentials: our choice.
    if not isinstance(error, book.Refused):
        raise error
    told = jsonify(code=error.code, desc=error.desc, data=None)
    return told, 401 if error.code == book.NOT_LET_IN else 200
