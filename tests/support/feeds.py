"""What SePay and Casso send about a transfer, in every mode, as the webhook receives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters._sandbox.bank import Transfer
from adapters._sandbox.feeds import CassoFeed, Feed, SepayFeed
from adapters.casso.settings import SANDBOX_SETTINGS as CASSO
from adapters.sepay.settings import SANDBOX_SETTINGS as SEPAY
from payments.channels import service as channels
from payments.gateway import RawNotification
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from tests.support.hospital import PAYEE

_CASSO_API: Final = {"api_key": CASSO["api_key"]}
_SEPAY_API: Final = {"api": "v2", "api_token": SEPAY["api_token"]}


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a gateway proves itself: its channel settings and its sender."""

    channel: str
    settings: Mapping[str, str]
    feed: Feed
    #: The proof covers the content, not only the caller.
    is_signed: bool

    def raw(
        self,
        transfer: Transfer,
        now: datetime,
        *,
        forged: bool = False,
        signed_at: timedelta = timedelta(),
    ) -> RawNotification:
        message = self.feed.message(transfer, now + signed_at, forged=forged)
        return RawNotification({}, dict(message.headers), message.body, now)


def _sepay(auth: str, body: str, name: str, *, is_signed: bool) -> Mode:
    settings = {"auth": auth, "body": body, name: SEPAY[name]} | _SEPAY_API
    return Mode("sepay", settings, SepayFeed("", auth, body, SEPAY[name]), is_signed)


MODES: Final[Mapping[str, Mode]] = {
    "sepay hmac json": _sepay("hmac", "json", "webhook_secret", is_signed=True),
    "sepay hmac form": _sepay("hmac", "form", "webhook_secret", is_signed=True),
    "sepay apikey json": _sepay("apikey", "json", "webhook_key", is_signed=False),
    "sepay apikey form": _sepay("apikey", "form", "webhook_key", is_signed=False),
    "casso v1": Mode(
        "casso",
        {"webhook": "v1", "secure_token": CASSO["secure_token"]} | _CASSO_API,
        CassoFeed("", "v1", CASSO["secure_token"]),
        is_signed=False,
    ),
    "casso v2": Mode(
        "casso",
        {"webhook": "v2", "checksum_key": CASSO["checksum_key"]} | _CASSO_API,
        CassoFeed("", "v2", CASSO["checksum_key"]),
        is_signed=True,
    ),
}
#: What ``tests.support.hospital.SANDBOX`` furnishes.
FURNISHED: Final = {"sepay": MODES["sepay apikey json"], "casso": MODES["casso v1"]}


def switch_to(tx: UnitOfWork, runtime: Runtime, mode: Mode) -> None:
    """Let the channel of *mode* accept that mode only."""
    for former in channels.valid_versions(tx, runtime, mode.channel):
        channels.end(tx, mode.channel, former.version)
    channels.put(tx, runtime, slug=mode.channel, adapter=mode.channel, settings=mode.settings)


def transfer(
    number: int, memo: str, dong: int, at: datetime, reference: str | None = None
) -> Transfer:
    """Make one line of the bank's books; *number* makes the ids of both feeds."""
    return Transfer(
        number=number,
        account=PAYEE.account,
        amount=dong,
        memo=memo,
        payer_name="NGUYEN VAN THU",
        payer_account="0123456789",
        reference=f"FT{number:09d}" if reference is None else reference,
        at=at.replace(microsecond=0),
        balance=100_000_000,
    )
