"""What we send to ZaloPay, as bytes: pure, so that vectors can be held against it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from adapters._wire.exchange import Call, json_call
from adapters._wire.fields import as_epoch_ms, as_local_day
from adapters.zalopay import signature
from adapters.zalopay.settings import ZalopaySettings
from payments.gateway import Attempt, AttemptRef, Declined, RefundOrder, Trouble

CREATE_PATH: Final = "/v2/create"
QUERY_PATH: Final = "/v2/query"
REFUND_PATH: Final = "/v2/refund"
QUERY_REFUND_PATH: Final = "/v2/query_refund"
EXPIRY_MIN_S: Final = 300
EXPIRY_MAX_S: Final = 2_592_000
_ORDER_MAX: Final = 40
_REFUND_MAX: Final = 45
_EMBED_MAX: Final = 1024
#: The payer as ZaloPay is told: nobody. The order's name says enough, and a patient's would leave
#: the house.
_APP_USER: Final = "vienphi"
_TRANSACTION: Final = re.compile("[1-9][0-9]{0,17}")


def create_call(settings: ZalopaySettings, attempt: Attempt, opened_at: datetime) -> Call:
    """
    Order a payment. ZaloPay takes an ``app_time`` of the last 15 minutes only.

    Raises:
        Declined: the time to pay is over, or a name or an address does not fit.
    """
    left_s = int((attempt.expires_at - opened_at).total_seconds())
    if left_s <= 0:
        raise Declined(Trouble.EXPIRED, "the time to pay is over")
    if attempt.amount.dong <= 0:
        raise Declined(Trouble.AMOUNT_OUT_OF_RANGE, "ZaloPay takes 1 đồng or more")
    embedded = {"redirecturl": attempt.return_url} if attempt.return_url else {}
    fields: dict[str, object] = {
        "app_id": settings.app_id,
        "app_trans_id": order_name(attempt.reference, opened_at),
        "app_user": _APP_USER,
        "app_time": as_epoch_ms(opened_at),
        # Less or more than ZaloPay takes becomes the nearest; money that comes late is still money.
        "expire_duration_seconds": min(max(left_s, EXPIRY_MIN_S), EXPIRY_MAX_S),
        "amount": attempt.amount.dong,
        "item": "[]",
        # Signed as this very text.
        "embed_data": json.dumps(embedded, separators=(",", ":")),
        "description": f"Thanh toan vien phi {attempt.reference}",
        "bank_code": settings.bank_code,
    }
    if len(str(fields["embed_data"])) > _EMBED_MAX:
        raise Declined(Trouble.BAD_REQUEST, f"the return address is longer than {_EMBED_MAX}")
    if attempt.notify_url:
        fields["callback_url"] = attempt.notify_url
    text = signature.text_of(fields, signature.CREATE)
    return _signed(settings, CREATE_PATH, fields, text)


def query_call(settings: ZalopaySettings, attempt: AttemptRef) -> Call:
    fields = {
        "app_id": settings.app_id,
        "app_trans_id": order_name(attempt.reference, attempt.opened_at),
    }
    text = signature.query_text(fields, settings.key1.reveal())
    return _signed(settings, QUERY_PATH, fields, text)


def refund_call(settings: ZalopaySettings, order: RefundOrder) -> Call:
    """
    Order a refund. Everything in it comes from the order, so that a repeat is the same bytes.

    Raises:
        Declined: more than was paid would go back, or no payment is known.
    """
    attempt = order.attempt
    if (order.refunded_before + order.amount).dong > attempt.amount.dong or order.amount.dong <= 0:
        raise Declined(Trouble.ALREADY_REFUNDED, "more than was paid would go back")
    if not _TRANSACTION.fullmatch(attempt.transaction):
        raise Declined(Trouble.NOT_REFUNDABLE, "ZaloPay's number of the payment is not known")
    fields = {
        "app_id": settings.app_id,
        "m_refund_id": refund_name(settings, order),
        "zp_trans_id": attempt.transaction,
        "amount": order.amount.dong,
        "timestamp": as_epoch_ms(order.ordered_at),
        "description": f"Hoan tien {attempt.reference}",
    }
    return _signed(settings, REFUND_PATH, fields, signature.text_of(fields, signature.REFUND))


def query_refund_call(settings: ZalopaySettings, order: RefundOrder, now: datetime) -> Call:
    fields = {
        "app_id": settings.app_id,
        "m_refund_id": refund_name(settings, order),
        "timestamp": as_epoch_ms(now),
    }
    text = signature.text_of(fields, signature.QUERY_REFUND)
    return _signed(settings, QUERY_REFUND_PATH, fields, text)


def order_name(reference: str, opened_at: datetime) -> str:
    """
    Put the Vietnamese day before *reference*: ZaloPay settles by it and refuses any other.

    Raises:
        Declined: it becomes longer than ZaloPay takes.
    """
    return _named(f"{yymmdd(opened_at)}_{reference}", _ORDER_MAX)


def reference_of(name: str) -> str:
    """Take the day off again; a name without one stays as it is, and is nobody's."""
    day, _, reference = name.partition("_")
    return reference if len(day) == 6 and day.isascii() and day.isdecimal() else name


def refund_name(settings: ZalopaySettings, order: RefundOrder) -> str:
    """Name a refund as ZaloPay wants it: day, app, ours. Raises Declined."""
    name = f"{yymmdd(order.ordered_at)}_{settings.app_id}_{order.refund}"
    return _named(name, _REFUND_MAX)


def yymmdd(moment: datetime) -> str:
    return as_local_day(moment).replace("-", "")[2:]


def _named(name: str, most: int) -> str:
    if len(name) > most:
        raise Declined(Trouble.BAD_REQUEST, f"ZaloPay takes names of {most} characters")
    return name


def _signed(settings: ZalopaySettings, path: str, fields: Mapping[str, object], text: str) -> Call:
    return json_call(path, {**fields, signature.MAC: signature.sign(text, settings.key1.reveal())})
