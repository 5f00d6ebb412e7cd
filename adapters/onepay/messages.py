"""What OnePay tells us, as our words: the parameters of a message or of a return."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from adapters._wire import fields
from adapters.onepay import codes
from payments.gateway import Notification, Outcome
from payments.kernel.money import DONG_MAX, Money, vnd

_AMOUNT: Final = re.compile("[0-9]{1,17}")
_CODE: Final = re.compile("[0-9A-Za-z?]{1,4}")
_CURRENCY: Final = re.compile("[A-Z]{3}")
_OURS: Final = "VND"


def parameters(raw_query: str) -> Mapping[str, str]:
    """Give the decoded ``vpc_`` parameters of a proven query; others mean nothing."""
    pairs = parse_qsl(raw_query, keep_blank_values=True)
    return {name: value for name, value in pairs if name.startswith("vpc_")}


def from_message(params: Mapping[str, str], received_at: datetime) -> Notification:
    """Read a proven message, which tells no time. Raises ValueError."""
    code = params.get("vpc_TxnResponseCode", "")
    if not _CODE.fullmatch(code):
        raise ValueError("vpc_TxnResponseCode is missing or has another form")
    reference = fields.needed_key(dict(params), "vpc_MerchTxnRef")
    number = fields.key(dict(params), "vpc_TransactionNo")
    currency = params.get("vpc_Currency") or _OURS
    if not _CURRENCY.fullmatch(currency):
        raise ValueError("vpc_Currency is no currency")
    outcome, trouble = codes.of_payment(code)
    if outcome is Outcome.CAPTURED and currency != _OURS:
        outcome = Outcome.REVIEW
    if outcome is Outcome.CAPTURED and not number:
        raise ValueError("vpc_TransactionNo is missing")
    return Notification(
        event_id=f"{reference}:{number}:{code}",
        outcome=outcome,
        amount=_amount(params),
        occurred_at=received_at,
        reference=reference,
        transaction="" if number == "0" else number,
        raw_code=code,
        currency=currency,
        trouble=trouble,
    )


def _amount(params: Mapping[str, str]) -> Money:
    # OnePay multiplies by 100 although the đồng has no smaller unit.
    text = params.get("vpc_Amount", "")
    if not _AMOUNT.fullmatch(text):
        raise ValueError("vpc_Amount is no amount")
    dong, fraction = divmod(int(text), 100)
    if fraction or dong > DONG_MAX:
        raise ValueError("vpc_Amount is not a whole number of đồng")
    return vnd(dong)
