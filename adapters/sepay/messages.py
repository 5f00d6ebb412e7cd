"""SePay's words as ours: the webhook's fields and the rows of both versions of the list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl

from adapters._wire import fields, strict_json
from adapters._wire.strict_json import Json
from payments.gateway import Notification, Outcome
from payments.kernel.money import Money

_OUTCOMES: Final = {"in": Outcome.CAPTURED, "out": Outcome.PAID_OUT}
#: Version 2 of the list has ids of its own: what it tells is another witness of a transfer.
LIST: Final = "list"
#: The webhook and version 1 count, version 2 has UUIDs.
_ID: Final = re.compile("[1-9][0-9]{0,18}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: The webhook has 12 fields; a few new ones are no reason to refuse money.
_FORM_FIELDS_MAX: Final = 64


def from_webhook_json(body: bytes) -> Notification:
    """Read the default format. Raises ValueError."""
    message = strict_json.object_of(strict_json.loads(body))
    return _from_webhook(message, fields.dong(message, "transferAmount"))


def from_webhook_form(body: bytes) -> Notification:
    """Read ``application/x-www-form-urlencoded``, where numbers are text. Raises ValueError."""
    if len(body) > strict_json.BODY_MAX_BYTES:
        raise ValueError(f"longer than {strict_json.BODY_MAX_BYTES} bytes")
    pairs = parse_qsl(
        body.decode(),
        keep_blank_values=True,
        strict_parsing=True,
        errors="strict",
        max_num_fields=_FORM_FIELDS_MAX,
    )
    message: dict[str, Json] = dict(pairs)
    if len(message) != len(pairs):
        raise ValueError("a name stands twice in the form")
    return _from_webhook(message, fields.dong_text(message, "transferAmount"))


def from_row_v1(row: Mapping[str, Json]) -> Notification | None:
    """Read a row of ``/userapi/transactions/list``: amounts are decimal text. Raises ValueError."""
    came, went = fields.dong_text(row, "amount_in"), fields.dong_text(row, "amount_out")
    return _from_row(row, came, went)


def from_row_v2(row: Mapping[str, Json]) -> Notification | None:
    """Read a row of ``/v2/transactions``: amounts are numbers. Raises ValueError."""
    came, went = fields.dong(row, "amount_in"), fields.dong(row, "amount_out")
    if came.dong < 0 or went.dong < 0:
        raise ValueError("amount_in and amount_out are never negative")
    told = _from_row(row, came, went)
    return None if told is None else replace(told, voice=LIST)


def _from_webhook(message: Mapping[str, Json], amount: Money) -> Notification:
    kind = fields.need(message, "transferType")
    if not isinstance(kind, str) or len(kind) > 20:
        raise ValueError("transferType is no word")
    if amount.dong <= 0:
        raise ValueError("transferAmount is not positive")
    return Notification(
        event_id=_event_id(message),
        outcome=_OUTCOMES.get(kind, Outcome.UNKNOWN),
        amount=amount,
        occurred_at=fields.local_time(message, "transactionDate"),
        transaction=fields.key(message, "referenceCode"),
        account=fields.needed_key(message, "accountNumber"),
        memo=fields.text(message, "content"),
        raw_code=fields.text(message, "transferType"),
    )


def _from_row(row: Mapping[str, Json], came: Money, went: Money) -> Notification | None:
    """Read what both versions share; None for a row on which nothing moved."""
    if came and went:
        raise ValueError("a row moves money both ways")
    if not (came or went):
        return None
    return Notification(
        event_id=_event_id(row),
        outcome=Outcome.CAPTURED if came else Outcome.PAID_OUT,
        amount=came or went,
        occurred_at=fields.local_time(row, "transaction_date"),
        transaction=fields.key(row, "reference_number"),
        account=fields.needed_key(row, "account_number"),
        memo=fields.text(row, "transaction_content"),
        raw_code="in" if came else "out",
    )


def _event_id(message: Mapping[str, Json]) -> str:
    # 0 would make one event of all messages that carry it: it is refused.
    value = fields.need(message, "id")
    written = str(value) if type(value) is int or isinstance(value, str) else ""
    if not _ID.fullmatch(written):
        raise ValueError("id is no number above 0 and no UUID")
    return written.lower()
