"""
The life of an invoice's document, and what its amounts say about payment.

    DRAFT ─issue─▶ ISSUED ─cancel (nothing received)─▶ CANCELLED

The payment state is computed from amounts, never assigned: it cannot disagree with the money.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from payments.kernel.errors import Conflict
from payments.kernel.money import ZERO, Money


class IllegalStep(Conflict):
    """The invoice is in a state in which this cannot happen."""

    code = "illegal-step"


class Document(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    CANCELLED = "cancelled"


class Event(StrEnum):
    ISSUE = "issue"
    CANCEL = "cancel"


class Payment(StrEnum):
    UNPAID = "unpaid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    OVER = "over"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


TRANSITIONS: Final[Mapping[tuple[Document, Event], Document]] = MappingProxyType(
    {
        (Document.DRAFT, Event.ISSUE): Document.ISSUED,
        (Document.DRAFT, Event.CANCEL): Document.CANCELLED,
        (Document.ISSUED, Event.CANCEL): Document.CANCELLED,
    }
)


def after(document: Document, event: Event) -> Document:
    """Say what *document* becomes. Raises IllegalStep where the table has no answer."""
    try:
        return TRANSITIONS[document, event]
    except KeyError:
        raise IllegalStep(f"{event} cannot happen to an invoice that is {document}") from None


def payment_state(*, owed: Money, paid: Money, refunded: Money) -> Payment:
    """Name what the amounts say; *owed* is the total less credit notes, *paid* what was applied."""
    if refunded:
        return Payment.REFUNDED if refunded == paid else Payment.PARTIALLY_REFUNDED
    if paid > owed:
        return Payment.OVER
    if paid == owed:
        # A total of zero owes nothing and is settled the moment it is issued.
        return Payment.PAID
    return Payment.PARTIALLY_PAID if paid > ZERO else Payment.UNPAID
