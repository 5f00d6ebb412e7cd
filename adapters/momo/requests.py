"""What we send to MoMo, as bytes: pure, so that vectors can be held against it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from adapters._wire.exchange import Call, json_call
from adapters.momo import signature
from adapters.momo.settings import MomoSettings
from payments.gateway import Attempt, AttemptRef, Declined, RefundOrder, Trouble
from payments.kernel.money import Money, vnd

CREATE_PATH: Final = "/v2/gateway/api/create"
QUERY_PATH: Final = "/v2/gateway/api/query"
REFUND_PATH: Final = "/v2/gateway/api/refund"
CONFIRM_PATH: Final = "/v2/gateway/api/confirm"
AMOUNT_MIN: Final = vnd(1_000)
AMOUNT_MAX: Final = vnd(50_000_000)
_ATM_MIN: Final = vnd(10_000)
_CARD_MAX: Final = vnd(10_000_000)
_LANGUAGES: Final = {"vi": "vi", "en": "en", "fr": "en"}
#: Separators of the signed text are not escaped, so they stand in no words of ours.
_NOT_PLAIN: Final = re.compile("[^A-Za-z0-9 ._:-]+")
_TRANSACTION: Final = re.compile("[1-9][0-9]{0,15}")
_MINUTE: Final = timedelta(minutes=1)


def create_call(settings: MomoSettings, attempt: Attempt, opened_at: datetime) -> Call:
    """
    Order a payment. All of it comes from the attempt: MoMo answers a repeat as it did before.

    Raises:
        Declined: MoMo takes no such amount, or the time to pay is over.
    """
    most = _CARD_MAX if settings.pay_with == "payWithCC" else AMOUNT_MAX
    least = _ATM_MIN if settings.pay_with == "payWithATM" else AMOUNT_MIN
    _check_range(attempt.amount, least, most)
    minutes = math.ceil((attempt.expires_at - opened_at) / _MINUTE)
    if minutes <= 0:
        raise Declined(Trouble.EXPIRED, "the time to pay is over")
    fields = {
        "partnerCode": settings.partner_code,
        "requestId": attempt.reference,
        "amount": attempt.amount.dong,
        "orderId": attempt.reference,
        "orderInfo": plain(f"Thanh toan vien phi {attempt.reference}"),
        "redirectUrl": attempt.return_url,
        "ipnUrl": attempt.notify_url,
        "requestType": settings.pay_with,
        "extraData": "",
        "lang": _LANGUAGES.get(attempt.language, "vi"),
        "autoCapture": settings.capture == "auto",
        "orderExpireTime": minutes,
    }
    return _signed(settings, CREATE_PATH, fields, signature.CREATE)


def query_call(settings: MomoSettings, order_id: str, request_id: str) -> Call:
    """Ask for the payment or the refund that has *order_id*."""
    fields = {
        "partnerCode": settings.partner_code,
        "requestId": request_id,
        "orderId": order_id,
        "lang": "vi",
    }
    return _signed(settings, QUERY_PATH, fields, signature.QUERY)


def refund_call(settings: MomoSettings, order: RefundOrder) -> Call:
    """
    Order a refund. Everything in it comes from the order, so that a repeat is the same bytes.

    Raises:
        Declined: more than was paid would go back, less than MoMo sends, or no payment is known.
    """
    attempt = order.attempt
    if (order.refunded_before + order.amount).dong > attempt.amount.dong or order.amount.dong <= 0:
        raise Declined(Trouble.ALREADY_REFUNDED, "more than was paid would go back")
    if not _TRANSACTION.fullmatch(attempt.transaction):
        raise Declined(Trouble.NOT_REFUNDABLE, "MoMo's number of the payment is not known")
    least = _ATM_MIN if settings.pay_with == "payWithATM" else AMOUNT_MIN
    _check_range(order.amount, least, AMOUNT_MAX)
    fields = {
        "partnerCode": settings.partner_code,
        # Of its own: MoMo keeps refunds beside payments, under the same kind of name.
        "orderId": order.refund,
        "requestId": order.refund,
        "amount": order.amount.dong,
        "transId": int(attempt.transaction),
        "lang": "vi",
        "description": plain(f"Hoan tien {attempt.reference}"),
    }
    return _signed(settings, REFUND_PATH, fields, signature.REFUND)


def capture_call(settings: MomoSettings, attempt: AttemptRef) -> Call:
    """Take the money that was set aside; the same attempt again is the same request."""
    fields = {
        "partnerCode": settings.partner_code,
        "requestId": capture_request(attempt),
        "orderId": attempt.reference,
        "requestType": "capture",
        "amount": attempt.amount.dong,
        "lang": "vi",
        "description": "",
    }
    return _signed(settings, CONFIRM_PATH, fields, signature.CONFIRM)


def capture_request(attempt: AttemptRef) -> str:
    return f"{attempt.reference}-capture"


def plain(text: str) -> str:
    """Reduce *text* to letters, digits and marks that stand in no signed text as separators."""
    return _NOT_PLAIN.sub(" ", text).strip()


def _check_range(amount: Money, least: Money, most: Money) -> None:
    if not least <= amount <= most:
        raise Declined(Trouble.AMOUNT_OUT_OF_RANGE, f"MoMo takes {least} to {most}")


def _signed(
    settings: MomoSettings, path: str, fields: Mapping[str, object], names: tuple[str, ...]
) -> Call:
    signed = signature.sign(fields, names, settings.keys)
    return json_call(path, {**fields, signature.SIGNATURE: signed})
