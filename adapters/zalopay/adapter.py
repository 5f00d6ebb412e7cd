"""ZaloPay as an adapter: prove, then read, then translate; the wire is in the modules beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from adapters._wire.exchange import Call, Line, json_of
from adapters._wire.strict_json import Json
from adapters.zalopay import messages, requests, settlement, signature
from adapters.zalopay.settings import SANDBOX_SETTINGS, ZalopaySettings
from payments.gateway import (
    Attempt,
    AttemptRef,
    Capabilities,
    Capability,
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

__all__ = ["SANDBOX_SETTINGS", "Zalopay", "build"]

#: ZaloPay calls again only after 0; for what is no fault of the moment -1 ends its calls, and the
#: words are ours, for no document has codes of their own.
_REPLIES: Final = {
    Verdict.STORED: (1, "success"),
    Verdict.DUPLICATE: (2, "duplicate"),
    Verdict.BAD_SIGNATURE: (-1, "mac not equal"),
    Verdict.UNKNOWN_REFERENCE: (-1, "app_trans_id not found"),
    Verdict.AMOUNT_DIFFERS: (-1, "amount differs"),
    Verdict.TRY_AGAIN: (0, "please call again"),
}
_PAID: Final = "1"


@dataclass(frozen=True, slots=True)
class Zalopay:
    """One app at ZaloPay."""

    settings: ZalopaySettings
    clock: Clock = field(repr=False)
    line: Line = field(repr=False)

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
        shown=frozenset({Shown.REDIRECT, Shown.QR}),
        telling=Telling.POST_SIGNED,
        failure_told=FailureTold.NO,
        deliveries_max=3,
        deliveries_minutes=None,
        query=Query.ONE,
        cancels=False,
        captures=False,
        refunding=Refunding.PARTIAL,
        refund_pace=RefundPace.LATER,
        amount_can_differ=False,
        idempotency_key="app_trans_id, m_refund_id",
        expiry_min_s=requests.EXPIRY_MIN_S,
        expiry_max_s=requests.EXPIRY_MAX_S,
        settling=Settling.FILE,
        wire_amount=WireAmount.DONG,
    )

    @property
    def is_sandbox(self) -> bool:
        """Whether a credential is public or the address is a trial's: never in production."""
        return self.settings.is_sandbox

    def open(self, attempt: Attempt) -> Redirect:
        call = requests.create_call(self.settings, attempt, attempt.opened_at or self._now)
        return messages.from_create(self._send(call))

    def read_return(self, raw: RawNotification) -> ReturnView:
        nothing = ReturnView("", is_authentic=False, hint=Outcome.UNKNOWN)
        try:
            told = messages.from_address(raw.raw_query)
        except ValueError:
            return nothing
        text = signature.text_of(told, signature.RETURN)
        is_ours = told.get("appid") == str(self.settings.app_id)
        if not signature.is_authentic(text, told.get(signature.CHECKSUM), self._key2) or not (
            is_ours
        ):
            return nothing
        # No document says what a status other than 1 means: the query tells.
        hint = Outcome.CAPTURED if told.get("status") == _PAID else Outcome.UNKNOWN
        return ReturnView(requests.reference_of(told.get("apptransid", "")), True, hint)

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        try:
            text, mac = messages.from_body(raw.body)
        except ValueError as error:
            raise NotAuthentic(f"nothing that could be signed: {error}") from error
        if not signature.is_authentic(text, mac, self._key2):
            raise NotAuthentic("mac does not match")
        try:
            data = messages.data_of(text)
            if data.get("app_id") != self.settings.app_id:
                raise NotAuthentic("signed for another app", doubt=Doubt.FOREIGN)
            return (messages.from_callback(data),)
        except ValueError as error:
            raise Malformed(f"cannot read a ZaloPay callback: {error}") from error

    def reply(self, verdict: Verdict) -> Reply:
        code, message = _REPLIES[verdict]
        return Reply(200, {"return_code": code, "return_message": message})

    def query(self, attempt: AttemptRef) -> tuple[Notification, ...]:
        answer = self._send(requests.query_call(self.settings, attempt))
        return (messages.from_query(answer, attempt, self._now),)

    def refund(self, order: RefundOrder) -> Notification:
        answer = self._send(requests.refund_call(self.settings, order))
        return self._refund(answer, order, is_query=False)

    def query_refund(self, order: RefundOrder) -> tuple[Notification, ...]:
        answer = self._send(requests.query_refund_call(self.settings, order, self._now))
        return (self._refund(answer, order, is_query=True),)

    def settlement(self, day: HospitalDay, file: bytes | None = None) -> tuple[SettlementLine, ...]:
        if file is None:
            raise Unsupported("ZaloPay sends its settlement as a file")
        return settlement.read(file, self.settings.app_id)

    def _refund(
        self, answer: Mapping[str, Json], order: RefundOrder, *, is_query: bool
    ) -> Notification:
        name = requests.refund_name(self.settings, order)
        return messages.from_refund(answer, order, name, self._now, is_query=is_query)

    def _send(self, call: Call) -> Mapping[str, Json]:
        # The codes in the answer count; what is no JSON is no answer.
        return json_of(self.line.send(call))

    @property
    def _key2(self) -> str:
        return self.settings.key2.reveal()

    @property
    def _now(self) -> datetime:
        return self.clock.now()


@takes(
    Setting("app_id", is_fixed=True),
    Setting("key1", is_secret=True),
    Setting("key2", is_secret=True),
    Setting("base_url", is_needed=False),
    Setting("bank_code", is_needed=False),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> Zalopay:
    """
    Make the adapter of one channel; *transport* None is the network.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    parsed = ZalopaySettings.parse(settings)
    return Zalopay(parsed, clock, Line(parsed.base_url, clock, transport))
