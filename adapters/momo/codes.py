"""MoMo's resultCode as our words: of a payment, of a refund, of a request that was refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from payments.gateway import CallOutcome, Outcome, Trouble

OK: Final = 0
AUTHORISED: Final = 9000
QR_FAILED: Final = 98

_PAYMENTS: Final[Mapping[int, tuple[Outcome, Trouble | None]]] = MappingProxyType(
    {
        OK: (Outcome.CAPTURED, None),
        # Not final: with automatic capture 0 follows, or a query tells it.
        AUTHORISED: (Outcome.AUTHORISED, None),
        1000: (Outcome.PENDING, None),
        7000: (Outcome.PENDING, None),
        7002: (Outcome.PENDING, None),
        8000: (Outcome.PENDING, None),
        1001: (Outcome.FAILED, Trouble.INSUFFICIENT_FUNDS),
        # Refused by the issuer, which does not say why; and by the rules of a promotion.
        1002: (Outcome.FAILED, None),
        1026: (Outcome.FAILED, None),
        1004: (Outcome.FAILED, Trouble.LIMIT_EXCEEDED),
        1007: (Outcome.FAILED, Trouble.ACCOUNT_BLOCKED),
        2019: (Outcome.FAILED, Trouble.BAD_REQUEST),
        4001: (Outcome.FAILED, Trouble.IDENTITY_NOT_VERIFIED),
        4002: (Outcome.FAILED, Trouble.IDENTITY_NOT_VERIFIED),
        4100: (Outcome.FAILED, Trouble.WRONG_CREDENTIALS),
        1003: (Outcome.CANCELLED, None),
        1017: (Outcome.CANCELLED, None),
        1006: (Outcome.CANCELLED, Trouble.CANCELLED_BY_PAYER),
        1005: (Outcome.EXPIRED, Trouble.EXPIRED),
        # About a refund: the payment keeps its status.
        1080: (Outcome.REFUND_REFUSED, Trouble.INTERNAL),
        1081: (Outcome.REFUND_REFUSED, Trouble.ALREADY_REFUNDED),
        1088: (Outcome.REFUND_REFUSED, Trouble.NOT_REFUNDABLE),
        # Final, and says nothing: the query decides.
        QR_FAILED: (Outcome.UNKNOWN, Trouble.INTERNAL),
        99: (Outcome.UNKNOWN, Trouble.INTERNAL),
    }
)
_REFUNDS: Final[Mapping[int, tuple[Outcome, Trouble | None]]] = MappingProxyType(
    {
        OK: (Outcome.REFUNDED, None),
        7000: (Outcome.REFUND_PENDING, None),
        7002: (Outcome.REFUND_PENDING, None),
        8000: (Outcome.REFUND_PENDING, None),
        **{code: _PAYMENTS[code] for code in (1080, 1081, 1088)},
    }
)
#: The request was refused and nothing became of the attempt: the class of the call, and why.
REFUSALS: Final[Mapping[int, tuple[CallOutcome, Trouble]]] = MappingProxyType(
    {
        10: (CallOutcome.UNKNOWN, Trouble.MAINTENANCE),
        11: (CallOutcome.MISCONFIGURED, Trouble.NOT_PERMITTED),
        12: (CallOutcome.MISCONFIGURED, Trouble.BAD_REQUEST),
        13: (CallOutcome.MISCONFIGURED, Trouble.BAD_SIGNATURE),
        20: (CallOutcome.MISCONFIGURED, Trouble.BAD_REQUEST),
        21: (CallOutcome.DECLINED, Trouble.AMOUNT_OUT_OF_RANGE),
        22: (CallOutcome.DECLINED, Trouble.AMOUNT_OUT_OF_RANGE),
        # Had before: what became of it is asked, never guessed.
        40: (CallOutcome.UNKNOWN, Trouble.DUPLICATE_REF),
        41: (CallOutcome.UNKNOWN, Trouble.DUPLICATE_REF),
        42: (CallOutcome.DECLINED, Trouble.NOT_FOUND),
        # Another request about the same order is under way.
        43: (CallOutcome.UNKNOWN, Trouble.INTERNAL),
        45: (CallOutcome.MISCONFIGURED, Trouble.DUPLICATE_REF),
        47: (CallOutcome.MISCONFIGURED, Trouble.BAD_REQUEST),
    }
)


def of_payment(code: int) -> tuple[Outcome, Trouble | None]:
    """Read the code of a payment; what is in no table, or is about a request, is unknown."""
    if code in REFUSALS:
        return Outcome.UNKNOWN, REFUSALS[code][1]
    return _PAYMENTS.get(code, (Outcome.UNKNOWN, None))


def of_refund(code: int) -> tuple[Outcome, Trouble | None]:
    return _REFUNDS.get(code, (Outcome.UNKNOWN, None))
