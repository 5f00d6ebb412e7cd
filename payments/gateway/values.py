"""Values that cross the port, in our words; wire names stay in the adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from payments.gateway.troubles import Trouble
from payments.kernel.money import ZERO, Money


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
    #: A refund was accepted by the gateway and is under way.
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    REFUND_REFUSED = "refund_refused"
    #: The gateway or a bank took back what it had given us.
    REVERSED = "reversed"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
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
    #: As it came, percent signs and all: some proofs cover this text, and a name may stand twice.
    raw_query: str = ""
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Notification:
    """
    One authentic message; a gateway's request may hold several.

    A bank feed fills *account*, *transaction* (the bank's reference, "" where the bank gives none)
    and *memo*; a gateway with orders of its own fills *reference* (ours) and *transaction* (its).
    One whose money lands directly on our account fills *account* too; its *transaction* is the
    bank's reference, so that the bank's own words about the transfer are known as the same.
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
    #: Our name of the refund that is told of, where the gateway repeats it.
    refund: str = ""
    #: The gateway's name of the payment, where the message is about money that goes back and
    #: *transaction* names that: messages of disputes and of refunds by hand know no order of ours.
    payment: str = ""
    #: As the gateway names it; only VND is ever money to us.
    currency: str = "VND"
    #: Why nothing was paid, in the taxonomy that all gateways share.
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer in the gateway's words; *body* goes out as JSON, a str as text."""

    status: int
    body: Mapping[str, object] | str


@dataclass(frozen=True, slots=True)
class ReturnView:
    """What a browser that comes back says: for display only, nothing is booked on it."""

    #: "" where the address names no attempt, or names it without a proof.
    reference: str
    is_authentic: bool
    hint: Outcome
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One try to collect: what an adapter is asked to open.

    No name, birth date or file number of a patient is in it, so that none can leave the house.
    """

    #: Ours, letters and digits, unique for ever: a second attempt has another.
    reference: str
    amount: Money
    expires_at: datetime
    #: Where the payer's browser comes back; a gateway may be given one address for all ends.
    return_url: str = ""
    #: Where the gateway sends its messages, for gateways that are told with each order.
    notify_url: str = ""
    #: The moment that names the day of the attempt; kept, and given again with every question.
    opened_at: datetime | None = None
    payer_ip: str = ""
    #: ``vi``, ``en`` or ``fr``: the language of the payer's page.
    language: str = "vi"
    #: Unique for ever and below 2^53, for gateways whose order ids are numbers; what they tell
    #: then names it, as decimal text, in ``Notification.reference``.
    number: int = 0


@dataclass(frozen=True, slots=True)
class AttemptRef:
    """An attempt that was opened, named as the gateway may want it named."""

    reference: str
    amount: Money
    opened_at: datetime
    #: The gateway's own name of the order or of the payment, "" while unknown.
    transaction: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """
    One refund to ask for; the same order again must never move money twice.

    *refund* is the key: an order whose outcome is unknown is asked about, or sent again as it is,
    and never under another name.
    """

    #: Ours: at most 32 letters and digits, unique for ever.
    refund: str
    attempt: AttemptRef
    amount: Money
    ordered_at: datetime
    #: Login of the person who approved it.
    ordered_by: str
    #: Given back before this refund; a gateway may want to know whether all of it goes back.
    refunded_before: Money = ZERO
    #: The gateway's name of the refund, "" while unknown.
    transaction: str = ""

    @property
    def is_full(self) -> bool:
        return self.amount == self.attempt.amount


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
    #: The gateway's own name of the order, "" where it gives none when opening.
    transaction: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the payer's browser there."""

    url: str
    transaction: str = ""
    #: A payload that the gateway gives beside the address, for a second screen; or "".
    qr_payload: str = ""
    #: A link that opens the wallet's app on the payer's own telephone, or "".
    app_url: str = ""


@dataclass(frozen=True, slots=True)
class PostForm:
    """Let the payer's browser post *fields*, in this order: the order may be signed."""

    url: str
    fields: tuple[tuple[str, str], ...]
    transaction: str = ""


Presentation = TransferTo | ShowQr | Redirect | PostForm
