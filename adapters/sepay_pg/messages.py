"""What SePay tells us, as our words: the JSON of a message, and the order in an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from adapters._wire import fields, strict_json
from adapters._wire.strict_json import Json
from adapters.sepay_pg import codes
from payments.gateway import Notification, Outcome, OutcomeUnknown, Trouble
from payments.kernel.money import DONG_MAX, Money, vnd

_OURS: Final = "VND"
_CURRENCY: Final = re.compile("[A-Z]{3}")
_FOREIGN: Final = re.compile(r"([0-9]{1,16})(?:\.[0-9]{1,4})?")
_TRANSACTIONS_MAX: Final = 1_000


def from_message(body: bytes, received_at: datetime) -> Notification:
    """Read a proven message. Raises ValueError."""
    read = strict_json.object_of(strict_json.loads(body))
    kind = fields.needed_key(read, "notification_type")
    order = strict_json.object_of(fields.need(read, "order"))
    transaction = strict_json.object_of(fields.need(read, "transaction"))
    outcome = codes.of_message(
        kind,
        _word(order, "order_status"),
        _word(transaction, "transaction_type"),
        _word(transaction, "transaction_status"),
    )
    return _moved(order, transaction, kind, outcome, received_at)


def from_order(
    order: Mapping[str, Json], reference: str, now: datetime
) -> tuple[Notification, ...]:
    """
    Read an order of the API: the money that moved, or else how it stands.

    Raises:
        OutcomeUnknown: it is another order, or cannot be read.
    """
    try:
        named = fields.needed_key(order, "order_invoice_number")
        if named != reference:
            raise ValueError("order_invoice_number is another than was asked for")
        moved = tuple(_transactions(order, now))
        return moved or (_standing(order, now),)
    except ValueError as error:
        raise OutcomeUnknown(
            f"the answer cannot be read: {error}", trouble=Trouble.BAD_REPLY
        ) from error


def _transactions(order: Mapping[str, Json], now: datetime) -> Iterator[Notification]:
    """Tell of each transaction that moved money, under the id that its message has."""
    status = fields.needed_key(order, "order_status")
    approved = [
        one
        for one in map(strict_json.object_of, _listed(order))
        if _word(one, "transaction_status") == codes.APPROVED
    ]
    gone = [one for one in approved if _word(one, "transaction_type") == codes.REFUND]
    came = [one for one in approved if _word(one, "transaction_type") == codes.PAYMENT]
    is_clear = status in (codes.CAPTURED, codes.VOIDED) or bool(gone)
    for one in came:
        # Money on an order that says something else: a person looks at it.
        outcome = Outcome.CAPTURED if is_clear else _doubted(status)
        yield _moved(order, one, codes.PAID, outcome, now)
        if status == codes.VOIDED and not gone:
            yield _moved(order, one, codes.VOID, Outcome.REFUNDED, now)
    for one in gone:
        yield _moved(order, one, codes.VOID, Outcome.REFUNDED, now)


def _doubted(status: str) -> Outcome:
    return Outcome.REVIEW if status == codes.CANCELLED else codes.of_order(status)


def _standing(order: Mapping[str, Json], now: datetime) -> Notification:
    status = fields.needed_key(order, "order_status")
    amount, currency = _money(order, "order_amount", "order_currency")
    # An API that leaves the transactions out tells of the payment by the order alone.
    is_paid = status == codes.CAPTURED and "transactions" not in order
    outcome = Outcome.CAPTURED if is_paid else codes.of_order(status)
    number = fields.needed_key(order, "id")
    told = Notification(
        event_id=f"{codes.PAID}:order:{number}" if is_paid else f"order:{number}:{status}",
        outcome=outcome,
        amount=amount,
        occurred_at=_at(order, "updated_at", now),
        reference=fields.needed_key(order, "order_invoice_number"),
        raw_code=status,
        currency=currency,
        trouble=Trouble.CANCELLED_BY_PAYER if outcome is Outcome.CANCELLED else None,
    )
    return _ours_only(told)


def _moved(
    order: Mapping[str, Json],
    transaction: Mapping[str, Json],
    kind: str,
    outcome: Outcome,
    now: datetime,
) -> Notification:
    number = fields.needed_key(transaction, "id")
    amount, currency = _money(transaction, "transaction_amount", "transaction_currency")
    words = (
        kind,
        _word(order, "order_status"),
        _word(transaction, "transaction_type"),
        _word(transaction, "transaction_status"),
    )
    told = Notification(
        event_id=f"{kind}:{number}",
        outcome=outcome,
        # What was paid, which a payer by transfer may have mistyped; the order tells what was due.
        amount=amount,
        occurred_at=_at(transaction, "transaction_date", now),
        reference=fields.needed_key(order, "order_invoice_number"),
        transaction=number,
        raw_code="/".join(words),
        currency=currency,
    )
    return _ours_only(told)


def _ours_only(told: Notification) -> Notification:
    is_money = told.outcome not in (Outcome.PENDING, Outcome.CANCELLED, Outcome.UNKNOWN)
    if told.currency != _OURS and is_money:
        return replace(told, outcome=Outcome.REVIEW)
    return told


def _money(of: Mapping[str, Json], amount: str, currency: str) -> tuple[Money, str]:
    """Read decimal text; of another currency whole units, for it is reviewed and never booked."""
    name = fields.needed_key(of, currency)
    if not _CURRENCY.fullmatch(name):
        raise ValueError(f"{currency} is no currency")
    if name == _OURS:
        return fields.dong_text(of, amount), name
    read = _FOREIGN.fullmatch(fields.needed_key(of, amount))
    if read is None or int(read[1]) > DONG_MAX:
        raise ValueError(f"{amount} is no amount")
    return vnd(int(read[1])), name


def _word(of: Mapping[str, Json], name: str) -> str:
    """Read a word of SePay's lists; "" where there is none."""
    return fields.key(of, name)


def _at(of: Mapping[str, Json], name: str, otherwise: datetime) -> datetime:
    return fields.local_time(of, name) if of.get(name) else otherwise


def _listed(order: Mapping[str, Json]) -> list[Json]:
    listed = order.get("transactions")
    if listed is None:
        return []
    found = strict_json.list_of(listed)
    if len(found) > _TRANSACTIONS_MAX:
        raise ValueError("more transactions than an order has")
    return found
