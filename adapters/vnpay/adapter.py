"""VNPAY as an adapter: prove, then read, then translate; the wire is in the modules beside it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from adapters._wire.exchange import Call, Line
from adapters.vnpay import messages, requests, settlement, signature
from adapters.vnpay.settings import SANDBOX_SETTINGS, VnpaySettings
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
    OutcomeUnknown,
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

__all__ = ["SANDBOX_SETTINGS", "Vnpay", "build"]

_REPLIES: Final = {
    Verdict.STORED: ("00", "Confirm Success"),
    Verdict.DUPLICATE: ("02", "Order already confirmed"),
    Verdict.UNKNOWN_REFERENCE: ("01", "Order not found"),
    Verdict.AMOUNT_DIFFERS: ("04", "Invalid amount"),
    Verdict.BAD_SIGNATURE: ("97", "Invalid signature"),
    Verdict.TRY_AGAIN: ("99", "Please retry"),
}


@dataclass(frozen=True, slots=True)
class Vnpay:
    """One merchant code at VNPAY."""

    settings: VnpaySettings
    clock: Clock = field(repr=False)
    line: Line = field(repr=False)
    #: Names each query; VNPAY answers a name once.
    new_id: Callable[[], str] = field(repr=False, default=lambda: secrets.token_hex(16))

    proof: ClassVar[Proof] = Proof.SIGNATURE
    supports: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.OPENS,
            Capability.RETURNS,
            Capability.NOTIFIES,
            Capability.ANSWERS,
            Capability.REFUNDS,
            Capability.SETTLES,
        }
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        shown=frozenset({Shown.REDIRECT, Shown.QR_BY_PERMISSION}),
        telling=Telling.GET_SIGNED,
        failure_told=FailureTold.YES,
        deliveries_max=10,
        deliveries_minutes=45,
        query=Query.ONE,
        cancels=False,
        captures=False,
        refunding=Refunding.PARTIAL,
        refund_pace=RefundPace.LATER,
        amount_can_differ=False,
        idempotency_key="vnp_RequestId",
        expiry_min_s=None,
        expiry_max_s=None,
        settling=Settling.FILE,
        wire_amount=WireAmount.HUNDREDTHS,
        amount_max=requests.AMOUNT_MAX,
    )

    @property
    def is_sandbox(self) -> bool:
        """Whether a credential is public or the address is a trial's: never in production."""
        return self.settings.is_sandbox

    def open(self, attempt: Attempt) -> Redirect:
        opened_at = attempt.opened_at or self.clock.now()
        return Redirect(requests.pay_url(self.settings, attempt, opened_at))

    def read_return(self, raw: RawNotification) -> ReturnView:
        try:
            [told] = self.read(raw)
        except (NotAuthentic, Malformed):
            return ReturnView("", is_authentic=False, hint=Outcome.UNKNOWN)
        return ReturnView(told.reference, True, told.outcome, told.trouble)

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        if not signature.is_authentic(raw.raw_query, self._secret):
            raise NotAuthentic("vnp_SecureHash does not match")
        params = messages.parameters(raw.raw_query)
        if params.get("vnp_TmnCode") != self.settings.tmn_code:
            raise NotAuthentic("signed for another merchant", doubt=Doubt.FOREIGN)
        try:
            return (messages.from_message(params, raw.received_at),)
        except ValueError as error:
            raise Malformed(f"cannot read a VNPAY notification: {error}") from error

    def covered(self, raw: RawNotification) -> Covered:
        names, is_present = signature.covered(raw.raw_query)
        return Covered(signature.HASH, is_present, names)

    def reply(self, verdict: Verdict) -> Reply:
        code, message = _REPLIES[verdict]
        return Reply(200, {"RspCode": code, "Message": message})

    def query(self, attempt: AttemptRef) -> tuple[Notification, ...]:
        return (self._ask(attempt, attempt.transaction),)

    def refund(self, order: RefundOrder) -> Notification:
        answer = self._send(
            requests.refund_call(self.settings, order), signature.REFUND_ANSWER_FIELDS
        )
        return self._of(order, messages.from_refund(answer, order.attempt.reference, self._now))

    def query_refund(self, order: RefundOrder) -> tuple[Notification, ...]:
        return (self._of(order, self._ask(order.attempt, order.transaction)),)

    def settlement(self, day: HospitalDay, file: bytes | None = None) -> tuple[SettlementLine, ...]:
        if file is None:
            raise Unsupported("VNPAY sends its settlement as a file")
        return settlement.read(file, self.settings.tmn_code)

    def _ask(self, attempt: AttemptRef, transaction: str) -> Notification:
        call = requests.query_call(self.settings, attempt, self.new_id(), self._now, transaction)
        answer = self._send(call, signature.QUERY_ANSWER_FIELDS)
        return messages.from_query(answer, attempt.reference, self._now)

    def _send(self, call: Call, names: tuple[str, ...]) -> Mapping[str, str]:
        answer = self.line.send(call)
        if answer.status != 200:
            raise OutcomeUnknown(f"VNPAY answers {answer.status}", status=answer.status)
        return messages.proven(answer.body, names, self._secret, self.settings.tmn_code)

    @staticmethod
    def _of(order: RefundOrder, told: Notification) -> Notification:
        """Check that *told* is about *order*: VNPAY does not repeat our name of a refund."""
        is_refund = told.outcome in (
            Outcome.REFUND_PENDING,
            Outcome.REFUNDED,
            Outcome.REFUND_REFUSED,
        )
        if not is_refund or told.amount != order.amount:
            raise OutcomeUnknown("the answer is not about this refund", trouble=Trouble.BAD_REPLY)
        return told

    @property
    def _secret(self) -> str:
        return self.settings.hash_secret.reveal()

    @property
    def _now(self) -> datetime:
        return self.clock.now()


@takes(
    Setting("tmn_code", is_fixed=True),
    Setting("hash_secret", is_secret=True),
    Setting("base_url", is_needed=False),
    Setting("server_ip", is_needed=False),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> Vnpay:
    """
    Make the adapter of one channel; *transport* None is the network.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    parsed = VnpaySettings.parse(settings)
    return Vnpay(parsed, clock, Line(parsed.base_url, clock, transport))
