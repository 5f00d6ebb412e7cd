"""
The stand-in's answers to create, query, refund and query_refund: always HTTP 200.

What no document says is our choice: -402 for a wrong mac on every call, -401 for what is not
found, 406 for a refund of what was not paid or that failed later; refunds always wait (3), and a
query ends them where a program plays the payer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters._sandbox.orders import Order, Refund, RefundState, State
from adapters._sandbox.stand import Stand, fault_of_request
from adapters.zalopay import signature
from adapters.zalopay.requests import EXPIRY_MAX_S, EXPIRY_MIN_S, yymmdd
from adapters.zalopay.settings import SANDBOX_APPS, SANDBOX_SETTINGS

Answer = dict[str, Any]
_APP_TIME_SPREAD: Final = timedelta(minutes=15)
_DEFAULT_EXPIRY_S: Final = 900
_LENGTHS: Final = {"app_user": 50, "app_trans_id": 40, "description": 256, "bank_code": 20,
                   "item": 2048, "embed_data": 1024}  # fmt: skip
_FIRST_APP: Final = int(SANDBOX_SETTINGS["app_id"])
_NUMBER: Final = re.compile("[0-9]{1,18}")
_MESSAGES: Final = {
    (1, 1): "Giao dịch thành công",
    (2, -322): "Payment Code hết hạn, giao dịch thất bại.",
    (2, -329): "User huỷ giao dịch thanh toán.",
    (2, -43): "Ngân hàng đang bảo trì, vui lòng chọn ngân hàng khác.",
    (2, -68): "Mã giao dịch bị trùng",
    (2, -401): "Dữ liệu yêu cầu không hợp lệ",
    (2, -402): "Chữ ký không hợp lệ",
    (2, 406): "Trạng thái giao dịch không hợp lệ",
    (3, 1): "Giao dịch đang được xử lý",
}


def refusal(asked: Mapping[str, Any], text: str) -> bool:
    """Tell whether *asked* comes from an app that is not known, or has another mac."""
    keys = SANDBOX_APPS.get(number(asked.get("app_id")) or 0)
    return keys is None or not signature.is_authentic(text, asked.get(signature.MAC), keys[0])


def told(code: int, sub: int, **more: Any) -> Answer:
    message = _MESSAGES.get((code, sub), "Kết quả lạ")
    return {
        "return_code": code,
        "return_message": message,
        "sub_return_code": sub,
        "sub_return_message": message,
        **more,
    }


def created(stand: Stand, asked: Mapping[str, Any]) -> Order | int:
    """Take an order; give it, or the sub code of its refusal."""
    if not _is_whole(asked, stand.clock.now()):
        return -401
    app_id = number(asked["app_id"]) or 0
    if stand.orders.find(book_name(app_id, asked["app_trans_id"])) is not None:
        return -68
    now = stand.clock.now()
    expiry = number(asked.get("expire_duration_seconds", _DEFAULT_EXPIRY_S)) or 0
    facts = {**asked, "app_id": app_id, "app_time": number(asked["app_time"])}
    order = Order(
        reference=book_name(app_id, asked["app_trans_id"]),
        amount=number(asked["amount"]) or 0,
        created_at=now,
        return_url=str(json.loads(asked["embed_data"]).get("redirecturl", "")),
        notify_url=str(asked.get("callback_url") or stand.notify_url),
        expires_at=now + timedelta(seconds=expiry),
        number=_new_number(stand),
        facts={**facts, "token": _token(app_id, asked["app_trans_id"])},
    )
    return stand.orders.save(order)


def queried(stand: Stand, asked: Mapping[str, Any]) -> Answer:
    """Tell of an order; nobody who has not paid has a zp_trans_id."""
    order = find(stand, asked)
    if order is None:
        return told(2, -401, **_QUERIED)
    code, sub = codes_of(order, stand.clock.now())
    short_by = 1_000 if fault_of_request().wrong_amount else 0
    return told(
        code,
        sub,
        **{
            **_QUERIED,
            "is_processing": code == 3,
            "amount": (order.paid or order.amount) - short_by,
            "zp_trans_id": order.number if order.state is State.PAID else 0,
        },
    )


def refunded(stand: Stand, asked: Mapping[str, Any]) -> Answer:
    """Send a part or all of a payment back; the same name and content gets the same answer."""
    app_id, name = number(asked.get("app_id")) or 0, asked.get("m_refund_id")
    amount, payment = number(asked.get("amount")), number(asked.get("zp_trans_id"))
    form = re.compile(f"[0-9]{{6}}_{app_id}_.+")
    if not isinstance(name, str) or not form.fullmatch(name) or len(name) > 45:
        return told(2, -401)
    if not amount or payment is None or len(str(asked.get("description", ""))) > 100:
        return told(2, -401)
    _, known = find_refund(stand, app_id, name)
    if known is not None:
        is_same = known.facts["asked"] == dict(asked)
        return told(3, 1, refund_id=known.number) if is_same else told(2, -401)
    order = next((one for one in stand.orders if one.number == payment), None)
    if order is None or order.facts["app_id"] != app_id:
        return told(2, -401)
    if order.state is not State.PAID:
        return told(2, 406)
    if amount > order.paid - order.refunded:
        return told(2, -401)
    refund = Refund(
        name,
        _new_number(stand),
        amount,
        stand.clock.now(),
        RefundState.PENDING,
        {"asked": dict(asked)},
    )
    stand.orders.save(order.with_refund(refund))
    return told(3, 1, refund_id=refund.number)


def refund_queried(stand: Stand, asked: Mapping[str, Any]) -> Answer:
    app_id = number(asked.get("app_id")) or 0
    _, refund = find_refund(stand, app_id, asked.get("m_refund_id"))
    if refund is None:
        return told(2, -401)
    if refund.state is RefundState.PENDING and stand.options.payer == "auto":
        stand.finish_refund(refund.number, RefundState.DONE)
        return told(1, 1)
    return told(*_REFUND_CODES[refund.state])


def codes_of(order: Order, now: datetime) -> tuple[int, int]:
    """Give return_code and sub_return_code of *order* now."""
    if order.code:
        code, _, sub = order.code.partition("/")
        return int(code), int(sub)
    is_over = order.expires_at is not None and order.expires_at <= now
    return (2, -322) if is_over else (3, 1)


def find(stand: Stand, asked: Mapping[str, Any]) -> Order | None:
    app_id = number(asked.get("app_id")) or 0
    return stand.orders.find(book_name(app_id, str(asked.get("app_trans_id", ""))))


def find_refund(stand: Stand, app_id: int, name: object) -> tuple[Order | None, Refund | None]:
    for order in stand.orders:
        for refund in order.refunds:
            if refund.refund == name and order.facts["app_id"] == app_id:
                return order, refund
    return None, None


def book_name(app_id: int, app_trans_id: str) -> str:
    """Name an order in the book: two apps may use one app_trans_id."""
    return app_trans_id if app_id == _FIRST_APP else f"{app_trans_id}@{app_id}"


def number(value: object) -> int | None:
    """Read a number that forms send as text; None where it is none."""
    if type(value) is int:
        return value if value >= 0 else None
    is_text = isinstance(value, str) and _NUMBER.fullmatch(value) is not None
    return int(str(value)) if is_text else None


_QUERIED: Final[Answer] = {
    "is_processing": False,
    "amount": 0,
    "discount_amount": 0,
    "zp_trans_id": 0,
}
_REFUND_CODES: Final = {
    RefundState.PENDING: (3, 1),
    RefundState.DONE: (1, 1),
    RefundState.REFUSED: (2, 406),
}


def _is_whole(asked: Mapping[str, Any], now: datetime) -> bool:
    texts = ("app_user", "app_trans_id", "item", "embed_data", "description")
    if not all(isinstance(asked.get(name), str) and asked[name] for name in texts):
        return False
    if any(len(str(asked.get(name, ""))) > most for name, most in _LENGTHS.items()):
        return False
    expiry = number(asked.get("expire_duration_seconds", _DEFAULT_EXPIRY_S))
    if expiry is None or not EXPIRY_MIN_S <= expiry <= EXPIRY_MAX_S:
        return False
    app_time = number(asked.get("app_time"))
    if app_time is None or app_time >= 10**14 or not number(asked.get("amount")):
        return False
    at = datetime.fromtimestamp(app_time / 1000, UTC)
    if abs(now - at) > _APP_TIME_SPREAD or not asked["app_trans_id"].startswith(yymmdd(now)):
        return False
    try:
        item, embedded = json.loads(asked["item"]), json.loads(asked["embed_data"])
    except (ValueError, RecursionError):
        return False
    return isinstance(item, list) and isinstance(embedded, dict)


def _new_number(stand: Stand) -> int:
    """Give a zp_trans_id: day and count, beyond what a float of 32 bits holds."""
    return int(yymmdd(stand.clock.now())) * 10**9 + stand.orders.new_number()


def _token(app_id: int, app_trans_id: str) -> str:
    key = SANDBOX_APPS[app_id][1]
    return hashlib.sha256(f"{app_trans_id}|{key}".encode()).hexdigest()[:24]
