"""SePay's payment gateway as an adapter; the wire is in the modules beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final
from urllib.parse import parse_qs

from adapters._wire.exchange import Answer, Call, Line, json_of
from adapters.sepay_pg import messages, requests, settlement, signature
from adapters.sepay_pg.settings import METHODS, SANDBOX_SETTINGS, SepayPgSettings
from payments.gateway import (
    Attempt,
    AttemptRef,
    Capabilities,
    Capability,
    Declined,
    FailureTold,
    Malformed,
    Misconfigured,
    NotAuthentic,
    Notification,
    Outcome,
    OutcomeUnknown,
    PostForm,
    Proof,
    Query,
    RawNotification,
    Refunding,
    RefundOrder,
    RefundPace,
    Reply,
    ReturnView,
    Setting,
    SettlementLine,
    Settling,
    Shown,
    Telling,
    Transport,
    Trouble,
    Unsupported,
    Verdict,
    WireAmount,
    takes,
)
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock

__all__ = ["SANDBOX_SETTINGS", "SepayPg", "build"]

#: HTTP statuses that say "not in this state"; no document tells which one it is.
_WRONG_STATE: Final = frozenset({400, 409, 422})
_FORBIDDEN: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class SepayPg:
    """One merchant at SePay's payment gateway."""

    settings: SepayPgSettings
    clock: Clock = field(repr=False)
    line: Line = field(repr=False)

    #: A static key says who calls and nothing of the content: the inbox asks before it books.
    proof: ClassVar[Proof] = Proof.TOKEN
    supports: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.OPENS,
            Capability.RETURNS,
            Capability.NOTIFIES,
            Capability.ANSWERS,
            Capability.CANCELS,
            Capability.REFUNDS,
            Capability.SETTLES,
        }
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        shown=frozenset({Shown.POST_FORM}),
        telling=Telling.POST_KEY,
        failure_told=FailureTold.VOID_ONLY,
        deliveries_max=None,
        deliveries_minutes=None,
        query=Query.ONE,
        cancels=True,
        captures=False,
        refunding=Refunding.VOID,
        refund_pace=RefundPace.AT_ONCE,
        amount_can_differ=True,
        idempotency_key="order_invoice_number",
        expiry_min_s=None,
        expiry_max_s=None,
        settling=Settling.MIXED,
        wire_amount=WireAmount.DECIMAL_TEXT,
    )

    @property
    def is_sandbox(self) -> bool:
        """Whether a credential is public or an address is a trial's: never in production."""
        return self.settings.is_sandbox

    def open(self, attempt: Attempt) -> PostForm:
        return requests.form(self.settings, attempt)

    def read_return(self, raw: RawNotification) -> ReturnView:
        """Read who comes back: the address is ours and unsigned, so it proves nothing."""
        named = parse_qs(raw.raw_query).get(requests.ORDER_PARAM, [""])
        reference = named[0] if len(named) == 1 else ""
        return ReturnView(reference, is_authentic=False, hint=Outcome.UNKNOWN)

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        given = raw.headers.get("x-secret-key", "")
        if not signature.has_key(given, self.settings.notify_key.reveal()):
            raise NotAuthentic("X-Secret-Key does not match")
        try:
            return (messages.from_message(raw.body, raw.received_at),)
        except ValueError as error:
            raise Malformed(f"cannot read a notification of SePay: {error}") from error

    def reply(self, verdict: Verdict) -> Reply:
        match verdict:
            case Verdict.BAD_SIGNATURE:
                return Reply(401, {"success": False})
            case Verdict.TRY_AGAIN:
                return Reply(503, {"success": False})
            case _:
                return Reply(200, {"success": True})

    def query(self, attempt: AttemptRef) -> tuple[Notification, ...]:
        answer = self._send(requests.detail_call(self.settings, attempt.reference))
        if answer.status != 200:
            raise OutcomeUnknown(f"SePay answers {answer.status}", status=answer.status)
        return self._told(answer, attempt)

    def cancel(self, attempt: AttemptRef) -> Notification:
        """Cancel; a payer by transfer may have been faster, and an order by card stays open."""
        answer = self._send(requests.cancel_call(self.settings, attempt))
        told = self._after(answer, attempt)
        for outcome in (Outcome.CAPTURED, Outcome.CANCELLED):
            found = next((one for one in told if one.outcome is outcome), None)
            if found is not None:
                return found
        if answer.status in _WRONG_STATE:
            raise Declined(Trouble.NOT_PERMITTED, raw_code=str(answer.status))
        raise OutcomeUnknown("the order is neither cancelled nor paid", trouble=Trouble.BAD_REPLY)

    def refund(self, order: RefundOrder) -> Notification:
        answer = self._send(requests.void_call(self.settings, order))
        told = _voided(self._after(answer, order.attempt), order)
        if told is not None:
            return told
        if answer.status in _WRONG_STATE:
            # Not paid, not by card, or settled already: a transfer has to carry it back.
            raise Declined(Trouble.NOT_REFUNDABLE, raw_code=str(answer.status))
        raise OutcomeUnknown("the payment is not voided", trouble=Trouble.BAD_REPLY)

    def query_refund(self, order: RefundOrder) -> tuple[Notification, ...]:
        told = _voided(self.query(order.attempt), order)
        if told is None:
            raise OutcomeUnknown("the payment is not voided; the order may be sent again")
        return (told,)

    def settlement(self, day: HospitalDay, file: bytes | None = None) -> tuple[SettlementLine, ...]:
        if file is None:
            raise Unsupported("SePay sends its statement of cards as a file")
        return settlement.read(file, self.settings.merchant)

    def _send(self, call: Call) -> Answer:
        """Give an answer of 200 or of a wrong state; its body is not read yet."""
        answer = self.line.send(call)
        if answer.status in _FORBIDDEN:
            raise Misconfigured(Trouble.NOT_PERMITTED, raw_code=str(answer.status))
        if answer.status == 404:
            # A page in HTML is some other host's, and says nothing of the order.
            json_of(answer)
            raise Declined(Trouble.NOT_FOUND, raw_code="404")
        if answer.status == 429:
            raise OutcomeUnknown("too many requests", trouble=Trouble.RATE_LIMITED)
        if answer.status != 200 and answer.status not in _WRONG_STATE:
            raise OutcomeUnknown(f"SePay answers {answer.status}", status=answer.status)
        return answer

    def _after(self, answer: Answer, attempt: AttemptRef) -> tuple[Notification, ...]:
        """Tell how the order stands after a change; SePay's documents show a sentence only."""
        if answer.status == 200 and _holds_transactions(json_of(answer)):
            return self._told(answer, attempt)
        return self.query(attempt)

    def _told(self, answer: Answer, attempt: AttemptRef) -> tuple[Notification, ...]:
        order = json_of(answer).get("data")
        if not isinstance(order, dict):
            raise OutcomeUnknown("the answer holds no order", trouble=Trouble.BAD_REPLY)
        return messages.from_order(order, attempt.reference, self.clock.now())


def _holds_transactions(read: Mapping[str, object]) -> bool:
    order = read.get("data")
    return isinstance(order, dict) and "transactions" in order


def _voided(told: tuple[Notification, ...], order: RefundOrder) -> Notification | None:
    found = next((one for one in told if one.outcome is Outcome.REFUNDED), None)
    if found is not None and found.amount != order.amount:
        raise OutcomeUnknown("another amount went back", trouble=Trouble.BAD_REPLY)
    return found


@takes(
    Setting("merchant", is_fixed=True),
    Setting("secret_key", is_secret=True),
    Setting("notify_key", is_secret=True, is_needed=False),
    Setting("pay_with", choices=METHODS, is_needed=False),
    Setting("checkout_url", is_needed=False),
    Setting("api_url", is_needed=False),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> SepayPg:
    """
    Make the adapter of one channel; *transport* None is the network.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    parsed = SepayPgSettings.parse(settings)
    return SepayPg(parsed, clock, Line(parsed.api_url, clock, transport))
