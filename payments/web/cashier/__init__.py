"""The cashier's desk."""

from payments.web.cashier import (
    cards,
    cash,
    closing,
    collect,
    credit_notes,
    desk,
    exempting,
    holds,
    insured,
    keyboard,
    large,
    merging,
    orders,
    people,
    place,
    receipt,
    scan,
    till,
)
from payments.web.cashier.views import cashier

#: Importing them has added their views.
__all__ = [
    "cards",
    "cash",
    "cashier",
    "closing",
    "collect",
    "credit_notes",
    "desk",
    "exempting",
    "holds",
    "insured",
    "keyboard",
    "large",
    "merging",
    "orders",
    "people",
    "place",
    "receipt",
    "scan",
    "till",
]
