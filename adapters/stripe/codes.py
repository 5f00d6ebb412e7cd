"""Stripe's events, statuses and errors as our words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from payments.gateway import Outcome, Trouble

#: Status of a payment intent.
PAYMENTS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "requires_payment_method": Outcome.PENDING,
        "requires_confirmation": Outcome.PENDING,
        "requires_action": Outcome.PENDING,
        "processing": Outcome.PENDING,
        "requires_capture": Outcome.AUTHORISED,
        "succeeded": Outcome.CAPTURED,
        "canceled": Outcome.CANCELLED,
    }
)
#: Status of a refund.
REFUNDS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "pending": Outcome.REFUND_PENDING,
        "requires_action": Outcome.REFUND_PENDING,
        "succeeded": Outcome.REFUNDED,
        "failed": Outcome.REFUND_REFUSED,
        "canceled": Outcome.REFUND_REFUSED,
    }
)
#: Events about a payment intent.
PAYMENT_EVENTS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "payment_intent.created": Outcome.PENDING,
        "payment_intent.processing": Outcome.PENDING,
        "payment_intent.requires_action": Outcome.PENDING,
        "payment_intent.amount_capturable_updated": Outcome.AUTHORISED,
        "payment_intent.succeeded": Outcome.CAPTURED,
        # The payer may try another card on the same page.
        "payment_intent.payment_failed": Outcome.PENDING,
        "payment_intent.canceled": Outcome.CANCELLED,
    }
)
#: Events about a session; ``completed`` is read with its payment_status.
COMPLETED: Final = "checkout.session.completed"
SESSION_EVENTS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "checkout.session.async_payment_succeeded": Outcome.CAPTURED,
        "checkout.session.async_payment_failed": Outcome.FAILED,
        "checkout.session.expired": Outcome.EXPIRED,
    }
)
#: payment_status of a completed session; unpaid is money that comes later or not at all.
SESSION_PAYMENTS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {"paid": Outcome.CAPTURED, "unpaid": Outcome.PENDING}
)
REFUND_EVENTS: Final = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)
DISPUTE_EVENTS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "charge.dispute.created": Outcome.DISPUTED,
        "charge.dispute.funds_withdrawn": Outcome.DISPUTED,
        "charge.dispute.funds_reinstated": Outcome.DISPUTE_WON,
    }
)
DISPUTE_CLOSED: Final = "charge.dispute.closed"
DISPUTES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {"won": Outcome.DISPUTE_WON, "lost": Outcome.DISPUTE_LOST}
)
#: Sums of what other events tell one by one: counted too, they would be counted twice.
TOLD_ELSEWHERE: Final = frozenset(
    {"charge.succeeded", "charge.captured", "charge.updated", "charge.refunded", "charge.pending"}
)
#: ``error.code``; others are what the call says.
ERRORS: Final[Mapping[str, Trouble]] = MappingProxyType(
    {
        "resource_missing": Trouble.NOT_FOUND,
        "amount_too_small": Trouble.AMOUNT_OUT_OF_RANGE,
        "amount_too_large": Trouble.AMOUNT_OUT_OF_RANGE,
        "charge_already_refunded": Trouble.ALREADY_REFUNDED,
        "idempotency_error": Trouble.DUPLICATE_REF,
    }
)
