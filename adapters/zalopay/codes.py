"""
ZaloPay's codes as our words: return_code says what, sub_return_code says why.

Some failures of a call come as return_code itself, others as 2 with a sub code; both are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from payments.gateway import CallOutcome, Outcome, Trouble

DONE: Final = 1
FAILED: Final = 2
PROCESSING: Final = 3
#: The card's holder has the money in days; to us the refund is as far as its return_code says.
_ON_ITS_WAY: Final = -101

#: The call was not answered: what became of money is not said.
REFUSALS: Final[Mapping[int, tuple[CallOutcome, Trouble]]] = MappingProxyType(
    {
        -500: (CallOutcome.UNKNOWN, Trouble.INTERNAL),
        -429: (CallOutcome.UNKNOWN, Trouble.RATE_LIMITED),
        -32: (CallOutcome.UNKNOWN, Trouble.INTERNAL),
        -301: (CallOutcome.UNKNOWN, Trouble.INTERNAL),
        -33: (CallOutcome.UNKNOWN, Trouble.MAINTENANCE),
        -402: (CallOutcome.MISCONFIGURED, Trouble.BAD_SIGNATURE),
        -403: (CallOutcome.MISCONFIGURED, Trouble.BAD_SIGNATURE),
        -405: (CallOutcome.MISCONFIGURED, Trouble.NOT_PERMITTED),
    }
)
#: Of a create only: nothing was opened, or it was before and only asking tells of it.
CREATE_REFUSALS: Final[Mapping[int, tuple[CallOutcome, Trouble]]] = MappingProxyType(
    {
        -68: (CallOutcome.UNKNOWN, Trouble.DUPLICATE_REF),
        -401: (CallOutcome.MISCONFIGURED, Trouble.BAD_REQUEST),
    }
)
#: Of a query: there is no such order, or no such refund.
NOT_FOUND: Final[Mapping[int, tuple[CallOutcome, Trouble]]] = MappingProxyType(
    {-401: (CallOutcome.DECLINED, Trouble.NOT_FOUND)}
)
_FAILURES: Final[Mapping[int, tuple[Outcome, Trouble]]] = MappingProxyType(
    {
        -329: (Outcome.CANCELLED, Trouble.CANCELLED_BY_PAYER),
        -322: (Outcome.EXPIRED, Trouble.EXPIRED),
        # The payer's channel or bank, not ZaloPay's service: the payment failed.
        **dict.fromkeys((-34, -35, -43, -88, -135), (Outcome.FAILED, Trouble.MAINTENANCE)),
    }
)
_REFUND_TROUBLES: Final[Mapping[int, Trouble]] = MappingProxyType(
    {
        406: Trouble.NOT_REFUNDABLE,
        -406: Trouble.NOT_REFUNDABLE,
        -401: Trouble.BAD_REQUEST,
        **dict.fromkeys((-34, -35, -43, -88, -135), Trouble.MAINTENANCE),
    }
)


def reason(code: int, sub: int) -> int:
    """Name why a call failed: by its sub code, or by the code itself where it is no answer."""
    return sub if code in (DONE, FAILED, PROCESSING) else code


def of_payment(code: int, sub: int) -> tuple[Outcome, Trouble | None]:
    """Read a query's answer; what contradicts itself or is in no table is unknown."""
    if code == DONE:
        return (Outcome.CAPTURED if sub == DONE else Outcome.UNKNOWN), None
    if code == PROCESSING:
        return Outcome.PENDING, None
    if code == FAILED:
        return _FAILURES.get(sub, (Outcome.FAILED, None))
    return Outcome.UNKNOWN, None


def of_refund(code: int, sub: int) -> tuple[Outcome, Trouble | None]:
    """Read the answer to a refund or to a query of one."""
    if code == DONE:
        is_plain = sub in (DONE, _ON_ITS_WAY)
        return (Outcome.REFUNDED if is_plain else Outcome.UNKNOWN), None
    if code == PROCESSING:
        return Outcome.REFUND_PENDING, None
    if code == FAILED:
        return Outcome.REFUND_REFUSED, _REFUND_TROUBLES.get(sub)
    return Outcome.UNKNOWN, None
