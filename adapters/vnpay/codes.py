"""VNPAY's codes as our words: one table for payments, one for refunds, one for refusals."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from payments.gateway import Outcome, Trouble

OK: Final = "00"

#: vnp_ResponseCode of a payment. 99 is not here: it says "other".
_RESPONSES: Final[Mapping[str, tuple[Outcome, Trouble]]] = MappingProxyType(
    {
        "09": (Outcome.FAILED, Trouble.NOT_REGISTERED),
        "10": (Outcome.FAILED, Trouble.WRONG_CREDENTIALS),
        "11": (Outcome.EXPIRED, Trouble.EXPIRED),
        "12": (Outcome.FAILED, Trouble.ACCOUNT_BLOCKED),
        "13": (Outcome.FAILED, Trouble.WRONG_CREDENTIALS),
        "24": (Outcome.CANCELLED, Trouble.CANCELLED_BY_PAYER),
        "51": (Outcome.FAILED, Trouble.INSUFFICIENT_FUNDS),
        "65": (Outcome.FAILED, Trouble.LIMIT_EXCEEDED),
        "75": (Outcome.FAILED, Trouble.MAINTENANCE),
        "79": (Outcome.FAILED, Trouble.WRONG_CREDENTIALS),
    }
)
#: Debited and suspected; debited at the bank and not successful at VNPAY.
_REVIEW: Final = frozenset({"07", "04"})
_STATUSES: Final = MappingProxyType({"02": Outcome.FAILED, "01": Outcome.PENDING})
_REFUND_STATUSES: Final = MappingProxyType(
    {
        "00": Outcome.REFUNDED,
        "05": Outcome.REFUND_PENDING,
        "06": Outcome.REFUND_PENDING,
        "09": Outcome.REFUND_REFUSED,
    }
)
#: What the API answers instead of an answer.
REFUSALS: Final[Mapping[str, Trouble]] = MappingProxyType(
    {
        "02": Trouble.NOT_PERMITTED,
        "03": Trouble.BAD_REQUEST,
        "91": Trouble.NOT_FOUND,
        "95": Trouble.NOT_REFUNDABLE,
        "97": Trouble.BAD_SIGNATURE,
    }
)


def of_payment(response: str, status: str) -> tuple[Outcome, Trouble | None]:
    """Read the two codes together; what contradicts itself or is in no table is unknown."""
    if _REVIEW & {response, status}:
        return Outcome.REVIEW, Trouble.SUSPECTED_FRAUD
    if response == status == OK:
        return Outcome.CAPTURED, None
    if OK in (response, status):
        return Outcome.UNKNOWN, None
    if response in _RESPONSES:
        return _RESPONSES[response]
    return _STATUSES.get(status, Outcome.UNKNOWN), None


def of_query(status: str) -> tuple[Outcome, Trouble | None]:
    """Read the status of a payment as querydr tells it; its vnp_ResponseCode is of the query."""
    if status in _REVIEW:
        return Outcome.REVIEW, Trouble.SUSPECTED_FRAUD
    if status == OK:
        return Outcome.CAPTURED, None
    return _STATUSES.get(status, Outcome.UNKNOWN), None


def of_refund(status: str) -> Outcome:
    return _REFUND_STATUSES.get(status, Outcome.UNKNOWN)
