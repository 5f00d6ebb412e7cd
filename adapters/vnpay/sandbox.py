"""
VNPAY's stand-in: the payer's page, QR text, querydr, refund, bank list, IPN, settlement file.

Answers have the names, types and key sets of VNPAY's documents; what no document says is our
choice and said so where it is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx
from flask import Flask, Response, jsonify, render_template, request

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Refund, State
from adapters._sandbox.stand import Planted, Stand, fault_of_request, pay_page
from adapters._wire.fields import as_digits, from_digits
from adapters.vnpay import sandbox_api, sandbox_settlement, signature
from adapters.vnpay.settings import SANDBOX_SETTINGS
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock
from payments.kernel.money import vnd
from payments.qr.banks import table
from payments.qr.vietqr import BuildRequest, build

_WRONG_KEY: Final = "forged"
_SHORT_BY: Final = 1_000
#: act → state, vnp_ResponseCode/vnp_TransactionStatus. The last is in no table of VNPAY.
_ENDS: Final[Mapping[str, tuple[State, str]]] = {
    "pay": (State.PAID, "00/00"),
    "short": (State.PAID, "00/00"),
    "late": (State.PAID, "00/00"),
    "refuse": (State.FAILED, "51/02"),
    "cancel": (State.CANCELLED, "24/02"),
    "expire": (State.EXPIRED, "11/02"),
    "review": (State.REVIEW, "07/07"),
    "unknown": (State.FAILED, "42/42"),
}
_NEEDED: Final = (
    "vnp_Version",
    "vnp_Amount",
    "vnp_CreateDate",
    "vnp_CurrCode",
    "vnp_IpAddr",
    "vnp_Locale",
    "vnp_OrderInfo",
    "vnp_OrderType",
    "vnp_ReturnUrl",
    "vnp_TxnRef",
)
_BANKS: Final = (
    ("NCB", "Ngân hàng Thử nghiệm NCB", 1),
    ("VNPAYQR", "Ứng dụng thanh toán hỗ trợ VNPAYQR", 4),
)


@dataclass(frozen=True, slots=True)
class VnpayBehaviour:
    tmn_code: str = SANDBOX_SETTINGS["tmn_code"]
    secret: str = field(default=SANDBOX_SETTINGS["hash_secret"], repr=False)

    name: str = "vnpay"
    title: str = "VNPAY"
    hosts: frozenset[str] = frozenset({"sandbox.vnpayment.vn", "vnpay.localhost"})
    paths: tuple[str, ...] = ("/paymentv2/", "/merchant_webapi/", "/qrpayauth/")
    #: At most 10 calls, 5 minutes apart.
    schedule_min: tuple[float, ...] = tuple(range(0, 50, 5))
    acts: Mapping[str, str] = field(
        default_factory=lambda: {
            "pay": "Trả đủ",
            "short": "Trả thiếu",
            "refuse": "Ngân hàng từ chối",
            "cancel": "Hủy",
            "expire": "Để hết hạn",
            "review": "Trừ tiền, nghi gian lận",
            "unknown": "Kết quả lạ",
            "late": "Trả muộn",
        }
    )

    def claims(self, environ: Mapping[str, Any]) -> bool:
        return True

    def routes(self, app: Flask, stand: Stand) -> None:
        @app.get("/paymentv2/vpcpay.html")
        def pay() -> Response:
            params = dict(parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True))
            is_qr = params.get("vnp_Command") == "genqr"
            code = self._refusal(params, request.query_string.decode("latin-1"), stand)
            if code:
                return _refused(code, is_qr=is_qr)
            order = self._order(params, stand)
            if is_qr:
                text = build(
                    BuildRequest("999999", self.tmn_code, vnd(order.amount), order.reference),
                    table(None),
                )
                return jsonify(code="00", message="Success", qrcontent=text)
            return pay_page(stand, order)

        @app.post("/merchant_webapi/api/transaction")
        def transaction() -> Response:
            asked = request.get_json(silent=True, force=True)
            key = _WRONG_KEY if fault_of_request().forge else self.secret
            return jsonify(sandbox_api.answer(stand, asked, self.tmn_code, self.secret, key))

        @app.post("/qrpayauth/api/merchant/get_bank_list")
        def banks() -> Response:
            rows = [
                {
                    "bank_code": code,
                    "bank_name": name,
                    "logo_link": "",
                    "bank_type": kind,
                    "display_order": place,
                }
                for place, (code, name, kind) in enumerate(_BANKS, start=1)
            ]
            return jsonify(rows if request.form.get("tmn_code") == self.tmn_code else [])

    def play(self, order: Order, act: str, now: datetime) -> Order:
        is_open = order.state is State.PENDING
        # A suspected payment may be confirmed; money may come when all was thought to be over.
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
        # VNPAY tells of payments only; a refund is asked about.
        if refund is not None or not order.code:
            return None
        params = self.told(order, fault)
        query = self.signed(params, _WRONG_KEY if fault.forge else self.secret)
        if not order.notify_url:
            return None
        return httpx.Request("GET", f"{order.notify_url}?{query}")

    def heard(self, answer: httpx.Response) -> bool:
        try:
            told = answer.json()
        except ValueError:
            return False
        return isinstance(told, dict) and told.get("RspCode") in ("00", "02")

    def back(self, order: Order, now: datetime) -> str:
        separator = "&" if "?" in order.return_url else "?"
        query = self.signed(self.told(order, Fault()), self.secret)
        return f"{order.return_url}{separator}{query}"

    def settlement(self, orders: Sequence[Order], day: HospitalDay, planted: Planted) -> bytes:
        return sandbox_settlement.write(orders, day, planted, self.tmn_code)

    def told(self, order: Order, fault: Fault) -> dict[str, str]:
        """Give the fields of IPN and return, without the hash."""
        response, _, status = (order.code or "99/01").partition("/")
        is_debited = order.state in (State.PAID, State.REVIEW)
        amount = (order.paid or order.amount) - (_SHORT_BY if fault.wrong_amount else 0)
        fields = {
            "vnp_Amount": str(amount * 100),
            "vnp_BankCode": "NCB",
            "vnp_OrderInfo": str(order.facts["vnp_OrderInfo"]),
            "vnp_ResponseCode": response,
            "vnp_TmnCode": self.tmn_code,
            "vnp_TransactionNo": str(order.number) if is_debited else "0",
            "vnp_TransactionStatus": status,
            "vnp_TxnRef": order.reference.partition("@")[0],
        }
        if is_debited and order.paid_at is not None:
            fields["vnp_BankTranNo"] = f"VNP{order.number}"
            fields["vnp_CardType"] = "ATM"
            fields["vnp_PayDate"] = as_digits(order.paid_at)
        return fields

    @staticmethod
    def signed(params: Mapping[str, str], secret: str) -> str:
        """Write *params* as a query with its hash."""
        return f"{signature.canonical(params)}&{signature.HASH}={signature.sign(params, secret)}"

    def _refusal(self, params: Mapping[str, str], raw: str, stand: Stand) -> str:
        """Name the error of the pay page, or nothing."""
        if params.get("vnp_TmnCode") != self.tmn_code:
            return "02"
        if not signature.is_authentic(raw, self.secret):
            return "70"
        amount = params.get("vnp_Amount", "")
        is_whole = amount.isdecimal() and len(amount) <= 12 and int(amount) % 100 == 0
        if not all(params.get(name) for name in _NEEDED) or not is_whole or not int(amount):
            return "03"
        try:
            from_digits(params, "vnp_CreateDate")
        except ValueError:
            return "03"
        known = stand.orders.find(params["vnp_TxnRef"])
        if known is None or _day(known) != params["vnp_CreateDate"][:8]:
            return ""
        # The payer may open the page of an open order again.
        is_same = known.facts == dict(params) and known.state is State.PENDING
        return "" if is_same else "01"

    @staticmethod
    def _order(params: Mapping[str, str], stand: Stand) -> Order:
        with stand.orders.lock:
            reference = params["vnp_TxnRef"]
            known = stand.orders.find(reference)
            if known is not None and known.facts == dict(params):
                return known
            if known is not None:
                # Unique per day only: yesterday's is still found by its day.
                stand.orders.save(replace(known, reference=f"{reference}@{_day(known)}"))
            expires = params.get("vnp_ExpireDate")
            return stand.orders.save(
                Order(
                    reference=reference,
                    amount=int(params["vnp_Amount"]) // 100,
                    created_at=from_digits(params, "vnp_CreateDate"),
                    return_url=params["vnp_ReturnUrl"],
                    notify_url=stand.notify_url,
                    expires_at=from_digits(params, "vnp_ExpireDate") if expires else None,
                    number=stand.orders.new_number(),
                    facts=dict(params),
                )
            )


def open_sandbox(options: SandboxOptions, clock: Clock) -> Stand:
    """Open VNPAY's stand-in; ``options.notify["vnpay"]`` is the registered IPN address."""
    return Stand(VnpayBehaviour(), clock, options)


def _day(order: Order) -> str:
    return as_digits(order.created_at)[:8]


def _refused(code: str, *, is_qr: bool) -> Response:
    if is_qr:
        return jsonify(code=code, message=f"Error {code}")
    return Response(render_template("refused.html", code=code, title="VNPAY"), 200)
