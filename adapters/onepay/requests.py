"""The address of OnePay's page: pure, so that vectors can be held against it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from adapters.onepay import signature
from adapters.onepay.settings import OnepaySettings
from payments.gateway import Attempt, Declined, Trouble
from payments.kernel.money import Money, vnd
from payments.kernel.text import unmarked

PAY_PATH: Final = "/paygate/vpcpay.op"
#: Twelve digits with two of them for a fraction that the đồng does not have; our choice, as no
#: document tells OnePay's limit.
AMOUNT_MAX: Final = vnd(9_999_999_999)
_LOCALES: Final = {"vi": "vn", "en": "en", "fr": "en"}
#: What separates parameters must not be in a value: it is signed as it stands.
_NOT_PLAIN: Final = re.compile("[^A-Za-z0-9 ._:-]+")
_INFO_MAX: Final = 34


def pay_url(settings: OnepaySettings, attempt: Attempt) -> str:
    """
    Write the address of the payer's page.

    Raises:
        Declined: the amount does not fit into OnePay's field.
    """
    params = {
        "vpc_Version": "2",
        "vpc_Currency": "VND",
        "vpc_Command": "pay",
        "vpc_AccessCode": settings.access_code,
        "vpc_Merchant": settings.merchant,
        "vpc_Locale": _LOCALES.get(attempt.language, "vn"),
        "vpc_ReturnURL": attempt.return_url,
        "vpc_MerchTxnRef": attempt.reference,
        "vpc_OrderInfo": plain(f"Vien phi {attempt.reference}"),
        "vpc_Amount": wire_amount(attempt.amount),
        "vpc_TicketNo": attempt.payer_ip or settings.server_ip,
        "vpc_CallbackURL": attempt.notify_url,
        # These two are not signed: they change what a page shows, and no money.
        "AgainLink": attempt.return_url,
        "Title": "Thanh toan vien phi",
    }
    filled = {name: value for name, value in params.items() if value}
    signed = signature.sign(filled, settings.hash_key.reveal())
    return f"{settings.base_url}{PAY_PATH}?{urlencode({**filled, signature.HASH: signed})}"


def plain(text: str) -> str:
    return _NOT_PLAIN.sub(" ", unmarked(text)).strip()[:_INFO_MAX]


def wire_amount(amount: Money) -> str:
    """Write hundredths. Raises Declined when the field cannot hold it."""
    if not 0 < amount.dong <= AMOUNT_MAX.dong:
        raise Declined(Trouble.AMOUNT_OUT_OF_RANGE, f"OnePay takes 1 to {AMOUNT_MAX}")
    return str(amount.dong * 100)
