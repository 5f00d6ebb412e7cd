"""Opens only: names the account and the memo. Whom to believe about it is the channel's setting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

from adapters._wire import settings as stored
from payments.gateway import (
    Attempt,
    Capabilities,
    Capability,
    FailureTold,
    Payee,
    Query,
    Refunding,
    RefundPace,
    Setting,
    Settling,
    Shown,
    Telling,
    TransferTo,
    Transport,
    WireAmount,
    takes,
)
from payments.kernel.clock import Clock
from payments.kernel.errors import InvalidField

__all__ = ["SANDBOX_SETTINGS", "BankTransfer", "build"]

#: The bank that does not exist (decision 21). A production channel that names it is refused.
SANDBOX_SETTINGS: Final[Mapping[str, str]] = MappingProxyType({"bin": "999999"})

_KNOWN: Final = frozenset({"bin", "account", "holder", "notified_by"})
_BIN: Final = re.compile("[0-9]{6}")
#: As a VietQR carries it (object 38-01-01).
_ACCOUNT: Final = re.compile("[A-Za-z0-9]{1,19}")
_SLUG: Final = re.compile("[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")
_HOLDER_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class BankTransfer:
    """One bank account of the hospital."""

    payee: Payee
    #: Slugs of the channels whose messages about this account are believed.
    notified_by: tuple[str, ...]

    supports: ClassVar[frozenset[Capability]] = frozenset({Capability.OPENS})
    capabilities: ClassVar[Capabilities] = Capabilities(
        shown=frozenset({Shown.QR, Shown.DETAILS}),
        telling=Telling.NONE,
        failure_told=FailureTold.NO,
        deliveries_max=None,
        deliveries_minutes=None,
        query=Query.NONE,
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
    def is_sandbox(self) -> bool:
        """Whether money sent here goes nowhere."""
        return self.payee.bin == SANDBOX_SETTINGS["bin"]

    def open(self, attempt: Attempt) -> TransferTo:
        return TransferTo(self.payee, memo=attempt.reference)


@takes(
    Setting("bin", is_fixed=True),
    Setting("account", is_fixed=True),
    Setting("holder", is_fixed=True),
    Setting("notified_by"),
)
def build(settings: Mapping[str, str], transport: Transport | None, clock: Clock) -> BankTransfer:
    """
    Make the adapter of one account; it asks nobody, so that *transport* and *clock* lie idle.

    Raises:
        InvalidField: names the setting that is missing, unknown or wrong.
    """
    stored.refuse_unknown(settings, _KNOWN)
    return BankTransfer(
        Payee(
            bin=_matching(settings, "bin", _BIN, wrong="bin_digits"),
            account=_matching(settings, "account", _ACCOUNT, wrong="account_form"),
            holder=_holder(settings),
        ),
        notified_by=_slugs(settings),
    )


def _matching(settings: Mapping[str, str], name: str, form: re.Pattern[str], *, wrong: str) -> str:
    value = stored.needed(settings, name)
    if not form.fullmatch(value):
        raise InvalidField(name, wrong)
    return value


def _holder(settings: Mapping[str, str]) -> str:
    holder = stored.needed(settings, "holder")
    if len(holder) > _HOLDER_MAX or not holder.isprintable():
        raise InvalidField("holder", "person_name", most=_HOLDER_MAX)
    return holder


def _slugs(settings: Mapping[str, str]) -> tuple[str, ...]:
    slugs = tuple(part.strip() for part in stored.needed(settings, "notified_by").split(","))
    if not all(_SLUG.fullmatch(slug) for slug in slugs) or len(set(slugs)) != len(slugs):
        raise InvalidField("notified_by", "setting_channels")
    return slugs
