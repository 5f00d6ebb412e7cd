"""What we send to SePay, as bytes: pure, so that vectors can be held against it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from adapters._wire.exchange import Call, json_call
from adapters.sepay_pg import signature
from adapters.sepay_pg.settings import SepayPgSettings
from payments.gateway import Attempt, AttemptRef, Declined, PostForm, RefundOrder, Trouble
from payments.kernel.text import unmarked

PAY_PATH: Final = "/v1/checkout/init"
API_PATH: Final = "/v1/order"
#: Ours, in the addresses of return: SePay adds nothing to them.
ORDER_PARAM: Final = "order_invoice_number"
RESULT_PARAM: Final = "sepay_result"
#: A comma would make what is signed ambiguous; marks and the rest are dropped with it.
_NOT_PLAIN: Final = re.compile("[^A-Za-z0-9 ._:-]+")
_REFERENCE: Final = re.compile("[A-Za-z0-9_-]{1,100}")
_INFO_MAX: Final = 255


def form(settings: SepayPgSettings, attempt: Attempt) -> PostForm:
    """
    Write the form that the payer's browser posts; the order of its fields is signed.

    Raises:
        Declined: the amount is none, or SePay's name of an order cannot be ours.
    """
    if attempt.amount.dong <= 0:
        raise Declined(Trouble.AMOUNT_OUT_OF_RANGE, "SePay takes whole đồng from 1")
    if not _REFERENCE.fullmatch(attempt.reference):
        raise Declined(Trouble.BAD_REQUEST, "an invoice number has letters, digits, _ and -")
    fields = [
        ("merchant", settings.merchant),
        ("operation", "PURCHASE"),
        ("payment_method", settings.method),
        ("order_invoice_number", attempt.reference),
        ("order_amount", str(attempt.amount.dong)),
        ("currency", "VND"),
        ("order_description", plain(f"Thanh toan vien phi {attempt.reference}")),
        ("success_url", return_url(attempt, "success")),
        ("error_url", return_url(attempt, "error")),
        ("cancel_url", return_url(attempt, "cancel")),
    ]
    filled = tuple((name, value) for name, value in fields if value)
    signed = signature.sign(filled, settings.secret_key.reveal())
    return PostForm(f"{settings.checkout_url}{PAY_PATH}", (*filled, (signature.SIGNATURE, signed)))


def return_url(attempt: Attempt, result: str) -> str:
    """Write where the browser comes back, naming the order; "" where there is nowhere."""
    if not attempt.return_url:
        return ""
    separator = "&" if "?" in attempt.return_url else "?"
    told = f"{ORDER_PARAM}={attempt.reference}&{RESULT_PARAM}={result}"
    return f"{attempt.return_url}{separator}{told}".replace(",", "%2C")


def detail_call(settings: SepayPgSettings, reference: str) -> Call:
    path = f"{API_PATH}/detail/{quote(reference, safe='')}"
    return Call("GET", path, headers={**_authorization(settings), "accept": "application/json"})


def cancel_call(settings: SepayPgSettings, attempt: AttemptRef) -> Call:
    return _named(settings, "cancel", attempt)


def void_call(settings: SepayPgSettings, order: RefundOrder) -> Call:
    """
    Ask for the whole of a payment by card back: there are no parts.

    Raises:
        Declined: more than was paid, or a part of it; asked of nobody.
    """
    due = order.attempt.amount.dong
    if order.refunded_before.dong + order.amount.dong > due or order.amount.dong <= 0:
        raise Declined(Trouble.ALREADY_REFUNDED, "more than was paid would go back")
    if not order.is_full:
        raise Declined(Trouble.NOT_REFUNDABLE, "SePay gives back the whole of a payment only")
    return _named(settings, "voidTransaction", order.attempt)


def plain(text: str) -> str:
    return _NOT_PLAIN.sub(" ", unmarked(text)).strip()[:_INFO_MAX]


def _named(settings: SepayPgSettings, verb: str, attempt: AttemptRef) -> Call:
    fields = {"order_invoice_number": attempt.reference}
    return json_call(f"{API_PATH}/{verb}", fields, _authorization(settings))


def _authorization(settings: SepayPgSettings) -> Mapping[str, str]:
    pair = f"{settings.merchant}:{settings.secret_key.reveal()}"
    return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
