"""What payOS tells us, as our words: the data of a message, and the JSON of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from adapters._wire import fields, strict_json
from adapters._wire.exchange import Answer
from adapters._wire.strict_json import Json
from adapters.payos import codes, signature
from payments.gateway import (
    Declined,
    Misconfigured,
    Notification,
    Outcome,
    OutcomeUnknown,
    Trouble,
)
from payments.kernel.money import ZERO, Money

_CURRENCY: Final = "VND"
_TOO_MANY: Final = 429
_NOT_OURS: Final = (401, 403)


def envelope(body: bytes) -> tuple[Mapping[str, Json], Json]:
    """Give data and signature of a message, neither believed yet. Raises ValueError."""
    read = strict_json.object_of(strict_json.loads(body))
    return strict_json.object_of(read.get("data")), read.get("signature")


def from_message(data: Mapping[str, Json]) -> Notification:
    """Read the proven *data* of a message: one transfer. Raises ValueError."""
    link = fields.needed_key(data, "paymentLinkId")
    code = fields.needed_key(data, "code")
    currency = fields.needed_key(data, "currency")
    outcome = codes.of_transfer(code)
    if outcome is Outcome.CAPTURED and currency != _CURRENCY:
        outcome = Outcome.REVIEW
    # A transfer that is first told of with a strange code may be told of again as good.
    tail = "" if code == codes.OK else f":{code}"
    reference = str(fields.number(data, "orderCode"))
    told = _transfer(data, link, reference, outcome, tail)
    return replace(told, raw_code=code, currency=currency)


def proven(answer: Answer, key: str) -> Mapping[str, Json]:
    """
    Give the data of an answer that is signed; refusals are not signed by payOS.

    Raises:
        Declined, Misconfigured: refused, and no link was made or changed.
        OutcomeUnknown: no JSON, no signature or a wrong one, or a code that we do not know.
    """
    if answer.status in _NOT_OURS:
        raise Misconfigured(Trouble.NOT_PERMITTED, raw_code=str(answer.status))
    if answer.status == _TOO_MANY:
        raise OutcomeUnknown("payOS is asked too often", trouble=Trouble.RATE_LIMITED)
    if answer.status >= 500:
        raise OutcomeUnknown(f"payOS answers {answer.status}", status=answer.status)
    try:
        read = strict_json.object_of(strict_json.loads(answer.body))
    except ValueError as error:
        raise unreadable(f"the answer cannot be read: {error}") from error
    _raise_refusal(read.get("code"))
    data = read.get("data")
    if not isinstance(data, dict) or not signature.is_authentic(data, read.get("signature"), key):
        raise unreadable("the signature of the answer does not match")
    return signature.as_signed(data)


def from_link(data: Mapping[str, Json], number: int, now: datetime) -> tuple[Notification, ...]:
    """
    Read a proven link: its transfers, and how it ended if it did.

    Raises:
        OutcomeUnknown: about another order, or contradicting itself.
    """
    try:
        if fields.number(data, "orderCode") != number:
            raise ValueError("orderCode is another than was asked for")
        return _link(data, str(number), now)
    except ValueError as error:
        raise unreadable(f"the answer cannot be read: {error}") from error


def unreadable(detail: str) -> OutcomeUnknown:
    return OutcomeUnknown(detail, trouble=Trouble.BAD_REPLY)


def _link(data: Mapping[str, Json], reference: str, now: datetime) -> tuple[Notification, ...]:
    link = fields.needed_key(data, "id")
    status = fields.needed_key(data, "status")
    rows = strict_json.list_of(fields.need(data, "transactions"))
    money = tuple(_from_row(strict_json.object_of(row), link, reference) for row in rows)
    if sum((one.amount for one in money), ZERO) != fields.dong(data, "amountPaid"):
        raise ValueError("amountPaid is not the sum of the transfers")
    outcome = codes.STATUSES.get(status, Outcome.UNKNOWN)
    if outcome is Outcome.CAPTURED and not money:
        raise ValueError("paid, and no transfer is named")
    if money and outcome in (Outcome.CAPTURED, Outcome.PENDING):
        return money
    state = Notification(
        event_id=f"{link}:{status}",
        outcome=outcome,
        amount=_positive(data, "amount"),
        occurred_at=_moment(data, "canceledAt") or now,
        reference=reference,
        raw_code=status,
        trouble=codes.TROUBLES.get(outcome),
    )
    return (*money, state)


def _from_row(row: Mapping[str, Json], link: str, reference: str) -> Notification:
    return _transfer(signature.as_signed(row), link, reference, Outcome.CAPTURED)


def _transfer(
    row: Mapping[str, Json], link: str, reference: str, outcome: Outcome, tail: str = ""
) -> Notification:
    """
    Read what a message and a row of a link say of one transfer, in the same words.

    *reference* is that of the bank, and *accountNumber* the hospital's own account: with the amount
    they name the movement as the bank's feeds and statements do.
    """
    transaction = fields.needed_key(row, "reference")
    return Notification(
        event_id=f"{link}:{transaction}{tail}",
        outcome=outcome,
        amount=_positive(row, "amount"),
        occurred_at=fields.local_time(row, "transactionDateTime"),
        reference=reference,
        transaction=transaction,
        account=fields.key(row, "accountNumber"),
        memo=fields.text(row, "description"),
        payer_name=fields.text(row, "counterAccountName"),
        payer_account=fields.text(row, "counterAccountNumber"),
    )


def _positive(row: Mapping[str, Json], name: str) -> Money:
    amount = fields.dong(row, name)
    if amount.dong <= 0:
        raise ValueError(f"{name} is no amount")
    return amount


def _moment(data: Mapping[str, Json], name: str) -> datetime | None:
    """Read ISO 8601 with an offset; null is None."""
    written = fields.key(data, name)
    if not written:
        return None
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError(f"{name} has no offset")
    return moment.astimezone(UTC)


def _raise_refusal(code: Json) -> None:
    if code == codes.OK:
        return
    text = code if isinstance(code, str) else ""
    trouble = codes.REFUSALS.get(text)
    if trouble is None:
        raise OutcomeUnknown(f"payOS answers {text!r}", raw_code=text)
    if trouble in codes.OURS:
        raise Misconfigured(trouble, raw_code=text)
    raise Declined(trouble, raw_code=text)
