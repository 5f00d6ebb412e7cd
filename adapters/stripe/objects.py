"""Stripe's objects as our words: sessions, payments, refunds, disputes, or ValueError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from adapters._wire import fields
from adapters._wire.strict_json import Json
from adapters.stripe import codes
from payments.gateway import Notification, Outcome, Trouble
from payments.kernel.money import Money

Object = Mapping[str, Json]
_CURRENCY: Final = re.compile("[a-z]{3}")
#: 1970 to 2286, in seconds.
_SECONDS_MAX: Final = 9_999_999_999
_TROUBLES: Final = {
    Outcome.EXPIRED: Trouble.EXPIRED,
    Outcome.CANCELLED: Trouble.CANCELLED_BY_PAYER,
}


def of_payment(payment: Object, outcome: Outcome, at: datetime, raw_code: str) -> Notification:
    """Tell of a payment intent."""
    amount = "amount"
    if outcome is Outcome.CAPTURED and payment.get("amount_received") is not None:
        amount = "amount_received"
    is_automatic = payment.get("cancellation_reason") == "automatic"
    if outcome is Outcome.CANCELLED and is_automatic:
        # Money that was set aside for too long went back by itself.
        outcome = Outcome.EXPIRED
    return _told(
        transaction=fields.needed_key(payment, "id"),
        outcome=outcome,
        money=_money(payment, amount),
        at=at,
        reference=reference(payment),
        raw_code=raw_code,
    )


def of_session(session: Object, outcome: Outcome, at: datetime, raw_code: str) -> Notification:
    """Tell of a session; its payment, where there is one, gives the name."""
    if outcome is Outcome.EXPIRED and at < moment(session, "expires_at"):
        # Ended before its time: by us, for the payer has no button for it.
        outcome = Outcome.CANCELLED
    return _told(
        transaction=name_of(session, "payment_intent") or fields.needed_key(session, "id"),
        outcome=outcome,
        money=_money(session, "amount_total"),
        at=at,
        reference=fields.key(session, "client_reference_id"),
        raw_code=raw_code,
    )


def of_refund(refund: Object, at: datetime, raw_code: str) -> Notification:
    status = fields.needed_key(refund, "status")
    return _told(
        transaction=fields.needed_key(refund, "id"),
        outcome=codes.REFUNDS.get(status, Outcome.UNKNOWN),
        money=_money(refund, "amount"),
        at=at,
        reference=reference(refund),
        raw_code=raw_code or status,
        refund=fields.key(_metadata(refund), "refund"),
        payment=name_of(refund, "payment_intent"),
    )


def of_dispute(dispute: Object, outcome: Outcome, at: datetime, raw_code: str) -> Notification:
    """
    Tell of a dispute under its own name; it knows the payment, and not our reference.

    An inquiry ("warning_…") holds no money back: a person looks at it.
    """
    is_inquiry = fields.key(dispute, "status").startswith("warning_")
    return _told(
        transaction=fields.needed_key(dispute, "id"),
        outcome=Outcome.REVIEW if is_inquiry else outcome,
        money=_money(dispute, "amount"),
        at=at,
        reference=reference(dispute),
        raw_code=raw_code,
        payment=name_of(dispute, "payment_intent"),
    )


def reference(thing: Object) -> str:
    return fields.key(_metadata(thing), "reference")


def name_of(thing: Object, field: str) -> str:
    """Give the name of another object, whether it is expanded there or not; or nothing."""
    found = thing.get(field)
    return fields.needed_key(found, "id") if isinstance(found, dict) else fields.key(thing, field)


def moment(thing: Object, field: str) -> datetime:
    seconds = fields.number(thing, field)
    if not 0 < seconds <= _SECONDS_MAX:
        raise ValueError(f"{field} is no time in seconds")
    return datetime.fromtimestamp(seconds, UTC)


def currency(thing: Object) -> str:
    value = thing.get("currency")
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise ValueError("currency is none")
    return value.upper()


def _metadata(thing: Object) -> Object:
    found = thing.get("metadata")
    return found if isinstance(found, dict) else {}


def _money(thing: Object, field: str) -> tuple[Money, str]:
    amount = fields.dong(thing, field)
    if amount.dong <= 0:
        raise ValueError(f"{field} is no amount")
    return amount, currency(thing)


def _told(
    *,
    transaction: str,
    outcome: Outcome,
    money: tuple[Money, str],
    at: datetime,
    reference: str,
    raw_code: str,
    refund: str = "",
    payment: str = "",
) -> Notification:
    amount, named = money
    if named != "VND" and outcome in (Outcome.CAPTURED, Outcome.AUTHORISED):
        outcome = Outcome.REVIEW
    return Notification(
        # Stripe tells of one payment by several events, and asked by none: what they share is the
        # payment and what became of it.
        event_id=f"{transaction}:{outcome}",
        outcome=outcome,
        amount=amount,
        occurred_at=at,
        reference=reference,
        transaction=transaction,
        raw_code=raw_code,
        refund=refund,
        payment=payment,
        currency=named,
        trouble=_TROUBLES.get(outcome),
    )
