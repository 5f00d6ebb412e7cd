"""The stored settings of a MoMo channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters._wire import settings as stored
from payments.kernel.errors import InvalidField
from payments.kernel.secret import Secret

#: MoMo's own public test set: a production channel that holds any of it is refused.
SANDBOX_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "partner_code": "MOMO",
        "access_key": "F8BBA842ECF85",
        "secret_key": "K951B6PE1waDMi640xX08PD3vg6EkVlz",
    }
)
#: Wallet, domestic card, credit card, or the payer's choice.
PAY_WITH: Final = ("captureWallet", "payWithATM", "payWithCC", "payWithMethod")
#: ``manual`` sets money aside until ``capture``.
CAPTURE: Final = ("auto", "manual")

_TRIAL_URL: Final = "https://test-payment.momo.vn"
_KNOWN: Final = frozenset(
    {"partner_code", "access_key", "secret_key", "base_url", "pay_with", "capture"}
)
_CODE: Final = re.compile("[0-9A-Za-z_-]{1,50}")


@dataclass(frozen=True, slots=True)
class MomoSettings:
    """Three credentials from MoMo; the address, and how the payer pays."""

    partner_code: str
    access_key: Secret[str]
    secret_key: Secret[str]
    base_url: str
    pay_with: str
    capture: str

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> MomoSettings:
        """
        Read what is stored.

        Raises:
            InvalidField: names the setting that is missing, unknown or wrong.
        """
        stored.refuse_unknown(settings, _KNOWN)
        code = stored.needed(settings, "partner_code")
        if not _CODE.fullmatch(code):
            raise InvalidField("partner_code", "setting_partner_code")
        return cls(
            code,
            stored.secret(settings, "access_key"),
            stored.secret(settings, "secret_key"),
            stored.api_url(settings, "base_url", _TRIAL_URL),
            stored.choice(settings, "pay_with", PAY_WITH),
            stored.choice(settings, "capture", CAPTURE),
        )

    @property
    def keys(self) -> tuple[str, str]:
        """Access key and secret key, for signing."""
        return self.access_key.reveal(), self.secret_key.reveal()

    @property
    def is_sandbox(self) -> bool:
        given = {self.partner_code, *self.keys}
        is_public = bool(given & set(SANDBOX_SETTINGS.values()))
        return is_public or self.base_url == _TRIAL_URL or stored.is_loopback(self.base_url)
