"""What MoMo tells us, as our words: the message, the address of a return, the JSON of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NoReturn
from urllib.parse import parse_qsl

import httpx

from adapters._wire import fields, strict_json
from adapters._wire.settings import is_loopback
from adapters._wire.strict_json import Json
from adapters.momo import codes, signature
from adapters.momo.settings import MomoSettings
from payments.gateway import (
    Attempt,
    AttemptRef,
    CallOutcome,
    Declined,
    Misconfigured,
    Notification,
    Outcome,
    OutcomeUnknown,
    Redirect,
    RefundOrder,
    Trouble,
)
from payments.kernel.money import Money

#: A message has 13 parameters and a few more; what has hundreds is none.
_NAMES_MAX: Final = 100


def from_body(body: bytes) -> Mapping[str, Json]:
    """Read the JSON of a message. Raises ValueError."""
    return strict_json.object_of(strict_json.loads(body))


def from_address(raw_query: str) -> Mapping[str, Json]:
    """Read the parameters of a return. Raises ValueError where one stands twice."""
    pairs = parse_qsl(raw_query, keep_blank_values=True, max_num_fields=_NAMES_MAX)
    found: dict[str, Json] = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    # A browser carries texts only; what is signed of a number is its decimal text anyway.
    for name in ("amount", "resultCode", "responseTime", "transId"):
        text = found.get(name)
        if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 16:
            found[name] = int(text)
    return found


def from_message(told: Mapping[str, Json]) -> Notification:
    """Read a proven message or return. Raises ValueError."""
    code = fields.number(told, "resultCode")
    outcome, trouble = codes.of_payment(code)
    transaction = _transaction(told)
    reference = fields.needed_key(told, "orderId")
    return Notification(
        event_id=f"{reference}:{transaction}:{code}",
        outcome=outcome,
        amount=_amount(told),
        occurred_at=fields.epoch_ms(told, "responseTime"),
        reference=reference,
        transaction="" if transaction == "0" else transaction,
        raw_code=str(code),
        trouble=trouble,
    )


def from_create(answer: Mapping[str, Json], attempt: Attempt, settings: MomoSettings) -> Redirect:
    """
    Read the answer to an order.

    Raises:
        Declined, OutcomeUnknown, Misconfigured: as ``gateway.failures`` says.
    """
    code = _code(answer, settings, attempt.reference, attempt.reference)
    if code == codes.QR_FAILED:
        raise Declined(Trouble.INTERNAL, raw_code=str(code))
    if code != codes.OK:
        raise OutcomeUnknown(f"MoMo answers {code}", raw_code=str(code))
    if not signature.is_authentic(answer, signature.CREATE_ANSWER, settings.keys):
        raise _unreadable("the signature of the answer does not match")
    try:
        if _amount(answer) != attempt.amount:
            raise ValueError("another amount than was asked for")
        return Redirect(
            _page(answer),
            qr_payload=fields.text(answer, "qrCodeUrl"),
            app_url=fields.text(answer, "deeplink"),
        )
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error


def from_query(
    answer: Mapping[str, Json],
    attempt: AttemptRef,
    settings: MomoSettings,
    request_id: str,
    now: datetime,
) -> Notification:
    """
    Read what became of *attempt*, from an answer to a query or to a capture.

    Such answers are not signed: who gave them is proven by TLS alone, so that they must at least
    be about what was asked.

    Raises:
        Declined: MoMo does not know the attempt, or refused.
        OutcomeUnknown, Misconfigured: as ``gateway.failures`` says.
    """
    code = _code(answer, settings, attempt.reference, request_id)
    outcome, trouble = codes.of_payment(code)
    try:
        transaction = _transaction(answer)
        is_money = outcome in (Outcome.CAPTURED, Outcome.AUTHORISED)
        return Notification(
            event_id=f"{attempt.reference}:{transaction}:{code}",
            outcome=outcome,
            amount=_amount(answer) if is_money or answer.get("amount") else attempt.amount,
            occurred_at=_moment(answer, now),
            reference=attempt.reference,
            transaction="" if transaction == "0" else transaction,
            raw_code=str(code),
            trouble=trouble,
        )
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error


def from_refund(
    answer: Mapping[str, Json],
    order: RefundOrder,
    settings: MomoSettings,
    request_id: str,
    now: datetime,
) -> Notification:
    """Read the answer to a refund or to a query of one. Raises as ``from_query``."""
    code = _code(answer, settings, order.refund, request_id)
    outcome, trouble = codes.of_refund(code)
    if outcome is Outcome.UNKNOWN:
        raise OutcomeUnknown(f"MoMo answers {code}", raw_code=str(code))
    try:
        transaction = _transaction(answer)
        # A refusal may tell no amount; money that moves must be told to the đồng.
        is_moving = outcome is not Outcome.REFUND_REFUSED
        if (is_moving or answer.get("amount")) and _amount(answer) != order.amount:
            raise ValueError("another amount than was asked for")
        return Notification(
            event_id=f"{order.refund}:{transaction}:{code}",
            outcome=outcome,
            amount=order.amount,
            occurred_at=_moment(answer, now),
            reference=order.attempt.reference,
            transaction="" if transaction == "0" else transaction,
            raw_code=str(code),
            refund=order.refund,
            trouble=trouble,
        )
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error


def _code(
    answer: Mapping[str, Json], settings: MomoSettings, order_id: str, request_id: str
) -> int:
    """Give the code of an answer that is to us and about what was asked; raise a refusal."""
    expected = {
        "partnerCode": settings.partner_code,
        "orderId": order_id,
        "requestId": request_id,
    }
    try:
        code = fields.number(answer, "resultCode")
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error
    is_refused = code in codes.REFUSALS
    for name, value in expected.items():
        # A refusal may leave out what it did not get as far as reading.
        if answer.get(name) != value and not (is_refused and not answer.get(name)):
            raise _unreadable(f"{name} of the answer is another than was asked for")
    if is_refused:
        _refuse(code)
    return code


def _refuse(code: int) -> NoReturn:
    kind, trouble = codes.REFUSALS[code]
    if kind is CallOutcome.DECLINED:
        raise Declined(trouble, raw_code=str(code))
    if kind is CallOutcome.MISCONFIGURED:
        raise Misconfigured(trouble, raw_code=str(code))
    raise OutcomeUnknown(f"MoMo answers {code}", trouble=trouble, raw_code=str(code))


def _amount(told: Mapping[str, Json]) -> Money:
    amount = fields.dong(told, "amount")
    if amount.dong <= 0:
        raise ValueError("amount is not positive")
    return amount


def _transaction(told: Mapping[str, Json]) -> str:
    """Read transId, a whole number; 0 where there is no transaction yet."""
    value = fields.number(told, "transId") if told.get("transId") is not None else 0
    if value < 0:
        raise ValueError("transId is negative")
    return str(value)


def _moment(answer: Mapping[str, Json], now: datetime) -> datetime:
    return fields.epoch_ms(answer, "responseTime") if "responseTime" in answer else now


def _page(answer: Mapping[str, Json]) -> str:
    address = fields.text(answer, "payUrl")
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError("payUrl is no address") from error
    if not url.host or not (url.scheme == "https" or is_loopback(address)):
        raise ValueError("payUrl is no address of a page")
    return address


def _unreadable(detail: str) -> OutcomeUnknown:
    return OutcomeUnknown(detail, trouble=Trouble.BAD_REPLY)
