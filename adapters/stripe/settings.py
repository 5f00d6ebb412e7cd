"""The stored settings of a Stripe channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters._wire import settings as stored
from payments.kernel.errors import InvalidField
from payments.kernel.secret import Secret

#: What the sandbox accepts. Public: a production channel that holds one of them is refused.
SANDBOX_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"api_key": "sk_test_vienphi", "webhook_secret": "whsec_test_vienphi"}
)
#: ``manual`` sets the money aside until it is captured.
CAPTURES: Final = ("automatic", "manual")

_URL: Final = "https://api.stripe.com"
_KNOWN: Final = frozenset({"api_key", "webhook_secret", "capture", "base_url"})
#: Secret and restricted keys; a publishable one (pk_) can do nothing for us.
_KEY: Final = re.compile(r"(?:sk|rk)_(test|live)_\w{6,250}", re.ASCII)
_SECRET: Final = re.compile(r"whsec_[\w+/=-]{6,250}", re.ASCII)


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """``api_key`` and ``webhook_secret`` of one account, and how its money is taken."""

    api_key: Secret[str]
    webhook_secret: Secret[str]
    capture: str
    base_url: str

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> StripeSettings:
        """
        Read what is stored.

        Raises:
            InvalidField: names the setting that is missing, unknown or wrong.
        """
        stored.refuse_unknown(settings, _KNOWN)
        key = stored.secret(settings, "api_key")
        if not _KEY.fullmatch(key.reveal()):
            raise InvalidField("api_key", "setting_stripe_key")
        secret = stored.secret(settings, "webhook_secret")
        if not _SECRET.fullmatch(secret.reveal()):
            raise InvalidField("webhook_secret", "setting_stripe_secret")
        return cls(
            key,
            secret,
            stored.choice(settings, "capture", CAPTURES),
            stored.api_url(settings, "base_url", _URL),
        )

    @property
    def is_live(self) -> bool:
        return "_live_" in self.api_key.reveal()[:8]

    @property
    def is_sandbox(self) -> bool:
        is_public = bool({self.webhook_secret.reveal()} & set(SANDBOX_SETTINGS.values()))
        return is_public or not self.is_live or stored.is_loopback(self.base_url)
