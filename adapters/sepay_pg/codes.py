"""
SePay's words as ours: notification type, status of the order, type and status of the transaction.

Only CAPTURED, CANCELLED and AUTHENTICATION_NOT_NEEDED are in SePay's documents; the others are
expected and marked so in ours. A word in no table is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from payments.gateway import Outcome

PAID: Final = "ORDER_PAID"
VOID: Final = "TRANSACTION_VOID"
CAPTURED: Final = "CAPTURED"
VOIDED: Final = "VOIDED"
CANCELLED: Final = "CANCELLED"
APPROVED: Final = "APPROVED"
DECLINED: Final = "DECLINED"
PAYMENT: Final = "PAYMENT"
REFUND: Final = "REFUND"

_UNPAID: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "AUTHENTICATION_NOT_NEEDED": Outcome.PENDING,
        "AUTHENTICATED": Outcome.PENDING,
        CANCELLED: Outcome.CANCELLED,
    }
)


def of_message(kind: str, order: str, transaction: str, status: str) -> Outcome:
    """Read the four words of a message together; what contradicts itself is unknown."""
    if kind == VOID and status == APPROVED:
        # Only what was captured can be voided, so money goes back; the order is then VOIDED or
        # CANCELLED, which documents do not tell.
        return Outcome.REFUNDED
    if kind == VOID and status == DECLINED:
        return Outcome.REFUND_REFUSED
    if kind != PAID:
        return Outcome.UNKNOWN
    if (order, transaction, status) == (CAPTURED, PAYMENT, APPROVED):
        return Outcome.CAPTURED
    is_waiting = _UNPAID.get(order) is Outcome.PENDING
    return Outcome.PENDING if is_waiting and status != APPROVED else Outcome.UNKNOWN


def of_order(status: str) -> Outcome:
    """Read an order of which no money is told."""
    return _UNPAID.get(status, Outcome.UNKNOWN)
