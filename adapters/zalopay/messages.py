"""What ZaloPay tells us, as our words: callback, address of a return, JSON of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NoReturn
from urllib.parse import parse_qsl

import httpx

from adapters._wire import fields, strict_json
from adapters._wire.settings import is_loopback
from adapters._wire.strict_json import Json
from adapters.zalopay import codes
from adapters.zalopay.requests import order_name, reference_of
from payments.gateway import (
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

_NAMES_MAX: Final = 100
_Refusals = Mapping[int, tuple[CallOutcome, Trouble]]


def from_body(body: bytes) -> tuple[str, Json]:
    """Give the text ``data`` of a callback as it came, and its mac. Raises ValueError."""
    told = strict_json.object_of(strict_json.loads(body))
    data = fields.need(told, "data")
    if not isinstance(data, str):
        raise ValueError("data is no text")
    return data, told.get("mac")


def from_address(raw_query: str) -> Mapping[str, str]:
    """Read the parameters of a return. Raises ValueError where one stands twice."""
    pairs = parse_qsl(raw_query, keep_blank_values=True, max_num_fields=_NAMES_MAX)
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def data_of(text: str) -> Mapping[str, Json]:
    """Read the proven text of a callback. Raises ValueError."""
    return strict_json.object_of(strict_json.loads(text.encode(errors="surrogatepass")))


def from_callback(data: Mapping[str, Json]) -> Notification:
    """
    Read the data of a proven callback: ZaloPay calls of success only. Raises ValueError.

    The amount is the order's: with a discount the payer pays less, and we are paid all of it.
    """
    name = fields.needed_key(data, "app_trans_id")
    transaction = _transaction(data)
    if not transaction:
        raise ValueError("zp_trans_id is 0")
    return Notification(
        event_id=f"{name}:{transaction}",
        outcome=Outcome.CAPTURED,
        amount=_amount(data),
        occurred_at=fields.epoch_ms(data, "server_time"),
        reference=reference_of(name),
        transaction=transaction,
        raw_code="callback",
    )


def from_create(answer: Mapping[str, Json]) -> Redirect:
    """
    Read the answer to an order; the number of the payment comes when there is one.

    Raises:
        Declined, OutcomeUnknown, Misconfigured: as ``gateway.failures`` says.
    """
    code, sub = _codes(answer, {**codes.REFUSALS, **codes.CREATE_REFUSALS})
    if code == codes.FAILED:
        raise OutcomeUnknown(f"ZaloPay answers {code}/{sub}", raw_code=f"{code}/{sub}")
    if (code, sub) != (codes.DONE, codes.DONE):
        raise _unreadable(f"ZaloPay answers {code}/{sub}")
    try:
        return Redirect(_page(answer), qr_payload=fields.text(answer, "qr_code"))
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error


def from_query(answer: Mapping[str, Json], attempt: AttemptRef, now: datetime) -> Notification:
    """
    Read what became of *attempt*. Answers are not signed and do not say whom they are about: TLS
    alone proves them.

    Raises:
        Declined: ZaloPay does not know it.
        OutcomeUnknown, Misconfigured: as ``gateway.failures`` says.
    """
    code, sub = _codes(answer, {**codes.REFUSALS, **codes.NOT_FOUND})
    outcome, trouble = codes.of_payment(code, sub)
    try:
        transaction = _transaction(answer)
        is_money = outcome is Outcome.CAPTURED
        if is_money and not transaction:
            raise ValueError("paid, and without a number")
        return Notification(
            event_id=f"{order_name(attempt.reference, attempt.opened_at)}:"
            + (transaction if is_money else f"{transaction or 0}:{code}:{sub}"),
            outcome=outcome,
            amount=_amount(answer) if is_money or answer.get("amount") else attempt.amount,
            occurred_at=_moment(answer, now),
            reference=attempt.reference,
            transaction=transaction,
            raw_code=f"query {code}/{sub}",
            trouble=trouble,
        )
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error


def from_refund(
    answer: Mapping[str, Json], order: RefundOrder, name: str, now: datetime, *, is_query: bool
) -> Notification:
    """Read the answer to a refund or to a query of one. Raises as ``from_query``."""
    refusals = {**codes.REFUSALS, **(codes.NOT_FOUND if is_query else {})}
    code, sub = _codes(answer, refusals)
    outcome, trouble = codes.of_refund(code, sub)
    if outcome is Outcome.UNKNOWN:
        raise OutcomeUnknown(f"ZaloPay answers {code}/{sub}", raw_code=f"{code}/{sub}")
    try:
        number = fields.number(answer, "refund_id") if answer.get("refund_id") else 0
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error
    return Notification(
        event_id=f"{name}:{outcome}",
        outcome=outcome,
        # The answer tells none: the name of the refund stands for what was ordered under it.
        amount=order.amount,
        occurred_at=now,
        reference=order.attempt.reference,
        transaction=str(number) if number else order.transaction,
        raw_code=f"refund {code}/{sub}",
        refund=order.refund,
        trouble=trouble,
    )


def _codes(answer: Mapping[str, Json], refusals: _Refusals) -> tuple[int, int]:
    """Give return_code and sub_return_code; raise a failure of the call itself."""
    try:
        code = fields.number(answer, "return_code")
        sub = fields.number({"sub_return_code": code, **answer}, "sub_return_code")
    except ValueError as error:
        raise _unreadable(f"the answer cannot be read: {error}") from error
    reason = codes.reason(code, sub)
    if code not in (codes.DONE, codes.PROCESSING) and reason in refusals:
        _refuse(*refusals[reason], f"{code}/{sub}")
    return code, sub


def _refuse(kind: CallOutcome, trouble: Trouble, raw_code: str) -> NoReturn:
    if kind is CallOutcome.DECLINED:
        raise Declined(trouble, raw_code=raw_code)
    if kind is CallOutcome.MISCONFIGURED:
        raise Misconfigured(trouble, raw_code=raw_code)
    raise OutcomeUnknown(f"ZaloPay answers {raw_code}", trouble=trouble, raw_code=raw_code)


def _amount(told: Mapping[str, Json]) -> Money:
    amount = fields.dong(told, "amount")
    if amount.dong <= 0:
        raise ValueError("amount is not positive")
    return amount


def _transaction(told: Mapping[str, Json]) -> str:
    """Read zp_trans_id as text, "" for 0; some answers carry it as a text."""
    value = told.get("zp_trans_id")
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        value = int(value)
    if value is None or value == "":
        value = 0
    if type(value) is not int or value < 0:
        raise ValueError("zp_trans_id is no whole number")
    return str(value) if value else ""


def _moment(answer: Mapping[str, Json], now: datetime) -> datetime:
    return fields.epoch_ms(answer, "server_time") if answer.get("server_time") else now


def _page(answer: Mapping[str, Json]) -> str:
    address = fields.text(answer, "order_url")
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError("order_url is no address") from error
    if not url.host or not (url.scheme == "https" or is_loopback(address)):
        raise ValueError("order_url is no address of a page")
    return address


def _unreadable(detail: str) -> OutcomeUnknown:
    return OutcomeUnknown(detail, trouble=Trouble.BAD_REPLY)
