"""
OnePay's stand-in: the payer's page, messages, the way back, settlement file.

Fields are those of a published return address; that messages carry the same, their retries and the
refusals of the page are our choice. Query and refund are not public and not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import httpx
from flask import Flask, Response, render_template, request

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Refund, State
from adapters._sandbox.stand import Planted, Stand, pay_page
from adapters.onepay import sandbox_settlement, signature
from adapters.onepay.settings import SANDBOX_SETTINGS
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock

#: Whole bytes in hex, as every key there is.
_WRONG_KEY: Final = "00" * 16
_SHORT_BY: Final = 1_000
_PAGE: Final = "/paygate/vpcpay.op"
_AMOUNT: Final = re.compile("[1-9][0-9]{2,15}")
_NEEDED: Final = (
    "vpc_AccessCode",
    "vpc_Locale",
    "vpc_ReturnURL",
    "vpc_MerchTxnRef",
    "vpc_OrderInfo",
    "vpc_TicketNo",
)
#: act → state, vpc_TxnResponseCode, vpc_Message. The last code is in no table.
_ENDS: Final[Mapping[str, tuple[State, str, str]]] = {
    "pay": (State.PAID, "0", "Approved"),
    "short": (State.PAID, "0", "Approved"),
    "late": (State.PAID, "0", "Approved"),
    "refuse": (State.FAILED, "5", "Insufficient funds"),
    "cancel": (State.CANCELLED, "99", "User cancel"),
    "unknown": (State.FAILED, "777", "Unable to be determined"),
}


@dataclass(frozen=True, slots=True)
class OnepayBehaviour:
    merchant: str = SANDBOX_SETTINGS["merchant"]
    hash_key: str = field(default=SANDBOX_SETTINGS["hash_key"], repr=False)

    name: str = "onepay"
    title: str = "OnePay"
    hosts: frozenset[str] = frozenset({"mtf.onepay.vn", "onepay.localhost"})
    paths: tuple[str, ...] = ("/paygate/",)
    schedule_min: tuple[float, ...] = (0, 1, 5, 15, 30, 60)
    acts: Mapping[str, str] = field(
        default_factory=lambda: {
            "pay": "Trả đủ",
            "short": "Trả thiếu",
            "refuse": "Ngân hàng từ chối",
            "cancel": "Hủy",
            "unknown": "Kết quả lạ",
            "late": "Trả muộn",
        }
    )

    def claims(self, environ: Mapping[str, Any]) -> bool:
        return True

    def routes(self, app: Flask, stand: Stand) -> None:
        @app.get(_PAGE)
        def pay() -> Response:
            raw = request.query_string.decode("latin-1")
            params = dict(parse_qsl(raw, keep_blank_values=True))
            with stand.orders.lock:
                code = self._refusal(params, raw, stand)
                if code:
                    page = render_template("refused.html", code=code, title=self.title)
                    return Response(page, 400)
                order = self._order(params, stand)
            return pay_page(stand, order)

    def play(self, order: Order, act: str, now: datetime) -> Order:
        # Money may come when all was thought to be over.
        is_open = order.state is State.PENDING or act in ("pay", "late")
        if order.state is State.PAID or not is_open:
            return order
        if act not in _ENDS:
            return replace(order, state=State.EXPIRED)
        state, code, _ = _ENDS[act]
        ended = order.ended(state, code, now)
        if act == "short":
            ended = replace(ended, paid=max(1, order.amount - _SHORT_BY))
        return ended

    def message(
        self, order: Order, refund: Refund | None, now: datetime, fault: Fault
    ) -> httpx.Request | None:
        if refund is not None or not order.code or not order.notify_url:
            return None
        query = self.signed(self.told(order, fault), _WRONG_KEY if fault.forge else self.hash_key)
        return httpx.Request("GET", _with(order.notify_url, query))

    def heard(self, answer: httpx.Response) -> bool:
        said = dict(parse_qsl(answer.text.strip()))
        return answer.status_code == httpx.codes.OK and said.get("responsecode") == "1"

    def back(self, order: Order, now: datetime) -> str:
        return _with(order.return_url, self.signed(self.told(order, Fault()), self.hash_key))

    def settlement(self, orders: Sequence[Order], day: HospitalDay, planted: Planted) -> bytes:
        return sandbox_settlement.write(orders, day, planted, self.merchant)

    def told(self, order: Order, fault: Fault) -> dict[str, str]:
        """Give the fields of message and return, without the hash."""
        amount = (order.paid or order.amount) - (_SHORT_BY if fault.wrong_amount else 0)
        code = order.code or "300"
        words = {each: message for _, each, message in _ENDS.values()}
        told = {
            "vpc_Amount": str(amount * 100),
            "vpc_Command": "pay",
            "vpc_MerchTxnRef": order.reference,
            "vpc_Merchant": self.merchant,
            "vpc_Message": words.get(code, "Pending"),
            "vpc_OrderInfo": str(order.facts["vpc_OrderInfo"]),
            "vpc_TransactionNo": sandbox_settlement.name_of(order.number),
            "vpc_TxnResponseCode": code,
            "vpc_Version": "2",
        }
        if order.state is State.PAID:
            # A made-up card.
            told |= {
                "vpc_AuthorizeId": "831000",
                "vpc_Card": "VC",
                "vpc_CardExp": "1230",
                "vpc_CardNum": "000000***0000",
                "vpc_CardUid": "INS-0000000000000000000000",
                "vpc_PayChannel": "WEB",
            }
        return told

    @staticmethod
    def signed(params: Mapping[str, str], hash_key: str) -> str:
        """Write *params* as a query with its hash."""
        named = {name: params[name] for name in sorted(params)}
        return urlencode({**named, signature.HASH: signature.sign(params, hash_key)})

    def _refusal(self, params: Mapping[str, str], raw: str, stand: Stand) -> str:
        """Name the error of the pay page, or nothing; the names are our choice."""
        if params.get("vpc_Merchant") != self.merchant:
            return "INVALID_MERCHANT"
        if not signature.is_authentic(raw, self.hash_key):
            return "INVALID_SIGNATURE"
        amount = params.get("vpc_Amount", "")
        is_whole = _AMOUNT.fullmatch(amount) is not None and amount.endswith("00")
        fixed = tuple(params.get(f"vpc_{name}") for name in ("Version", "Currency", "Command"))
        if not is_whole or fixed != ("2", "VND", "pay") or not all(map(params.get, _NEEDED)):
            return "INVALID_FIELD"
        known = stand.orders.find(params["vpc_MerchTxnRef"])
        # The payer may open the page of an open order again.
        is_same = known is not None and known.facts == dict(params)
        is_open = known is not None and known.state is State.PENDING
        return "" if known is None or (is_same and is_open) else "DUPLICATE_MERCH_TXN_REF"

    @staticmethod
    def _order(params: Mapping[str, str], stand: Stand) -> Order:
        known = stand.orders.find(params["vpc_MerchTxnRef"])
        if known is not None:
            return known
        return stand.orders.save(
            Order(
                reference=params["vpc_MerchTxnRef"],
                amount=int(params["vpc_Amount"]) // 100,
                created_at=stand.clock.now(),
                return_url=params["vpc_ReturnURL"],
                notify_url=params.get("vpc_CallbackURL") or stand.notify_url,
                number=stand.orders.new_number(),
                facts=dict(params),
            )
        )


def open_sandbox(options: SandboxOptions, clock: Clock) -> Stand:
    """Open OnePay's stand-in; orders without ``vpc_CallbackURL`` go to ``options.notify``."""
    return Stand(OnepayBehaviour(), clock, options)


def _with(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}"
