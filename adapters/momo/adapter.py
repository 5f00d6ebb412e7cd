"""MoMo as an adapter: prove, then read, then translate; the wire is in the modules beside it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from adapters._wire.exchange import Call, Line, json_of
from adapters._wire.strict_json import Json
from adapters.momo import messages, requests, settlement, signature
from adapters.momo.settings import CAPTURE, PAY_WITH, SANDBOX_SETTINGS, MomoSettings
from payments.gateway import (
    Attempt,
    AttemptRef,
    Capabilities,
    Capability,
    Covered,
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
    Unsupported,
    Verdict,
    WireAmount,
    takes,
)
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import Clock

__all__ = ["SANDBOX_SETTINGS", "Momo", "build"]

#: MoMo asks its partners to wait at least this long.
_WAIT_S: Final = 30
#: 204 is documented, and that the body is not read; the other two are our choice. A message that
#: is kept, whatever became of it, is answered alike: MoMo has no word for the difference.
_REPLIES: Final = {
    Verdict.STORED: 204,
    Verdict.DUPLICATE: 204,
    Verdict.UNKNOWN_REFERENCE: 204,
    Verdict.AMOUNT_DIFFERS: 204,
    Verdict.BAD_SIGNATURE: 400,
    Verdict.TRY_AGAIN: 503,
}


@dataclass(frozen=True, slots=True)
class Momo:
    """One partner code at MoMo."""

    settings: MomoSettings
    clock: Clock = field(repr=False)
    line: Line = field(repr=False)
    #: Names each query.
    new_id: Callable[[], str] = field(repr=False, default=lambda: secrets.token_hex(16))

    proof: ClassVar[Proof] = Proof.SIGNATURE
    supports: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.OPENS,
            Capability.RETURNS,
            Capability.NOTIFIES,
            Capability.ANSWERS,
            Capability.CAPTURES,
            Capability.REFUNDS,
            Capability.SETTLES,
        }
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        shown=frozenset({Shown.REDIRECT, Shown.QR_BY_PERMISSION, Shown.DEEPLINK}),
        telling=Telling.POST_SIGNED,
        failure_told=FailureTold.YES,
        deliveries_max=None,
        deliveries_minutes=None,
        query=Query.ONE,
        cancels=False,
        captures=True,
        refunding=Refunding.PARTIAL,
        refund_pace=RefundPace.SOMETIMES_LATER,
        amount_can_differ=False,
        idempotency_key="requestId",
        expiry_min_s=None,
        expiry_max_s=None,
        settling=Settling.FILE,
        wire_amount=WireAmount.DONG,
        amount_min=requests.AMOUNT_MIN,
        amount_max=requests.AMOUNT_MAX,
    )

    @property
    def is_sandbox(self) -> bool:
        """Whether a credential is public or the address is a trial's: never in production."""
        return self.settings.is_sandbox

    def open(self, attempt: Attempt) -> Redirect:
        call = requests.create_call(self.settings, attempt, attempt.opened_at or self._now)
        return messages.from_create(self._send(call), attempt, self.settings)

    def read_return(self, raw: RawNotification) -> ReturnView:
        try:
            told = self._proven(messages.from_address(raw.raw_query))
        except (NotAuthentic, Malformed, ValueError):
            return ReturnView("", is_authentic=False, hint=Outcome.UNKNOWN)
        return ReturnView(told.reference, True, told.outcome, told.trouble)

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        try:
            fields = messages.from_body(raw.body)
        except ValueError as error:
            raise NotAuthentic(f"nothing that could be signed: {error}") from error
        return (self._proven(fields),)

    def covered(self, raw: RawNotification) -> Covered:
        try:
            is_present = bool(messages.from_body(raw.body).get(signature.SIGNATURE))
        except ValueError:
            is_present = False
        return Covered(signature.SIGNATURE, is_present, signature.RESULT)

    def reply(self, verdict: Verdict) -> Reply:
        return Reply(_REPLIES[verdict], "")

    def query(self, attempt: AttemptRef) -> tuple[Notification, ...]:
        name = self.new_id()
        answer = self._send(requests.query_call(self.settings, attempt.reference, name))
        return (messages.from_query(answer, attempt, self.settings, name, self._now),)

    def capture(self, attempt: AttemptRef) -> Notification:
        answer = self._send(requests.capture_call(self.settings, attempt))
        name = requests.capture_request(attempt)
        return messages.from_query(answer, attempt, self.settings, name, self._now)

    def refund(self, order: RefundOrder) -> Notification:
        answer = self._send(requests.refund_call(self.settings, order))
        return messages.from_refund(answer, order, self.settings, order.refund, self._now)

    def query_refund(self, order: RefundOrder) -> tuple[Notification, ...]:
        name = self.new_id()
        answer = self._send(requests.query_call(self.settings, order.refund, name))
        return (messages.from_refund(answer, order, self.settings, name, self._now),)

    def settlement(self, day: HospitalDay, file: bytes | None = None) -> tuple[SettlementLine, ...]:
        if file is None:
            raise Unsupported("MoMo sends its settlement as a file")
        return settlement.read(file, self.settings.partner_code)

    def _proven(self, fields: Mapping[str, Json]) -> Notification:
        if not signature.is_authentic(fields, signature.RESULT, self.settings.keys):
            raise NotAuthentic("signature does not match")
        if fields.get("partnerCode") != self.settings.partner_code:
            raise NotAuthentic("signed for another merchant", doubt=Doubt.FOREIGN)
        try:
            return messages.from_message(fields)
        except ValueError as error:
            raise Malformed(f"cannot read a MoMo message: {error}") from error

    def _send(self, call: Call) -> Mapping[str, Json]:
        # The code in the answer counts, whatever the HTTP status is.
        return json_of(self.line.send(call))

    @property
    def _now(self) -> datetime:
        return self.clock.now()


@takes(
    Setting("partner_code", is_fixed=True),
    Setting("access_key", is_secret=True),
    Setting("secret_key", is_secret=True),
    Setting("base_url", is_needed=False),
    Setting("pay_with", choices=PAY_WITH, is_needed=False),
    Setting("capture", choices=CAPTURE, is_needed=False),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> Momo:
    """
    Make the adapter of one channel; *transport* None is the network.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    parsed = MomoSettings.parse(settings)
    return Momo(parsed, clock, Line(parsed.base_url, clock, transport, wait_s=_WAIT_S))
