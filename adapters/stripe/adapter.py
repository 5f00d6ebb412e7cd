"""Stripe as an adapter: prove, then read, then translate; the wire is in the modules beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Final

from adapters._wire import fields, strict_json
from adapters._wire.exchange import Call, Line
from adapters.stripe import messages, objects, requests, settlement, signature
from adapters.stripe.account import Account, readable
from adapters.stripe.objects import Object
from adapters.stripe.settings import CAPTURES, SANDBOX_SETTINGS, StripeSettings
from payments.gateway import (
    WHOLE_BODY,
    Attempt,
    AttemptRef,
    Capabilities,
    Capability,
    Covered,
    Declined,
    Doubt,
    FailureTold,
    Malformed,
    NotAuthentic,
    Notification,
    Outcome,
    Proof,
    Query,
    RawNotification,
    Redirect,
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

__all__ = ["SANDBOX_SETTINGS", "Stripe", "build"]

_STATUSES: Final = {Verdict.BAD_SIGNATURE: 400, Verdict.TRY_AGAIN: 503}
_REFERENCE_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Stripe:
    """One account at Stripe; card data are entered on Stripe's page and never seen by us."""

    settings: StripeSettings
    clock: Clock = field(repr=False)
    line: Line = field(repr=False)

    proof: ClassVar[Proof] = Proof.SIGNATURE
    supports: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.OPENS,
            Capability.RETURNS,
            Capability.NOTIFIES,
            Capability.ANSWERS,
            Capability.CANCELS,
            Capability.CAPTURES,
            Capability.REFUNDS,
            Capability.SETTLES,
        }
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        shown=frozenset({Shown.REDIRECT}),
        telling=Telling.POST_SIGNED,
        failure_told=FailureTold.YES,
        deliveries_max=None,
        deliveries_minutes=3 * 24 * 60,
        query=Query.ONE,
        cancels=True,
        captures=True,
        refunding=Refunding.PARTIAL,
        refund_pace=RefundPace.LATER,
        amount_can_differ=False,
        idempotency_key="Idempotency-Key",
        expiry_min_s=int(requests.EXPIRY_MIN.total_seconds()),
        expiry_max_s=int(requests.EXPIRY_MAX.total_seconds()),
        settling=Settling.API,
        wire_amount=WireAmount.DONG,
        amount_min=requests.AMOUNT_MIN,
        amount_max=requests.AMOUNT_MAX,
    )

    @property
    def is_sandbox(self) -> bool:
        """Whether a credential is public or of Stripe's test mode: never in production."""
        return self.settings.is_sandbox

    def open(self, attempt: Attempt) -> Redirect:
        opened_at = attempt.opened_at or self.clock.now()
        made = self._account.send(requests.create_call(self.settings, attempt, opened_at))

        def read() -> Redirect:
            told = objects.of_session(made, Outcome.PENDING, opened_at, "")
            if (told.reference, told.amount, told.currency) != (
                attempt.reference,
                attempt.amount,
                "VND",
            ):
                raise ValueError("the session is not the one that was asked for")
            return Redirect(fields.needed_key(made, "url"), fields.needed_key(made, "id"))

        return readable(read)

    def read_return(self, raw: RawNotification) -> ReturnView:
        """Say who comes back; the address is our own and not signed, so it says no more."""
        named = raw.query.get("reference", "")
        is_one = named.isascii() and named.isalnum() and len(named) <= _REFERENCE_MAX
        return ReturnView(named if is_one else "", is_authentic=False, hint=Outcome.UNKNOWN)

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        given = raw.headers.get(signature.HEADER, "")
        secret = self.settings.webhook_secret.reveal()
        if not signature.is_authentic(raw.body, given, secret, raw.received_at):
            # Signed with our key, it came too late or too early: another fault than a wrong key.
            is_ours = signature.is_signed(raw.body, given, secret)
            doubt = Doubt.STALE if is_ours else Doubt.WRONG
            raise NotAuthentic(
                "Stripe-Signature does not match, or is not of this moment", doubt=doubt
            )
        try:
            event = strict_json.object_of(strict_json.loads(raw.body))
        except ValueError as error:
            raise Malformed(f"cannot read a Stripe event: {error}") from error
        # One endpoint may hear of connected accounts, and a test key's events of no money.
        if event.get("account") or event.get("livemode", self.settings.is_live) is not (
            self.settings.is_live
        ):
            raise NotAuthentic("an event of another account or mode", doubt=Doubt.FOREIGN)
        try:
            return messages.from_event(event)
        except ValueError as error:
            raise Malformed(f"cannot read a Stripe event: {error}") from error

    def covered(self, raw: RawNotification) -> Covered:
        is_present = bool(raw.headers.get(signature.HEADER))
        return Covered("Stripe-Signature", is_present, ("t", WHOLE_BODY))

    def reply(self, verdict: Verdict) -> Reply:
        status = _STATUSES.get(verdict, 200)
        return Reply(status, {"received": status == 200})

    def query(self, attempt: AttemptRef) -> tuple[Notification, ...]:
        return (self._account.ask(attempt),)

    def cancel(self, attempt: AttemptRef) -> Notification:
        name = attempt.transaction or self._account.session(attempt)
        if name.startswith("cs_"):
            call = requests.expire_call(self.settings, name)
        else:
            call = requests.cancel_call(self.settings, name)
        return self._account.act(attempt, call)

    def capture(self, attempt: AttemptRef) -> Notification:
        call = requests.capture_call(self.settings, attempt, self._account.payment(attempt))
        return self._account.act(attempt, call)

    def refund(self, order: RefundOrder) -> Notification:
        requests.check_refund(order)
        payment = self._account.payment(order.attempt)
        call = requests.refund_call(self.settings, order, payment)
        made = self._account.send(call, otherwise=Trouble.NOT_REFUNDABLE)
        return self._refund(order, made, payment)

    def query_refund(self, order: RefundOrder) -> tuple[Notification, ...]:
        payment = self._account.payment(order.attempt)
        if order.transaction:
            call = requests.refund_query_call(self.settings, order.transaction)
            return (self._refund(order, self._account.send(call), payment),)

        def page(after: str) -> Call:
            return requests.refunds_call(self.settings, payment, after)

        for one in self._account.listed(page):
            metadata = one.get("metadata")
            if isinstance(metadata, dict) and metadata.get("refund") == order.refund:
                return (self._refund(order, one, payment),)
        raise Declined(Trouble.NOT_FOUND, "Stripe has no such refund")

    def settlement(self, day: HospitalDay, file: bytes | None = None) -> tuple[SettlementLine, ...]:
        if file is not None:
            raise Unsupported("Stripe is asked for its settlement")

        def page(after: str) -> Call:
            return requests.balance_call(self.settings, day.starts_at, day.ends_at, after)

        rows = self._account.listed(page)
        found = [readable(partial(settlement.line, one)) for one in rows]
        return tuple(one for one in reversed(found) if one is not None)

    def _refund(self, order: RefundOrder, made: Object, payment: str) -> Notification:
        def read() -> Notification:
            told = objects.of_refund(made, objects.moment(made, "created"), "")
            if (told.refund, told.amount, objects.name_of(made, "payment_intent")) != (
                order.refund,
                order.amount,
                payment,
            ):
                raise ValueError("the answer is not about this refund")
            return told

        return readable(read)

    @property
    def _account(self) -> Account:
        return Account(self.settings, self.clock, self.line)


@takes(
    Setting("api_key", is_secret=True),
    Setting("webhook_secret", is_secret=True),
    Setting("capture", choices=CAPTURES, is_needed=False),
    Setting("base_url", is_needed=False),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> Stripe:
    """
    Make the adapter of one channel; *transport* None is the network.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    parsed = StripeSettings.parse(settings)
    return Stripe(parsed, clock, Line(parsed.base_url, clock, transport))
