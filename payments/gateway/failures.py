"""
The ways in which a call to a gateway does not succeed.

Five classes of outcome, of which a call that returns is the first:

  ok             it returned
  declined       Declined: understood and refused; asking again changes nothing
  not_sent       NotSent: nothing left the house; the same call may be repeated
  unknown        OutcomeUnknown: sent, and no usable answer came; ask, never repeat under a new name
  misconfigured  Misconfigured: the gateway does not accept us; IT must act

Only NotSent may be repeated blindly.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from payments.gateway.troubles import Trouble
from payments.kernel.errors import Rejected, Unavailable


class CallOutcome(StrEnum):
    OK = "ok"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    MISCONFIGURED = "misconfigured"


class Declined(Rejected):
    code = "gateway-declined"

    def __init__(self, trouble: Trouble, detail: str = "", *, raw_code: str = "") -> None:
        super().__init__(detail, raw_code=raw_code)
        self.trouble = trouble
        self.raw_code = raw_code


class NotSent(Unavailable):
    code = "gateway-not-sent"
    trouble = Trouble.NOT_SENT


class OutcomeUnknown(Unavailable):
    code = "gateway-outcome-unknown"

    def __init__(
        self, detail: str = "", *, trouble: Trouble = Trouble.TIMEOUT_UNKNOWN, **extras: Any
    ) -> None:
        super().__init__(detail, **extras)
        self.trouble = trouble


class Misconfigured(Unavailable):
    code = "gateway-misconfigured"

    def __init__(self, trouble: Trouble, detail: str = "", *, raw_code: str = "") -> None:
        super().__init__(detail, raw_code=raw_code)
        self.trouble = trouble
        self.raw_code = raw_code


class Unsupported(Rejected):
    """The gateway has no such verb, or our adapter does not speak it."""

    code = "gateway-unsupported"


def outcome_of(failure: Exception) -> CallOutcome:
    """Name the class of a call that raised *failure*; what nobody foresaw may have acted."""
    match failure:
        case Declined() | Unsupported():
            return CallOutcome.DECLINED
        case NotSent():
            return CallOutcome.NOT_SENT
        case Misconfigured():
            return CallOutcome.MISCONFIGURED
        case _:
            return CallOutcome.UNKNOWN
