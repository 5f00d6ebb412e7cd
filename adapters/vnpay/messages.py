"""What VNPAY tells us, as our words: the parameters of a message, and the JSON of an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from adapters._wire import fields, strict_json
from adapters.vnpay import codes, signature
from payments.gateway import (
    Declined,
    Misconfigured,
    Notification,
    Outcome,
    OutcomeUnknown,
    Trouble,
)
from payments.kernel.money import Money, vnd

_AMOUNT: Final = re.compile("[0-9]{1,15}")
_CODE: Final = re.compile("[0-9A-Za-z]{2}")
_TRANSACTION: Final = re.compile("[0-9]{1,20}")
_REFUND_TYPES: Final = frozenset({"02", "03"})
#: Ours is wrong, not the payer's: IT must act.
_OURS: Final = frozenset({Trouble.NOT_PERMITTED, Trouble.BAD_REQUEST, Trouble.BAD_SIGNATURE})


def parameters(raw_query: str) -> Mapping[str, str]:
    """Give the decoded ``vnp_`` parameters of a proven query; others mean nothing."""
    pairs = parse_qsl(raw_query, keep_blank_values=True)
    return {name: value for name, value in pairs if name.startswith("vnp_")}


def from_message(params: Mapping[str, str], received_at: datetime) -> Notification:
    """Read an IPN. Raises ValueError."""
    response = _matching(params, "vnp_ResponseCode", _CODE)
    status = _matching(params, "vnp_TransactionStatus", _CODE)
    transaction = _matching(params, "vnp_TransactionNo", _TRANSACTION)
    reference = fields.needed_key(dict(params), "vnp_TxnRef")
    outcome, trouble = codes.of_payment(response, status)
    return Notification(
        # Refused payments all carry number 0, and a suspected one (07) may be confirmed later
        # under the same number: only the four together name an event.
        event_id=f"{reference}:{transaction}:{response}:{status}",
        outcome=outcome,
        amount=_amount(params),
        # A payer who cancels leaves no time of payment.
        occurred_at=_paid_at(params) or received_at,
        reference=reference,
        transaction="" if transaction == "0" else transaction,
        raw_code=f"{response}/{status}",
        trouble=trouble,
    )


def proven(body: bytes, names: tuple[str, ...], secret: str, merchant: str) -> Mapping[str, str]:
    """
    Give the fields of an answer of the API that is signed and of our merchant.

    Raises:
        OutcomeUnknown: no JSON of texts, no signature, or a wrong one: it says nothing.
        Misconfigured: refused for a reason of ours, which VNPAY may leave unsigned.
    """
    try:
        read = strict_json.object_of(strict_json.loads(body))
        texts = {name: _text(value) for name, value in read.items()}
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error
    if not texts.get(signature.HASH):
        trouble = codes.REFUSALS.get(texts.get("vnp_ResponseCode", ""))
        if trouble in _OURS:
            raise Misconfigured(trouble, raw_code=texts["vnp_ResponseCode"])
        raise _unreadable("the answer is not signed")
    if not signature.has_signed_fields(texts, names, secret):
        raise _unreadable("vnp_SecureHash of the answer does not match")
    if texts.get("vnp_TmnCode") != merchant:
        raise _unreadable("the answer is about another merchant")
    return texts


def from_query(answer: Mapping[str, str], reference: str, now: datetime) -> Notification:
    """
    Read a proven answer of querydr.

    Raises:
        Declined: VNPAY does not know the attempt.
        OutcomeUnknown, Misconfigured: the query was not answered.
    """
    raise_refusal(answer)
    try:
        if answer.get("vnp_TxnRef") != reference:
            raise ValueError("vnp_TxnRef is another than was asked for")
        status = _matching(answer, "vnp_TransactionStatus", _CODE)
        if answer.get("vnp_TransactionType") in _REFUND_TYPES:
            return _refund(answer, reference, status, now)
        outcome, trouble = codes.of_query(status)
        transaction = answer.get("vnp_TransactionNo") or "0"
        # Only of a success does the status tell the code that the message carries.
        response = codes.OK if outcome is Outcome.CAPTURED else ""
        return Notification(
            event_id=f"{reference}:{transaction}:{response}:{status}",
            outcome=outcome,
            amount=_amount(answer),
            occurred_at=_paid_at(answer) or now,
            reference=reference,
            transaction="" if transaction == "0" else transaction,
            raw_code=f"querydr {status}",
            trouble=trouble,
        )
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error


def from_refund(answer: Mapping[str, str], reference: str, now: datetime) -> Notification:
    """Read a proven answer to a refund. Raises as ``from_query``."""
    raise_refusal(answer)
    try:
        if answer.get("vnp_TxnRef") != reference:
            raise ValueError("vnp_TxnRef is another than was asked for")
        status = _matching(answer, "vnp_TransactionStatus", _CODE)
        return _refund(answer, reference, status, now)
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error


def raise_refusal(answer: Mapping[str, str]) -> None:
    """Raise what a response code other than 00 means."""
    code = answer.get("vnp_ResponseCode", "")
    if code == codes.OK:
        return
    trouble = codes.REFUSALS.get(code)
    if trouble is None:
        # 94: asked before, and under way. 99: other. Neither says what became of the money.
        raise OutcomeUnknown(f"VNPAY answers {code}", raw_code=code)
    if trouble in _OURS:
        raise Misconfigured(trouble, raw_code=code)
    raise Declined(trouble, raw_code=code)


def _refund(answer: Mapping[str, str], reference: str, status: str, now: datetime) -> Notification:
    transaction = answer.get("vnp_TransactionNo") or "0"
    return Notification(
        event_id=f"{reference}:{transaction}:{codes.OK}:{status}",
        outcome=codes.of_refund(status),
        amount=_amount(answer),
        occurred_at=_paid_at(answer) or now,
        reference=reference,
        transaction="" if transaction == "0" else transaction,
        raw_code=f"refund {status}",
    )


def _amount(params: Mapping[str, str]) -> Money:
    # VNPAY multiplies by 100 although the đồng has no smaller unit.
    dong, fraction = divmod(int(_matching(params, "vnp_Amount", _AMOUNT)), 100)
    if fraction:
        raise ValueError("vnp_Amount is not a whole number of đồng")
    return vnd(dong)


def _paid_at(params: Mapping[str, str]) -> datetime | None:
    return fields.from_digits(params, "vnp_PayDate") if params.get("vnp_PayDate") else None


def _matching(params: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = params.get(name, "")
    if not form.fullmatch(value):
        raise ValueError(f"{name} is missing or has another form")
    return value


def _text(value: strict_json.Json) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    raise ValueError("a field is no text")


def _unreadable(detail: str) -> OutcomeUnknown:
    return OutcomeUnknown(detail, trouble=Trouble.BAD_REPLY)
