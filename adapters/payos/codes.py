"""payOS's statuses and codes as our words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from payments.gateway import Outcome, Trouble

OK: Final = "00"
#: Status of a link. PAID is CAPTURED by its transfers, each of which is an event.
STATUSES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "PENDING": Outcome.PENDING,
        "PROCESSING": Outcome.PENDING,
        "UNDERPAID": Outcome.PENDING,
        "PAID": Outcome.CAPTURED,
        "CANCELLED": Outcome.CANCELLED,
        "EXPIRED": Outcome.EXPIRED,
        "FAILED": Outcome.FAILED,
    }
)
#: The page of such a link goes on collecting.
OPEN: Final = frozenset({"PENDING", "PROCESSING", "UNDERPAID"})
TROUBLES: Final[Mapping[Outcome, Trouble]] = MappingProxyType(
    {
        Outcome.CANCELLED: Trouble.CANCELLED_BY_PAYER,
        Outcome.EXPIRED: Trouble.EXPIRED,
    }
)
#: What the API answers instead of an answer; the numbers are not published (seen in its clients).
REFUSALS: Final[Mapping[str, Trouble]] = MappingProxyType(
    {
        "01": Trouble.BAD_REQUEST,
        "101": Trouble.NOT_FOUND,
        "201": Trouble.BAD_SIGNATURE,
        "231": Trouble.DUPLICATE_REF,
        "401": Trouble.NOT_PERMITTED,
    }
)
#: Ours is wrong, not the payer's: IT must act.
OURS: Final = frozenset({Trouble.BAD_REQUEST, Trouble.BAD_SIGNATURE, Trouble.NOT_PERMITTED})


def of_transfer(code: str) -> Outcome:
    """Read the code inside of a message's data, which alone is signed."""
    return Outcome.CAPTURED if code == OK else Outcome.UNKNOWN
