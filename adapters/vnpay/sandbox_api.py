"""The stand-in's answers to querydr and refund: always HTTP 200, always signed, all as texts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, Refund, RefundState, State
from adapters._sandbox.stand import Stand, fault_of_request
from adapters._wire.fields import as_digits
from adapters.vnpay import signature
from payments.kernel.calendar import HospitalDay

_STATUSES: Final = {
    State.PENDING: "01",
    State.PAID: "00",
    State.FAILED: "02",
    State.CANCELLED: "02",
    State.EXPIRED: "02",
    State.REVIEW: "07",
}
_REFUND_STATUSES: Final = {
    RefundState.PENDING: "05",
    RefundState.DONE: "00",
    RefundState.REFUSED: "09",
}
_MESSAGES: Final = {
    "00": "Success",
    "02": "Invalid TmnCode",
    "03": "Invalid format",
    "91": "Order not found",
    "94": "Duplicate request",
    "95": "Original transaction not successful",
    "97": "Invalid checksum",
    "99": "Other error",
}
_COMMANDS: Final = {"querydr": signature.QUERY_FIELDS, "refund": signature.REFUND_FIELDS}


def answer(stand: Stand, asked: Any, tmn_code: str, secret: str, key: str) -> dict[str, str]:
    """Answer one request; *key* signs the answer, *secret* proves the request."""
    fields = _texts(asked)
    command = fields.get("vnp_Command", "")
    code, told = _decide(stand, fields, tmn_code, secret)
    names = signature.REFUND_ANSWER_FIELDS if command == "refund" else signature.QUERY_ANSWER_FIELDS
    full = dict.fromkeys(names, "") | {
        "vnp_ResponseId": uuid.uuid4().hex,
        "vnp_Command": command,
        "vnp_ResponseCode": code,
        "vnp_Message": _MESSAGES[code],
        "vnp_TmnCode": fields.get("vnp_TmnCode", ""),
        "vnp_TxnRef": fields.get("vnp_TxnRef", ""),
        **told,
    }
    return full | {signature.HASH: signature.sign_fields(full, names, key)}


def _decide(
    stand: Stand, fields: Mapping[str, str], tmn_code: str, secret: str
) -> tuple[str, Mapping[str, str]]:
    command = fields.get("vnp_Command", "")
    if fields.get("vnp_TmnCode") != tmn_code:
        return "02", {}
    if command not in _COMMANDS or not fields.get("vnp_RequestId"):
        return "03", {}
    if not signature.has_signed_fields(fields, _COMMANDS[command], secret):
        return "97", {}
    with stand.orders.lock:
        if not _is_first(stand, fields["vnp_RequestId"]):
            return "94", {}
        order = _find(stand, fields)
        if order is None:
            return "91", {}
        if command == "querydr":
            return "00", _queried(stand, order, fields.get("vnp_TransactionNo", ""))
        return _refunded(stand, order, fields)


def _queried(stand: Stand, order: Order, number: str) -> Mapping[str, str]:
    """
    Tell of the transaction that is named; without a name of the newest.

    That a refund is found by its own number, or as the newest, is our choice.
    """
    wrong = fault_of_request()
    refund = next((one for one in order.refunds if str(one.number) == number), None)
    if refund is None and number in ("", "0") and order.refunds:
        refund = order.refunds[-1]
    if refund is None:
        return _told(order, wrong)
    if stand.options.payer == "auto" and refund.state is RefundState.PENDING:
        order = stand.finish_refund(refund.number, RefundState.DONE)
        refund = next(one for one in order.refunds if one.number == refund.number)
    return _told_refund(order, refund, str(order.facts["vnp_OrderInfo"]), wrong)


def _refunded(
    stand: Stand, order: Order, fields: Mapping[str, str]
) -> tuple[str, Mapping[str, str]]:
    amount = fields.get("vnp_Amount", "")
    kind = fields.get("vnp_TransactionType", "")
    if not amount.isdecimal() or int(amount) % 100 or kind not in ("02", "03"):
        return "03", {}
    dong = int(amount) // 100
    if order.state is not State.PAID:
        return "95", {}
    if kind == "02" and dong != order.paid:
        return "03", {}
    if order.refunded >= order.paid:
        return "94", {}
    # What goes beyond the payment is no refund of it: our choice of code.
    if not 0 < dong <= order.paid - order.refunded:
        return "95", {}
    refund = Refund(
        fields["vnp_RequestId"],
        stand.orders.new_number(),
        dong,
        stand.clock.now(),
        RefundState.PENDING,
        {"kind": kind},
    )
    saved = stand.orders.save(order.with_refund(refund))
    info = fields.get("vnp_OrderInfo", "")
    return "00", _told_refund(saved, refund, info, fault_of_request())


def _told(order: Order, fault: Fault) -> Mapping[str, str]:
    is_debited = order.state in (State.PAID, State.REVIEW)
    amount = (order.paid or order.amount) - (1_000 if fault.wrong_amount else 0)
    return {
        "vnp_Amount": str(amount * 100),
        "vnp_BankCode": "NCB" if is_debited else "",
        "vnp_PayDate": as_digits(order.paid_at) if order.paid_at else "",
        "vnp_TransactionNo": str(order.number) if is_debited else "0",
        "vnp_TransactionType": "01",
        # The code that is in no table stays so when it is asked about.
        "vnp_TransactionStatus": "42" if order.code == "42/42" else _STATUSES[order.state],
        "vnp_OrderInfo": str(order.facts["vnp_OrderInfo"]),
    }


def _told_refund(order: Order, refund: Refund, info: str, fault: Fault) -> Mapping[str, str]:
    amount = refund.amount - (1_000 if fault.wrong_amount else 0)
    return {
        "vnp_Amount": str(amount * 100),
        "vnp_BankCode": "NCB",
        "vnp_PayDate": as_digits(refund.at),
        "vnp_TransactionNo": str(refund.number),
        "vnp_TransactionType": str(refund.facts["kind"]),
        "vnp_TransactionStatus": _REFUND_STATUSES[refund.state],
        "vnp_OrderInfo": info,
    }


def _find(stand: Stand, fields: Mapping[str, str]) -> Order | None:
    reference, day = fields.get("vnp_TxnRef", ""), fields.get("vnp_TransactionDate", "")[:8]
    for known in (reference, f"{reference}@{day}"):
        order = stand.orders.find(known)
        if order is not None and as_digits(order.created_at)[:8] == day:
            return order
    return None


def _is_first(stand: Stand, request_id: str) -> bool:
    name = f"{HospitalDay.of(stand.clock.now())}:{request_id}"
    if name in stand.seen:
        return False
    stand.seen.add(name)
    return True


def _texts(asked: Any) -> Mapping[str, str]:
    """Read what was sent; SDKs send some numbers as numbers, and sign their decimal text."""
    if not isinstance(asked, dict):
        return {}
    return {
        name: str(value)
        for name, value in asked.items()
        if isinstance(value, str) or type(value) is int
    }
