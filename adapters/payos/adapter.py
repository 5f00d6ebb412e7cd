"""payOS as an adapter: prove, then read, then translate; the wire is in the modules beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from adapters._wire import fields
from adapters._wire.exchange import Call, Line
from adapters._wire.strict_json import Json
from adapters.payos import codes, messages, requests, signature
from adapters.payos.settings import MEMO_LENGTHS, SANDBOX_SETTINGS, PayosSettings
from payments.gateway import (
    Attempt,
    AttemptRef,
    Capabilities,
    Capability,
    Declined,
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
    RefundPace,
    Reply,
    ReturnView,
    Setting,
    Settling,
    Shown,
    Telling,
    Transport,
    Trouble,
    Verdict,
    WireAmount,
    takes,
)
from payments.kernel.clock import Clock

__all__ = ["SANDBOX_SETTINGS", "Payos", "build"]

#: payOS reads the status alone. A message for an order we do not know is heard all the same: when
#: our address is registered, it sends one to see whether we are there.
_STATUSES: Final = {Verdict.BAD_SIGNATURE: 401, Verdict.TRY_AGAIN: 503}


@dataclass(frozen=True, slots=True)
class Payos:
    """One payment channel at payOS: money lands on the hospital's own account."""

    settings: PayosSettings
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
            Capability.COLLECTS_THE_REST,
        }
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        shown=frozenset({Shown.REDIRECT, Shown.QR}),
        telling=Telling.POST_SIGNED,
        failure_told=FailureTold.NO,
        deliveries_max=None,
        deliveries_minutes=None,
        query=Query.ONE,
        cancels=True,
        captures=False,
        refunding=Refunding.NONE,
        refund_pace=RefundPace.NONE,
        amount_can_differ=True,
        idempotency_key="orderCode",
        expiry_min_s=None,
        expiry_max_s=None,
        settling=Settling.ACCOUNT_DIRECT,
        wire_amount=WireAmount.DONG,
    )

    @property
    def is_sandbox(self) -> bool:
        """Whether a credential is public or the address is this machine: never in production."""
        return self.settings.is_sandbox

    def open(self, attempt: Attempt) -> Redirect:
        try:
            data = self._send(requests.create_call(self.settings, attempt))
        except Declined as refusal:
            if refusal.trouble is not Trouble.DUPLICATE_REF:
                raise
            return self._opened_before(attempt)
        try:
            if fields.number(data, "orderCode") != attempt.number:
                raise ValueError("orderCode is another than was sent")
            if fields.dong(data, "amount") != attempt.amount:
                raise ValueError("amount is another than was sent")
            return Redirect(
                fields.needed_key(data, "checkoutUrl"),
                fields.needed_key(data, "paymentLinkId"),
                fields.text(data, "qrCode"),
            )
        except ValueError as error:
            raise messages.unreadable(f"the answer cannot be read: {error}") from error

    def read_return(self, raw: RawNotification) -> ReturnView:
        """Say who comes back; the address is not signed, so it says nothing of money."""
        code = raw.query.get("orderCode", "")
        is_number = code.isascii() and code.isdecimal() and len(code) <= 16
        return ReturnView(code if is_number else "", is_authentic=False, hint=Outcome.UNKNOWN)

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        try:
            data, signed = messages.envelope(raw.body)
        except ValueError as error:
            raise NotAuthentic(f"no payOS message: {error}") from error
        # A checksum key belongs to one payment channel: another merchant's message fails here.
        if not signature.is_authentic(data, signed, self._key):
            raise NotAuthentic("the signature does not match")
        try:
            return (messages.from_message(signature.as_signed(data)),)
        except ValueError as error:
            raise Malformed(f"cannot read a payOS message: {error}") from error

    def reply(self, verdict: Verdict) -> Reply:
        status = _STATUSES.get(verdict, 200)
        return Reply(status, {"success": status == 200})

    def query(self, attempt: AttemptRef) -> tuple[Notification, ...]:
        data = self._send(requests.query_call(self.settings, attempt))
        return messages.from_link(data, attempt.number, self.clock.now())

    def cancel(self, attempt: AttemptRef) -> Notification:
        data = self._send(requests.cancel_call(self.settings, attempt))
        # What came before the end is told by the last: the end, or the transfer that was faster.
        return messages.from_link(data, attempt.number, self.clock.now())[-1]

    def _opened_before(self, attempt: Attempt) -> Redirect:
        """
        Find the link of an attempt that was opened before: payOS refuses a second create.

        Raises:
            Declined: the number is taken by a link of another amount, or one that has ended.
        """
        ref = AttemptRef(attempt.reference, attempt.amount, self.clock.now(), number=attempt.number)
        data = self._send(requests.query_call(self.settings, ref))
        try:
            is_same = (fields.number(data, "orderCode"), fields.dong(data, "amount")) == (
                attempt.number,
                attempt.amount,
            )
            status = fields.key(data, "status")
            link = fields.needed_key(data, "id")
        except ValueError as error:
            raise messages.unreadable(f"the answer cannot be read: {error}") from error
        if not (is_same and status in codes.OPEN):
            raise Declined(Trouble.DUPLICATE_REF, f"order code {attempt.number} is taken")
        return Redirect(f"{self.settings.page_url}/web/{link}", link)

    def _send(self, call: Call) -> Mapping[str, Json]:
        return messages.proven(self.line.send(call), self._key)

    @property
    def _key(self) -> str:
        return self.settings.checksum_key.reveal()


@takes(
    Setting("client_id", is_fixed=True),
    Setting("api_key", is_secret=True),
    Setting("checksum_key", is_secret=True),
    Setting("base_url", is_needed=False),
    Setting("memo_length", choices=MEMO_LENGTHS, is_needed=False),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> Payos:
    """
    Make the adapter of one channel; *transport* None is the network.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    parsed = PayosSettings.parse(settings)
    return Payos(parsed, clock, Line(parsed.base_url, clock, transport))
