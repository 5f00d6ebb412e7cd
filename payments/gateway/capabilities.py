"""What a gateway can do, as data: tests hold adapters to it, finance staff read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payments.kernel.money import Money, vnd


class Capability(StrEnum):
    """A protocol of the port, or a habit, that an adapter declares in ``supports``."""

    OPENS = "opens"
    RETURNS = "returns"
    NOTIFIES = "notifies"
    ANSWERS = "answers"
    LISTS = "lists"
    CANCELS = "cancels"
    CAPTURES = "captures"
    REFUNDS = "refunds"
    SETTLES = "settles"
    #: Its page goes on collecting after a part was paid.
    COLLECTS_THE_REST = "collects_the_rest"


class Proof(StrEnum):
    #: Covers the content of the message.
    SIGNATURE = "signature"
    #: Proves only the caller: an API key in a header.
    TOKEN = "token"  # noqa: S105 - a word, no secret


class Shown(StrEnum):
    """How a payer may be asked."""

    REDIRECT = "redirect"
    #: Only where the gateway has allowed the merchant to.
    QR_BY_PERMISSION = "qr_by_permission"
    QR = "qr"
    DEEPLINK = "deeplink"
    POST_FORM = "post_form"
    DETAILS = "details"


class Telling(StrEnum):
    """How messages come."""

    NONE = "none"
    GET_SIGNED = "get_signed"
    POST_SIGNED = "post_signed"
    POST_SIGNED_OR_KEY = "post_signed_or_key"
    POST_KEY = "post_key"


class FailureTold(StrEnum):
    YES = "yes"
    NO = "no"
    VOID_ONLY = "void_only"


class Query(StrEnum):
    NONE = "none"
    ONE = "one"
    LIST = "list"
    BY_CONTRACT = "by_contract"


class Refunding(StrEnum):
    NONE = "none"
    PARTIAL = "partial"
    #: The whole, before the day is settled.
    VOID = "void"
    BY_CONTRACT = "by_contract"


class RefundPace(StrEnum):
    NONE = "none"
    AT_ONCE = "at_once"
    SOMETIMES_LATER = "sometimes_later"
    LATER = "later"


class Settling(StrEnum):
    #: Money lands on our own account: the bank statement is the settlement.
    ACCOUNT_DIRECT = "account_direct"
    FILE = "file"
    API = "api"
    MIXED = "mixed"


class WireAmount(StrEnum):
    DONG = "dong"
    HUNDREDTHS = "hundredths"
    DECIMAL_TEXT = "decimal_text"


ONE_DONG: Final = vnd(1)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One row for one gateway; minutes and seconds as named."""

    shown: frozenset[Shown]
    telling: Telling
    failure_told: FailureTold
    #: Deliveries in all, and the minutes that they take; None where the vendor tells none.
    deliveries_max: int | None
    deliveries_minutes: int | None
    query: Query
    cancels: bool
    captures: bool
    refunding: Refunding
    refund_pace: RefundPace
    #: The payer may send another amount than was asked for.
    amount_can_differ: bool
    #: The wire name of what makes a repeated request harmless; "" where there is none.
    idempotency_key: str
    #: Bounds of what may be asked for as time to pay; None where the gateway has none of its own.
    expiry_min_s: int | None
    expiry_max_s: int | None
    settling: Settling
    wire_amount: WireAmount
    amount_min: Money = ONE_DONG
    amount_max: Money | None = None
