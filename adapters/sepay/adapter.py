"""SePay as an adapter: prove, then read, then translate; and ask its list."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from adapters._wire.calls import Api
from adapters.sepay import messages, signature
from adapters.sepay.listing import TransactionList
from adapters.sepay.settings import SANDBOX_SETTINGS, SepaySettings
from payments.gateway import (
    WHOLE_BODY,
    Capabilities,
    Capability,
    Covered,
    Doubt,
    FailureTold,
    Malformed,
    NotAuthentic,
    Notification,
    Proof,
    Query,
    RawNotification,
    Refunding,
    RefundPace,
    Reply,
    Setting,
    Settling,
    Shown,
    Telling,
    Transport,
    Verdict,
    WireAmount,
    takes,
)
from payments.kernel.clock import Clock
from payments.kernel.secret import Secret

__all__ = ["SANDBOX_SETTINGS", "Sepay", "build"]

#: Older or newer signatures are refused; SePay signs every delivery anew.
_AGE_MAX: Final = timedelta(seconds=300)

_OK: Final = Reply(200, {"success": True})
_REPLIES: Final = {
    Verdict.STORED: _OK,
    Verdict.DUPLICATE: _OK,
    # A bank transfer cannot be refused: unmatched and odd sums are kept and looked at.
    Verdict.UNKNOWN_REFERENCE: _OK,
    Verdict.AMOUNT_DIFFERS: _OK,
    Verdict.BAD_SIGNATURE: Reply(401, {"success": False}),
    Verdict.TRY_AGAIN: Reply(503, {"success": False}),
}


@dataclass(frozen=True, slots=True)
class Sepay:
    """One SePay account of the hospital."""

    settings: SepaySettings
    listing: TransactionList

    supports: ClassVar[frozenset[Capability]] = frozenset({Capability.NOTIFIES, Capability.LISTS})
    capabilities: ClassVar[Capabilities] = Capabilities(
        shown=frozenset({Shown.QR, Shown.DETAILS}),
        telling=Telling.POST_SIGNED_OR_KEY,
        failure_told=FailureTold.NO,
        deliveries_max=8,
        deliveries_minutes=33,
        query=Query.LIST,
        cancels=False,
        captures=False,
        refunding=Refunding.NONE,
        refund_pace=RefundPace.NONE,
        amount_can_differ=True,
        idempotency_key="",
        expiry_min_s=None,
        expiry_max_s=None,
        settling=Settling.ACCOUNT_DIRECT,
        wire_amount=WireAmount.DONG,
    )

    @property
    def proof(self) -> Proof:
        return Proof.SIGNATURE if self.settings.auth == "hmac" else Proof.TOKEN

    @property
    def is_sandbox(self) -> bool:
        """Whether a credential is public or the API runs on this machine: never in production."""
        return self.settings.is_sandbox

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        self._prove(raw)
        read = (
            messages.from_webhook_json
            if self.settings.body == "json"
            else messages.from_webhook_form
        )
        try:
            return (read(raw.body),)
        except ValueError as error:
            raise Malformed(f"cannot read a SePay notification: {error}") from error

    def covered(self, raw: RawNotification) -> Covered:
        if self.settings.auth == "apikey":
            return Covered("Authorization", bool(raw.headers.get("authorization")))
        is_present = bool(raw.headers.get("x-sepay-signature"))
        return Covered("X-SePay-Signature", is_present, ("X-SePay-Timestamp", WHOLE_BODY))

    def reply(self, verdict: Verdict) -> Reply:
        return _REPLIES[verdict]

    def transactions(self, account: str, since: datetime) -> tuple[Notification, ...]:
        return self.listing.read(account, since)

    def _prove(self, raw: RawNotification) -> None:
        credential = self.settings.credential.reveal()
        if self.settings.auth == "apikey":
            if not signature.has_key(raw.headers.get("authorization", ""), credential):
                raise NotAuthentic("the key in Authorization does not match")
            return
        timestamp = raw.headers.get("x-sepay-timestamp", "")
        given = raw.headers.get("x-sepay-signature", "")
        if not signature.is_authentic(raw.body, timestamp, given, credential):
            raise NotAuthentic("X-SePay-Signature does not match")
        if abs(raw.received_at - _moment(timestamp)) > _AGE_MAX:
            raise NotAuthentic("X-SePay-Timestamp is not of now", doubt=Doubt.STALE)


@takes(
    Setting("auth", choices=("hmac", "apikey")),
    Setting("webhook_secret", is_secret=True, only_with=("auth", "hmac")),
    Setting("webhook_key", is_secret=True, only_with=("auth", "apikey")),
    Setting("body", choices=("json", "form")),
    Setting("api", choices=("v2", "v1")),
    Setting("api_token", is_secret=True),
    Setting("api_url", is_needed=False),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> Sepay:
    """
    Make the adapter of one channel; *transport* None is the network.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    parsed = SepaySettings.parse(settings)
    bearer = Secret(f"Bearer {parsed.api_token.reveal()}")
    api = Api(parsed.api_url, bearer, clock, transport)
    return Sepay(parsed, TransactionList(api, parsed.api, time.sleep))


def _moment(timestamp: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotAuthentic("X-SePay-Timestamp is no time") from error
