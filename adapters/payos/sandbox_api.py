"""The stand-in's answers: payOS's names, types and key sets, signed as payOS signs them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from adapters._sandbox.faults import Fault
from adapters._sandbox.orders import Order, State
from adapters._wire.fields import as_local
from payments.kernel.money import vnd
from payments.qr.banks import table
from payments.qr.vietqr import BuildRequest, build

BIN: Final = "999999"
ACCOUNT: Final = "113366668888"
HOLDER: Final = "BENH VIEN THU NGHIEM"
SHORT_BY: Final = 1_000
_STATUSES: Final = {
    State.PENDING: "PENDING",
    State.PAID: "PAID",
    State.FAILED: "FAILED",
    State.CANCELLED: "CANCELLED",
    State.EXPIRED: "EXPIRED",
    # A status that is in no table of payOS.
    State.REVIEW: "HELD",
}
_ZONE: Final = timezone(timedelta(hours=7))


def created(order: Order, checkout_url: str, fault: Fault) -> dict[str, Any]:
    """Give the data of a new link."""
    memo = str(order.facts["description"])
    request = BuildRequest(BIN, ACCOUNT, vnd(order.amount), memo)
    return {
        "bin": BIN,
        "accountNumber": ACCOUNT,
        "accountName": HOLDER,
        "amount": order.amount - (SHORT_BY if fault.wrong_amount else 0),
        "description": memo,
        "orderCode": int(order.reference),
        "currency": "VND",
        "paymentLinkId": order.facts["id"],
        "status": "PENDING",
        "expiredAt": int(order.expires_at.timestamp()) if order.expires_at else None,
        "checkoutUrl": checkout_url,
        "qrCode": build(request, table(None)),
    }


def link(order: Order, now: datetime, fault: Fault) -> dict[str, Any]:
    """Give the data of a link as it is at *now*."""
    less = SHORT_BY if fault.wrong_amount and order.facts["transfers"] else 0
    transfers = [dict(one) for one in order.facts["transfers"]]
    for first in transfers[:1]:
        first["amount"] -= less
    return {
        "id": order.facts["id"],
        "orderCode": int(order.reference),
        "amount": order.amount,
        "amountPaid": order.paid - less,
        "amountRemaining": max(0, order.amount - order.paid) + less,
        "status": status(order, now),
        "createdAt": _iso(order.created_at),
        "transactions": transfers,
        "canceledAt": order.facts.get("canceled_at"),
        "cancellationReason": order.facts.get("reason"),
    }


def status(order: Order, now: datetime) -> str:
    if order.state is not State.PENDING:
        return _STATUSES[order.state]
    if order.expires_at is not None and now >= order.expires_at:
        return "EXPIRED"
    return "UNDERPAID" if order.paid else "PENDING"


def transfer(order: Order, amount: int, now: datetime) -> dict[str, Any]:
    """Give the row of a transfer that comes in at *now*."""
    number = len(order.facts["transfers"]) + 1
    return {
        "reference": f"FT{now.astimezone(_ZONE):%y%j}{order.number:08d}{number}",
        "amount": amount,
        "accountNumber": ACCOUNT,
        "description": order.facts["description"],
        "transactionDateTime": as_local(now),
        "virtualAccountName": "",
        "virtualAccountNumber": "",
        "counterAccountBankId": BIN,
        "counterAccountBankName": "",
        "counterAccountName": "NGUYEN VAN THU",
        "counterAccountNumber": "0011001234567",
    }


def message(order: Order, fault: Fault) -> dict[str, Any]:
    """Give the data of the message about the last transfer: 16 keys, no more and no less."""
    row = dict(order.facts["told"])
    row["amount"] -= SHORT_BY if fault.wrong_amount else 0
    code = order.code or "00"
    return {
        **row,
        "orderCode": int(order.reference),
        "currency": "VND",
        "paymentLinkId": order.facts["id"],
        "code": code,
        "desc": "Thành công" if code == "00" else "Khác",
    }


#: What payOS sends to see whether we are there: the sample of its documentation.
GREETING: Final[Mapping[str, Any]] = {
    "orderCode": 123,
    "amount": 3_000,
    "description": "VQRIO123",
    "accountNumber": "12345678",
    "reference": "TF230204212323",
    "transactionDateTime": "2023-02-04 18:25:00",
    "currency": "VND",
    "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
    "code": "00",
    "desc": "Thành công",
    "counterAccountBankId": "",
    "counterAccountBankName": "",
    "counterAccountName": "",
    "counterAccountNumber": "",
    "virtualAccountName": "",
    "virtualAccountNumber": "",
}


def canceled(order: Order, reason: object, now: datetime) -> dict[str, Any]:
    """Give the facts of a link that is cancelled at *now*."""
    given = reason if isinstance(reason, str) else None
    return {**order.facts, "canceled_at": _iso(now), "reason": given, "told": None}


def _iso(moment: datetime) -> str:
    return moment.astimezone(_ZONE).isoformat(timespec="seconds")
