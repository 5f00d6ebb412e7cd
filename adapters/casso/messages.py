"""Casso's words as ours: the webhooks of both versions and the rows of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters._wire import fields, strict_json
from adapters._wire.strict_json import Json
from payments.gateway import Notification, Outcome

#: One call of version 1 after an outage; more is left to the list.
_ROWS_MAX: Final = 1_000


def from_webhook_v2(message: Json) -> tuple[Notification, ...]:
    """Read ``{"error": 0, "data": {…}}``. Raises ValueError."""
    data = strict_json.object_of(_data(message))
    account = fields.needed_key(data, "accountNumber")
    reference = fields.key(data, "reference")
    amount = fields.dong(data, "amount")
    return (
        Notification(
            event_id=_event_id(data, account, reference),
            outcome=_outcome(amount.dong),
            amount=abs(amount),
            occurred_at=fields.local_time(data, "transactionDateTime"),
            transaction=reference,
            account=account,
            memo=fields.text(data, "description"),
            payer_name=fields.text(data, "counterAccountName"),
            payer_account=fields.text(data, "counterAccountNumber"),
        ),
    )


def from_webhook_v1(message: Json) -> tuple[Notification, ...]:
    """Read ``{"error": 0, "data": [{…}, …]}``: several in one call. Raises ValueError."""
    rows = strict_json.list_of(_data(message))
    if not 0 < len(rows) <= _ROWS_MAX:
        raise ValueError(f"a call tells of 1 to {_ROWS_MAX} transactions")
    return tuple(from_row(strict_json.object_of(row)) for row in rows)


def from_row(row: Mapping[str, Json]) -> Notification:
    """Read one transaction as version 1 and the list write it. Raises ValueError."""
    # The linked account has two names; both hold its number.
    account = fields.key(row, "bank_sub_acc_id") or fields.needed_key(row, "subAccId")
    reference = fields.key(row, "tid")
    amount = fields.dong(row, "amount")
    return Notification(
        event_id=_event_id(row, account, reference),
        outcome=_outcome(amount.dong),
        amount=abs(amount),
        occurred_at=fields.local_time(row, "when"),
        transaction=reference,
        account=account,
        memo=fields.text(row, "description"),
        payer_name=fields.text(row, "corresponsiveName"),
        payer_account=fields.text(row, "corresponsiveAccount"),
    )


def _data(message: Json) -> Json:
    envelope = strict_json.object_of(message)
    if fields.number(envelope, "error") != 0:
        raise ValueError("error is not 0")
    return fields.need(envelope, "data")


def _outcome(amount: int) -> Outcome:
    if not amount:
        raise ValueError("amount is 0: nothing moved")
    return Outcome.CAPTURED if amount > 0 else Outcome.PAID_OUT


def _event_id(data: Mapping[str, Json], account: str, reference: str) -> str:
    number = fields.number(data, "id")
    if number > 0:
        return str(number)
    # A test send carries 0; so may any transaction that Casso has not numbered.
    if number < 0 or not reference:
        raise ValueError("neither id nor bank reference name the transaction")
    return f"{account}:{reference}"
