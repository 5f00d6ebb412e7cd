"""What we send to VNPAY, as bytes: pure, so that vectors can be held against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from adapters._wire.exchange import Call, json_call
from adapters._wire.fields import as_digits
from adapters.vnpay import signature
from adapters.vnpay.settings import VnpaySettings
from payments.gateway import Attempt, AttemptRef, Declined, RefundOrder, Trouble
from payments.kernel.money import Money, vnd
from payments.kernel.text import unmarked

PAY_PATH: Final = "/paymentv2/vpcpay.html"
API_PATH: Final = "/merchant_webapi/api/transaction"
#: Twelve digits with two of them for a fraction that the đồng does not have.
AMOUNT_MAX: Final = vnd(9_999_999_999)
_VERSION: Final = "2.1.0"
#: Pharmacy and medical services, in VNPAY's list of goods.
_ORDER_TYPE: Final = "270000"
_LOCALES: Final = {"vi": "vn", "en": "en", "fr": "en"}
#: All encoders agree on these; marks and the rest are dropped.
_NOT_PLAIN: Final = re.compile("[^A-Za-z0-9 ._:-]+")
_INFO_MAX: Final = 255


def pay_url(settings: VnpaySettings, attempt: Attempt, opened_at: datetime) -> str:
    """
    Write the address of the payer's page.

    Raises:
        Declined: the amount does not fit into VNPAY's field.
    """
    params = {
        "vnp_Version": _VERSION,
        "vnp_Command": "pay",
        "vnp_TmnCode": settings.tmn_code,
        "vnp_Amount": wire_amount(attempt.amount),
        "vnp_CreateDate": as_digits(opened_at),
        "vnp_CurrCode": "VND",
        "vnp_IpAddr": attempt.payer_ip or settings.server_ip,
        "vnp_Locale": _LOCALES.get(attempt.language, "vn"),
        "vnp_OrderInfo": plain(f"Thanh toan vien phi {attempt.reference}"),
        "vnp_OrderType": _ORDER_TYPE,
        "vnp_ReturnUrl": attempt.return_url,
        "vnp_ExpireDate": as_digits(attempt.expires_at),
        "vnp_TxnRef": attempt.reference,
    }
    signed = signature.sign(params, settings.hash_secret.reveal())
    query = f"{signature.canonical(params)}&{signature.HASH}={signed}"
    return f"{settings.base_url}{PAY_PATH}?{query}"


def query_call(
    settings: VnpaySettings, attempt: AttemptRef, request_id: str, now: datetime, transaction: str
) -> Call:
    """Ask for the attempt, or for the *transaction* of it that is named."""
    fields = {
        "vnp_RequestId": request_id,
        "vnp_Version": _VERSION,
        "vnp_Command": "querydr",
        "vnp_TmnCode": settings.tmn_code,
        "vnp_TxnRef": attempt.reference,
        "vnp_OrderInfo": plain(f"Truy van {attempt.reference}"),
        "vnp_TransactionNo": transaction,
        "vnp_TransactionDate": as_digits(attempt.opened_at),
        "vnp_CreateDate": as_digits(now),
        "vnp_IpAddr": settings.server_ip,
    }
    if not transaction:
        del fields["vnp_TransactionNo"]
    return _signed(settings, fields, signature.QUERY_FIELDS)


def refund_call(settings: VnpaySettings, order: RefundOrder) -> Call:
    """
    Order a refund. Everything in it comes from the order, so that a repeat is the same bytes.

    Raises:
        Declined: more than was paid would go back; asked of nobody.
    """
    attempt = order.attempt
    if (order.refunded_before + order.amount).dong > attempt.amount.dong or order.amount.dong <= 0:
        raise Declined(Trouble.ALREADY_REFUNDED, "more than was paid would go back")
    fields = {
        "vnp_RequestId": order.refund,
        "vnp_Version": _VERSION,
        "vnp_Command": "refund",
        "vnp_TmnCode": settings.tmn_code,
        "vnp_TransactionType": "02" if order.is_full else "03",
        "vnp_TxnRef": attempt.reference,
        "vnp_Amount": wire_amount(order.amount),
        "vnp_TransactionNo": attempt.transaction or "0",
        "vnp_TransactionDate": as_digits(attempt.opened_at),
        "vnp_CreateBy": plain(order.ordered_by),
        "vnp_CreateDate": as_digits(order.ordered_at),
        "vnp_IpAddr": settings.server_ip,
        "vnp_OrderInfo": plain(f"Hoan tien {attempt.reference}"),
    }
    return _signed(settings, fields, signature.REFUND_FIELDS)


def plain(text: str) -> str:
    """Reduce *text* to what every encoder writes alike."""
    return _NOT_PLAIN.sub(" ", unmarked(text)).strip()[:_INFO_MAX]


def wire_amount(amount: Money) -> str:
    """Write hundredths. Raises Declined when VNPAY's twelve digits cannot hold it."""
    if not 0 < amount.dong <= AMOUNT_MAX.dong:
        raise Declined(Trouble.AMOUNT_OUT_OF_RANGE, f"VNPAY takes 1 to {AMOUNT_MAX}")
    return str(amount.dong * 100)


def _signed(settings: VnpaySettings, fields: Mapping[str, str], names: tuple[str, ...]) -> Call:
    signed = signature.sign_fields(fields, names, settings.hash_secret.reveal())
    return json_call(API_PATH, {**fields, signature.HASH: signed})
