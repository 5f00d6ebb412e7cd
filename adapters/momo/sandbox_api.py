"""
The stand-in's answers to create, query, refund and confirm: HTTP 200 whatever the code says.

What no document says is our choice: refunds wait (7002) where a person plays the payer and are
done at once where a program does; a capture takes the whole amount.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from adapters._sandbox.orders import Order, Refund, RefundState, State
from adapters._sandbox.stand import Stand, fault_of_request
from adapters._wire.fields import as_epoch_ms
from adapters.momo import codes, signature

Answer = dict[str, Any]
_ORDER_ID: Final = re.compile("[0-9a-zA-Z](?:[-_.]*[0-9a-zA-Z]+)*")
_TYPES: Final = ("captureWallet", "payWithATM", "payWithCC", "payWithMethod")
#: The payment link's life where the order names none.
_LIFE_MIN: Final = 100
_LIFE_MAX_MIN: Final = 60 * 24 * 60
_REFUND_CODES: Final = {RefundState.PENDING: 7002, RefundState.DONE: 0, RefundState.REFUSED: 1080}
MESSAGES: Final = {
    0: "Thành công.",
    13: "Xác thực doanh nghiệp thất bại. Kiểm tra lại chữ ký và khóa.",
    20: "Yêu cầu sai định dạng.",
    22: "Số tiền giao dịch không hợp lệ.",
    40: "RequestId bị trùng.",
    41: "OrderId bị trùng.",
    42: "OrderId không hợp lệ hoặc không được tìm thấy.",
    47: "Yêu cầu bị từ chối vì thông tin không hợp lệ.",
    1000: "Giao dịch đã được khởi tạo, chờ người dùng xác nhận thanh toán.",
    1001: "Giao dịch thanh toán thất bại do tài khoản người dùng không đủ tiền.",
    1005: "Giao dịch thất bại do url hoặc QR code đã hết hạn.",
    1006: "Giao dịch bị từ chối bởi người dùng.",
    1017: "Giao dịch bị hủy bởi đối tác.",
    1080: "Giao dịch hoàn tiền thất bại. Vui lòng thử lại sau.",
    1081: "Giao dịch hoàn tiền bị từ chối. Giao dịch gốc đã được hoàn.",
    1088: "Giao dịch hoàn tiền bị từ chối. Giao dịch gốc không được hỗ trợ hoàn tiền.",
    7002: "Giao dịch đang được xử lý bởi nhà cung cấp loại hình thanh toán.",
    9000: "Giao dịch được cấp quyền (authorization) thành công.",
}


def refusal(fields: Mapping[str, Any], names: tuple[str, ...], keys: tuple[str, str]) -> int:
    """Name the code of a request that is not looked at further, or 0."""
    if not signature.is_authentic(fields, names, keys):
        return 13
    texts = ("partnerCode", "requestId", "orderId")
    if not all(isinstance(fields.get(name), str) and fields[name] for name in texts):
        return 20
    is_short = len(fields["requestId"]) <= 50 and len(fields["orderId"]) <= 200
    return 0 if is_short and _ORDER_ID.fullmatch(fields["orderId"]) else 20


def created(stand: Stand, fields: Mapping[str, Any]) -> tuple[int, Order | None]:
    """Take an order, or give the one that is there: (code, order)."""
    amount = whole(fields.get("amount"))
    minutes = whole(fields.get("orderExpireTime", _LIFE_MIN))
    needed = ("orderInfo", "redirectUrl", "ipnUrl", "requestType", "extraData")
    if amount is None or not all(isinstance(fields.get(name), str) for name in needed):
        return 20, None
    if fields["requestType"] not in _TYPES or not all(fields[name] for name in needed[:4]):
        return 20, None
    if minutes is None or not 1 <= minutes <= _LIFE_MAX_MIN:
        return 20, None
    least = 10_000 if fields["requestType"] == "payWithATM" else 1_000
    most = 10_000_000 if fields["requestType"] == "payWithCC" else 50_000_000
    if not least <= amount <= most:
        return 22, None
    known = stand.orders.find(fields["orderId"])
    if known is not None and known.facts["asked"] == dict(fields):
        return 0, known
    if fields["requestId"] in stand.seen:
        return 40, None
    if known is not None or _refund_of(stand, fields["orderId"]) is not None:
        return 41, None
    stand.seen.add(fields["requestId"])
    now = stand.clock.now()
    order = Order(
        reference=fields["orderId"],
        amount=amount,
        created_at=now,
        return_url=fields["redirectUrl"],
        notify_url=fields["ipnUrl"],
        expires_at=now + timedelta(minutes=minutes),
        number=stand.orders.new_number(),
        facts={"asked": dict(fields)},
    )
    return 0, stand.orders.save(order)


def queried(stand: Stand, fields: Mapping[str, Any]) -> tuple[int, Answer]:
    """Tell of the payment or the refund that has the orderId."""
    short_by = 1_000 if fault_of_request().wrong_amount else 0
    found = _refund_of(stand, fields["orderId"])
    if found is not None:
        return _REFUND_CODES[found.state], {
            **_QUERIED,
            "amount": found.amount - short_by,
            "transId": found.number,
        }
    order = stand.orders.find(fields["orderId"])
    if order is None:
        return 42, {}
    code = code_of(order, stand)
    return code, {
        **_QUERIED,
        "extraData": order.facts["asked"]["extraData"],
        "amount": (order.paid or order.amount) - short_by,
        "transId": order.number if order.code else 0,
        "payType": "qr" if order.code else "",
        "refundTrans": [_trans(one) for one in order.refunds],
    }


def refunded(stand: Stand, fields: Mapping[str, Any]) -> tuple[int, Answer]:
    """Send a part or all of a payment back."""
    amount, number = whole(fields.get("amount")), whole(fields.get("transId"))
    if amount is None or number is None or not isinstance(fields.get("description", ""), str):
        return 20, {}
    before = _refund_of(stand, fields["orderId"])
    if before is not None and before.facts["asked"] == dict(fields):
        # Terminal results are repeated; what is under way is a request that was had before.
        is_over = before.state is not RefundState.PENDING
        return (_REFUND_CODES[before.state] if is_over else 40), _told(before) if is_over else {}
    if fields["requestId"] in stand.seen:
        return 40, {}
    if before is not None or stand.orders.find(fields["orderId"]) is not None:
        return 41, {}
    order = next((one for one in stand.orders if one.number == number), None)
    if order is None:
        return 42, {}
    if not 1_000 <= amount <= 50_000_000:
        return 22, {}
    if order.state is not State.PAID:
        return 1088, {}
    if amount > order.paid - order.refunded:
        return 1081, {}
    stand.seen.add(fields["requestId"])
    is_at_once = stand.options.payer == "auto"
    refund = Refund(
        fields["orderId"],
        stand.orders.new_number(),
        amount,
        stand.clock.now(),
        RefundState.DONE if is_at_once else RefundState.PENDING,
        {"asked": dict(fields)},
    )
    stand.orders.save(order.with_refund(refund))
    return _REFUND_CODES[refund.state], _told(refund)


def confirmed(stand: Stand, fields: Mapping[str, Any]) -> tuple[int, Answer]:
    """Take what was set aside, or let it go."""
    order = stand.orders.find(fields["orderId"])
    kind = fields.get("requestType")
    if kind not in ("capture", "cancel") or whole(fields.get("amount")) is None:
        return 20, {}
    if order is None:
        return 42, {}
    told = {"amount": order.amount, "transId": order.number, "requestType": kind}
    if order.facts.get("confirmed") == dict(fields):
        return int(order.code), told
    if fields["requestId"] in stand.seen:
        return 40, {}
    if order.code != str(codes.AUTHORISED):
        return 47, {}
    if whole(fields["amount"]) != order.amount:
        return 22, {}
    stand.seen.add(fields["requestId"])
    now = stand.clock.now()
    state, code = (State.PAID, 0) if kind == "capture" else (State.CANCELLED, 1017)
    facts = {**order.facts, "confirmed": dict(fields), "ended_at": now}
    stand.orders.save(replace(order.ended(state, str(code), now), facts=facts))
    return code, told


def code_of(order: Order, stand: Stand) -> int:
    """Give the code of *order* now: a never paid one waits, and has expired after its time."""
    if order.code:
        return int(order.code)
    is_over = order.expires_at is not None and order.expires_at <= stand.clock.now()
    return 1005 if is_over else 1000


def whole(value: object) -> int | None:
    """Read a number that samples send as a number or as its text; None where it is none."""
    if type(value) is int:
        return value if value >= 0 else None
    is_text = isinstance(value, str) and value.isascii() and value.isdecimal()
    return int(str(value)) if is_text and len(str(value)) < 16 else None


_QUERIED: Final[Answer] = {
    "extraData": "",
    "amount": 0,
    "transId": 0,
    "payType": "",
    "refundTrans": [],
    "paymentOption": "",
    "promotionInfo": [],
}


def _told(refund: Refund) -> Answer:
    short_by = 1_000 if fault_of_request().wrong_amount else 0
    return {"amount": refund.amount - short_by, "transId": refund.number}


def _trans(refund: Refund) -> Answer:
    return {
        "orderId": refund.refund,
        "amount": refund.amount,
        "resultCode": _REFUND_CODES[refund.state],
        "transId": refund.number,
        "createdTime": as_epoch_ms(refund.at),
    }


def _refund_of(stand: Stand, order_id: str) -> Refund | None:
    found = (one for order in stand.orders for one in order.refunds if one.refund == order_id)
    return next(found, None)
