"""
OnePay's vpc_TxnResponseCode as our words; a code in no table is UNKNOWN.

0 and 99, 300 and 100 are in our documents; the letters and other digits are those that OnePay's
international and domestic pages have published for years, to be confirmed with the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from payments.gateway import Outcome, Trouble

PAID: Final = "0"
CANCELLED: Final = "99"

_FAILED: Final[Mapping[str, Trouble | None]] = MappingProxyType(
    {
        # Refused by the bank, which gives no reason.
        "1": None,
        "2": None,
        "3": Trouble.MAINTENANCE,
        "4": Trouble.ACCOUNT_BLOCKED,
        "5": Trouble.INSUFFICIENT_FUNDS,
        "6": Trouble.MAINTENANCE,
        "7": Trouble.INTERNAL,
        "8": Trouble.NOT_REGISTERED,
        "9": Trouble.ACCOUNT_BLOCKED,
        "F": Trouble.WRONG_CREDENTIALS,
        "I": Trouble.WRONG_CREDENTIALS,
        "N": Trouble.NOT_REGISTERED,
        "R": Trouble.LIMIT_EXCEEDED,
        "T": Trouble.WRONG_CREDENTIALS,
        "U": Trouble.WRONG_CREDENTIALS,
        "V": Trouble.WRONG_CREDENTIALS,
    }
)
#: Under way, or not confirmed: the money may still come.
_PENDING: Final = frozenset({"100", "300", "D", "P"})
_GIVEN_UP: Final = frozenset({CANCELLED, "A", "C"})


def of_payment(code: str) -> tuple[Outcome, Trouble | None]:
    if code == PAID:
        return Outcome.CAPTURED, None
    if code in _GIVEN_UP:
        return Outcome.CANCELLED, Trouble.CANCELLED_BY_PAYER
    if code in _PENDING:
        return Outcome.PENDING, None
    if code in _FAILED:
        return Outcome.FAILED, _FAILED[code]
    return Outcome.UNKNOWN, None
