"""Values that cross the port, in our words; wire names stay in the adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from payments.kernel.money import Money


class Outcome(StrEnum):
    """What a message says has become of money; a code in no table is UNKNOWN, never a success."""

    PENDING = "pending"
    AUTHORISED = "authorised"
    #: Money of the amount arrived.
    CAPTURED = "captured"
    #: Money left our account: a payout, a bank fee, or a reversal by the bank.
    PAID_OUT = "paid_out"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    #: Money may have moved: a person decides.
    REVIEW = "review"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What became of a message, as the gateway is told in its own words."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_REFERENCE = "unknown_reference"
    AMOUNT_DIFFERS = "amount_differs"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True, slots=True)
class RawNotification:
    """A request to our webhook as it came, not believed yet. Header names are lower case."""

    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """
    One authentic message; a gateway's request may hold several.

    A bank feed fills *account*, *transaction* (the bank's reference, "" where the bank gives none)
    and *memo*; a gateway with orders of its own fills *reference* (ours) and *transaction* (its).
    """

    #: Same for every repeat of this message, unique within the gateway.
    event_id: str
    outcome: Outcome
    #: Always positive; *outcome* says the direction.
    amount: Money
    occurred_at: datetime
    reference: str = ""
    transaction: str = ""
    account: str = ""
    memo: str = ""
    #: Personal data: stored encrypted or not at all.
    payer_name: str = field(default="", repr=False)
    payer_account: str = field(default="", repr=False)
    raw_code: str = ""
    #: Which voice of the gateway tells, where one names its events in a way of its own: two voices
    #: are two witnesses. Empty for the voice whose names all others share.
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer in the gateway's words; *body* goes out as JSON, a str as text."""

    status: int
    body: Mapping[str, object] | str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to collect: what an adapter is asked to open."""

    reference: str
    amount: Money
    expires_at: datetime
    return_url: str = ""


@dataclass(frozen=True, slots=True)
class Payee:
    """The hospital's own bank account, as a payer sees it."""

    bin: str
    account: str
    holder: str


@dataclass(frozen=True, slots=True)
class TransferTo:
    """Pay by a transfer to *payee* with *memo*; ``intents`` makes the VietQR of it."""

    payee: Payee
    memo: str


@dataclass(frozen=True, slots=True)
class ShowQr:
    """Show this payload, made by the gateway."""

    payload: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the payer's browser there."""

    url: str


Presentation = TransferTo | ShowQr | Redirect
