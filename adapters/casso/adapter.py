"""Casso as an adapter: prove, then read, then translate; and ask its list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from adapters._wire import strict_json
from adapters._wire.calls import Api
from adapters._wire.strict_json import Json
from adapters.casso import messages, signature
from adapters.casso.listing import TransactionList
from adapters.casso.settings import SANDBOX_SETTINGS, CassoSettings
from payments.gateway import (
    Capabilities,
    Capability,
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

__all__ = ["SANDBOX_SETTINGS", "Casso", "build"]

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
class Casso:
    """One Casso account of the hospital."""

    settings: CassoSettings
    listing: TransactionList

    supports: ClassVar[frozenset[Capability]] = frozenset({Capability.NOTIFIES, Capability.LISTS})
    capabilities: ClassVar[Capabilities] = Capabilities(
        shown=frozenset({Shown.QR}),
        telling=Telling.POST_SIGNED_OR_KEY,
        failure_told=FailureTold.NO,
        deliveries_max=None,
        deliveries_minutes=None,
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
        return Proof.SIGNATURE if self.settings.webhook == "v2" else Proof.TOKEN

    @property
    def is_sandbox(self) -> bool:
        """Whether a credential is public or the API runs on this machine: never in production."""
        return self.settings.is_sandbox

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        credential = self.settings.credential.reveal()
        if self.settings.webhook == "v1":
            if not signature.has_token(raw.headers.get("secure-token", ""), credential):
                raise NotAuthentic("secure-token does not match")
            return self._read_v1(raw)
        # The signature is over what the text says, so that no text, no proof.
        try:
            message = strict_json.loads(raw.body)
        except ValueError as error:
            raise NotAuthentic(f"nothing that could be signed: {error}") from error
        if not signature.is_authentic(
            message, raw.headers.get("x-casso-signature", ""), credential
        ):
            raise NotAuthentic("X-Casso-Signature does not match")
        return self._read_v2(message)

    def reply(self, verdict: Verdict) -> Reply:
        return _REPLIES[verdict]

    def transactions(self, account: str, since: datetime) -> tuple[Notification, ...]:
        return self.listing.read(account, since)

    @staticmethod
    def _read_v1(raw: RawNotification) -> tuple[Notification, ...]:
        try:
            return messages.from_webhook_v1(strict_json.loads(raw.body))
        except ValueError as error:
            raise Malformed(f"cannot read a Casso notification: {error}") from error

    @staticmethod
    def _read_v2(message: Json) -> tuple[Notification, ...]:
        try:
            return messages.from_webhook_v2(message)
        except ValueError as error:
            raise Malformed(f"cannot read a Casso notification: {error}") from error


@takes(
    Setting("webhook", choices=("v2", "v1")),
    Setting("checksum_key", is_secret=True, only_with=("webhook", "v2")),
    Setting("secure_token", is_secret=True, only_with=("webhook", "v1")),
    Setting("api_key", is_secret=True),
    Setting("api_url", is_needed=False),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> Casso:
    """
    Make the adapter of one channel; *transport* None is the network.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    parsed = CassoSettings.parse(settings)
    key = Secret(f"Apikey {parsed.api_key.reveal()}")
    return Casso(parsed, TransactionList(Api(parsed.api_url, key, clock, transport)))
