"""The stand-in's links: opened once, found by either name, paid by transfers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from adapters._sandbox.orders import Order, State
from adapters._sandbox.stand import Stand
from adapters.payos import sandbox_api, signature
from adapters.payos.requests import ORDER_CODE_MAX
from adapters.payos.sandbox_api import SHORT_BY

_MEMO_MAX: Final = 25
_URL_MAX: Final = 2_000
_AMOUNT_MAX: Final = 10**12
#: payOS does not publish the numbers of its refusals: our choice.
BAD, NOT_FOUND, BAD_SIGNATURE, TAKEN, NOT_LET_IN = "01", "101", "201", "231", "401"
_WORDS: Final = {
    BAD: "Thông tin truyền lên không đúng.",
    NOT_FOUND: "Không tìm thấy đơn thanh toán",
    BAD_SIGNATURE: "Signature không hợp lệ",
    TAKEN: "Đơn thanh toán đã tồn tại",
    NOT_LET_IN: "Sai x-client-id hoặc x-api-key",
}


class Refused(Exception):
    """What payOS answers instead of an answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code, self.desc = code, _WORDS[code]


def open_link(stand: Stand, asked: Mapping[str, Any], key: str) -> Order:
    """Add the link that is asked for. Raises Refused."""
    if not _is_whole(asked):
        raise Refused(BAD)
    if not signature.is_request_authentic(asked, asked.get("signature"), key):
        raise Refused(BAD_SIGNATURE)
    reference, expires = str(asked["orderCode"]), asked.get("expiredAt")
    with stand.orders.lock:
        # Also when it is the same request once more.
        if stand.orders.find(reference) is not None:
            raise Refused(TAKEN)
        return stand.orders.save(
            Order(
                reference=reference,
                amount=asked["amount"],
                created_at=stand.clock.now(),
                return_url=asked["returnUrl"],
                notify_url=stand.notify_url,
                expires_at=datetime.fromtimestamp(expires, UTC) if expires else None,
                number=stand.orders.new_number(),
                facts={
                    "id": uuid5(NAMESPACE_OID, f"payos/{reference}").hex,
                    "description": asked["description"],
                    "cancelUrl": asked["cancelUrl"],
                    "transfers": (),
                },
            )
        )


def paid(order: Order, act: str, now: datetime) -> Order:
    """Let a transfer come in; the link stays open until it is covered."""
    rest = order.amount - order.paid
    amount = {"short": max(1, rest - SHORT_BY), "over": rest + SHORT_BY}.get(act, rest)
    row = sandbox_api.transfer(order, amount, now)
    facts = {**order.facts, "told": row, "transfers": (*order.facts["transfers"], row)}
    paid = order.paid + amount
    state = State.PAID if paid >= order.amount else State.PENDING
    return replace(order, state=state, code="00", paid=paid, paid_at=now, facts=facts)


def find(stand: Stand, name: str) -> Order:
    """Find by our order code or by payOS's id of the link."""
    order = stand.orders.find(name)
    found = order or next((one for one in stand.orders if one.facts["id"] == name), None)
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def _is_whole(asked: Mapping[str, Any]) -> bool:
    numbers = {"orderCode": ORDER_CODE_MAX, "amount": _AMOUNT_MAX}
    texts = {"description": _MEMO_MAX, "cancelUrl": _URL_MAX, "returnUrl": _URL_MAX}
    expires = asked.get("expiredAt", 0)
    return (
        all(type(asked.get(name)) is int and 0 < asked[name] <= m for name, m in numbers.items())
        and all(isinstance(asked.get(name), str) for name in texts)
        and all(0 < len(asked[name]) <= most for name, most in texts.items())
        and type(expires) is int
        and 0 <= expires < 2**32
    )
