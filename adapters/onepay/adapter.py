"""OnePay as an adapter; the layouts of its query and refund are not public, so it has neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from adapters.onepay import messages, requests, settlement, signature
from adapters.onepay.settings import SANDBOX_SETTINGS, OnepaySettings
from payments.gateway import (
    Attempt,
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

__all__ = ["SANDBOX_SETTINGS", "Onepay", "build"]

_HEARD = frozenset({Verdict.STORED, Verdict.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Onepay:
    """One merchant at OnePay. It makes no calls: the browser carries what is asked."""

    settings: OnepaySettings

    proof: ClassVar[Proof] = Proof.SIGNATURE
    supports: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.OPENS, Capability.RETURNS, Capability.NOTIFIES, Capability.SETTLES}
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        shown=frozenset({Shown.REDIRECT}),
        telling=Telling.GET_SIGNED,
        failure_told=FailureTold.YES,
        deliveries_max=None,
        deliveries_minutes=None,
        query=Query.BY_CONTRACT,
        cancels=False,
        captures=False,
        refunding=Refunding.BY_CONTRACT,
        refund_pace=RefundPace.LATER,
        amount_can_differ=False,
        idempotency_key="vpc_MerchTxnRef",
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
        return Redirect(requests.pay_url(self.settings, attempt))

    def read_return(self, raw: RawNotification) -> ReturnView:
        try:
            [told] = self.read(raw)
        except (NotAuthentic, Malformed):
            return ReturnView("", is_authentic=False, hint=Outcome.UNKNOWN)
        return ReturnView(told.reference, True, told.outcome, told.trouble)

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        if not signature.is_authentic(raw.raw_query, self.settings.hash_key.reveal()):
            raise NotAuthentic("vpc_SecureHash does not match")
        params = messages.parameters(raw.raw_query)
        if params.get("vpc_Merchant") != self.settings.merchant:
            raise NotAuthentic("signed for another merchant", doubt=Doubt.FOREIGN)
        # The address that leads to the page is signed by the same key, and every payer has it.
        if params.get("vpc_Command") != "pay" or "vpc_TxnResponseCode" not in params:
            raise NotAuthentic("a request of ours, or no message of a payment")
        try:
            return (messages.from_message(params, raw.received_at),)
        except ValueError as error:
            raise Malformed(f"cannot read a notification of OnePay: {error}") from error

    def reply(self, verdict: Verdict) -> Reply:
        if verdict in _HEARD:
            return Reply(200, "responsecode=1&desc=confirm-success")
        return Reply(200, "responsecode=0&desc=confirm-fail")

    def settlement(self, day: HospitalDay, file: bytes | None = None) -> tuple[SettlementLine, ...]:
        if file is None:
            raise Unsupported("OnePay sends its settlement as a file")
        return settlement.read(file, self.settings.merchant)


@takes(
    Setting("merchant", is_fixed=True),
    Setting("access_code"),
    Setting("hash_key", is_secret=True),
    Setting("base_url", is_needed=False),
    Setting("server_ip", is_needed=False),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> Onepay:
    """
    Make the adapter of one channel; it asks nobody, so *transport* and *clock* are not used.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    return Onepay(OnepaySettings.parse(settings))
