"""The stored settings of a channel at SePay's payment gateway."""

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
    {"merchant": "SP-TEST-0001", "secret_key": "spsk_test_vienphi"}
)

#: "ANY" lets the payer choose.
METHODS: Final = ("ANY", "BANK_TRANSFER", "NAPAS_BANK_TRANSFER", "CARD")
_TRIAL_PAGE: Final = "https://pay-sandbox.sepay.vn"
_TRIAL_API: Final = "https://pgapi-sandbox.sepay.vn"
_KNOWN: Final = frozenset(
    {"merchant", "secret_key", "notify_key", "pay_with", "checkout_url", "api_url"}
)
_MERCHANT: Final = re.compile("[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class SepayPgSettings:
    """
    ``merchant`` and ``secret_key`` from SePay; ``notify_key`` where its messages carry another key;
    ``pay_with`` one of ``METHODS``; ``checkout_url`` and ``api_url``.
    """

    merchant: str
    secret_key: Secret[str]
    notify_key: Secret[str]
    #: "" where the payer chooses.
    method: str
    checkout_url: str
    api_url: str

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> SepayPgSettings:
        """
        Read what is stored.

        Raises:
            InvalidField: names the setting that is missing, unknown or wrong.
        """
        stored.refuse_unknown(settings, _KNOWN)
        merchant = stored.needed(settings, "merchant")
        if not _MERCHANT.fullmatch(merchant):
            raise InvalidField("merchant", "setting_code")
        own = settings.get("notify_key", "").strip()
        method = stored.choice(settings, "pay_with", METHODS)
        return cls(
            merchant=merchant,
            secret_key=stored.secret(settings, "secret_key"),
            notify_key=stored.secret(settings, "notify_key" if own else "secret_key"),
            method="" if method == "ANY" else method,
            checkout_url=stored.api_url(settings, "checkout_url", _TRIAL_PAGE),
            api_url=stored.api_url(settings, "api_url", _TRIAL_API),
        )

    @property
    def is_sandbox(self) -> bool:
        given = {self.merchant, self.secret_key.reveal(), self.notify_key.reveal()}
        is_public = bool(given & set(SANDBOX_SETTINGS.values()))
        is_theirs = self.checkout_url == _TRIAL_PAGE or self.api_url == _TRIAL_API
        is_near = stored.is_loopback(self.checkout_url) or stored.is_loopback(self.api_url)
        return is_public or is_theirs or is_near
