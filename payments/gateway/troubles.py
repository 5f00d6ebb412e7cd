"""
What goes wrong at gateways, in one taxonomy: who must act, and whether to ask again.

The wire code of a gateway is always kept beside it. The words are the rows ``trouble.<name>`` of
the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Trouble(StrEnum):
    INSUFFICIENT_FUNDS = "insufficient_funds"
    CANCELLED_BY_PAYER = "cancelled_by_payer"
    WRONG_CREDENTIALS = "wrong_credentials"
    LIMIT_EXCEEDED = "limit_exceeded"
    ACCOUNT_BLOCKED = "account_blocked"
    NOT_REGISTERED = "not_registered"
    EXPIRED = "expired"
    IDENTITY_NOT_VERIFIED = "identity_not_verified"
    MAINTENANCE = "maintenance"
    RATE_LIMITED = "rate_limited"
    INTERNAL = "internal"
    SUSPECTED_FRAUD = "suspected_fraud"
    BAD_SIGNATURE = "bad_signature"
    BAD_REQUEST = "bad_request"
    DUPLICATE_REF = "duplicate_ref"
    NOT_FOUND = "not_found"
    NOT_PERMITTED = "not_permitted"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    NOT_REFUNDABLE = "not_refundable"
    ALREADY_REFUNDED = "already_refunded"
    NOT_SENT = "not_sent"
    TIMEOUT_UNKNOWN = "timeout_unknown"
    BAD_REPLY = "bad_reply"


class Side(StrEnum):
    """Where it went wrong."""

    PAYER = "payer"
    GATEWAY = "gateway"
    MERCHANT = "merchant"
    TRANSPORT = "transport"


class Retry(StrEnum):
    """What may be tried: nothing, the same request, a new attempt of the payer, or time."""

    NEVER = "never"
    SAME_KEY = "same_key"
    NEW_ATTEMPT = "new_attempt"
    LATER = "later"


class Actor(StrEnum):
    """Who must act."""

    PAYER = "payer"
    CASHIER = "cashier"
    IT = "it"


@dataclass(frozen=True, slots=True)
class Handling:
    side: Side
    retry: Retry
    actor: Actor


def _of(side: Side, retry: Retry, actor: Actor) -> Handling:
    return Handling(side, retry, actor)


HANDLING: Final[Mapping[Trouble, Handling]] = MappingProxyType(
    {
        Trouble.INSUFFICIENT_FUNDS: _of(Side.PAYER, Retry.NEW_ATTEMPT, Actor.PAYER),
        Trouble.CANCELLED_BY_PAYER: _of(Side.PAYER, Retry.NEW_ATTEMPT, Actor.PAYER),
        Trouble.WRONG_CREDENTIALS: _of(Side.PAYER, Retry.NEW_ATTEMPT, Actor.PAYER),
        Trouble.LIMIT_EXCEEDED: _of(Side.PAYER, Retry.NEW_ATTEMPT, Actor.PAYER),
        Trouble.ACCOUNT_BLOCKED: _of(Side.PAYER, Retry.NEVER, Actor.PAYER),
        Trouble.NOT_REGISTERED: _of(Side.PAYER, Retry.NEW_ATTEMPT, Actor.PAYER),
        Trouble.EXPIRED: _of(Side.PAYER, Retry.NEW_ATTEMPT, Actor.CASHIER),
        Trouble.IDENTITY_NOT_VERIFIED: _of(Side.PAYER, Retry.NEW_ATTEMPT, Actor.PAYER),
        Trouble.MAINTENANCE: _of(Side.GATEWAY, Retry.LATER, Actor.CASHIER),
        Trouble.RATE_LIMITED: _of(Side.GATEWAY, Retry.LATER, Actor.IT),
        Trouble.INTERNAL: _of(Side.GATEWAY, Retry.SAME_KEY, Actor.CASHIER),
        Trouble.SUSPECTED_FRAUD: _of(Side.GATEWAY, Retry.NEVER, Actor.CASHIER),
        Trouble.BAD_SIGNATURE: _of(Side.MERCHANT, Retry.NEVER, Actor.IT),
        Trouble.BAD_REQUEST: _of(Side.MERCHANT, Retry.NEVER, Actor.IT),
        Trouble.DUPLICATE_REF: _of(Side.MERCHANT, Retry.NEVER, Actor.IT),
        Trouble.NOT_FOUND: _of(Side.MERCHANT, Retry.NEVER, Actor.CASHIER),
        Trouble.NOT_PERMITTED: _of(Side.MERCHANT, Retry.NEVER, Actor.IT),
        Trouble.AMOUNT_OUT_OF_RANGE: _of(Side.MERCHANT, Retry.NEW_ATTEMPT, Actor.CASHIER),
        Trouble.NOT_REFUNDABLE: _of(Side.MERCHANT, Retry.NEVER, Actor.CASHIER),
        Trouble.ALREADY_REFUNDED: _of(Side.MERCHANT, Retry.NEVER, Actor.CASHIER),
        Trouble.NOT_SENT: _of(Side.TRANSPORT, Retry.SAME_KEY, Actor.IT),
        # The gateway may have acted: only asking tells, sending again may pay twice.
        Trouble.TIMEOUT_UNKNOWN: _of(Side.TRANSPORT, Retry.NEVER, Actor.IT),
        Trouble.BAD_REPLY: _of(Side.TRANSPORT, Retry.NEVER, Actor.IT),
    }
)
