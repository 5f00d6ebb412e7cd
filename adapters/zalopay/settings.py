"""The stored settings of a ZaloPay channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters._wire import settings as stored
from payments.kernel.errors import InvalidField
from payments.kernel.secret import Secret

#: ZaloPay's own public test apps, by app_id: (key1, key2). A production channel that holds one of
#: them is refused.
SANDBOX_APPS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        2554: ("sdngKKJmqEMzvh5QQcdD2A9XBSKUNaYn", "trMrHtvjo6myautxDUiAcYsVtaeQ8nhf"),
        553: ("9phuAOYhan4urywHTh0ndEXiV3pKHr5Q", "Iyz2habzyr7AG8SgvoBCbKwKi3UzlLi3"),
    }
)
SANDBOX_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"app_id": "2554", "key1": SANDBOX_APPS[2554][0], "key2": SANDBOX_APPS[2554][1]}
)

_TRIAL_URL: Final = "https://sb-openapi.zalopay.vn"
_KNOWN: Final = frozenset({"app_id", "key1", "key2", "base_url", "bank_code"})
_APP: Final = re.compile("[1-9][0-9]{0,8}")
#: ``zalopayapp``, ``CC`` or a bank's code; empty lets the payer choose.
_BANK: Final = re.compile("[0-9A-Za-z]{0,20}")


@dataclass(frozen=True, slots=True)
class ZalopaySettings:
    """``app_id`` and two keys from ZaloPay: key1 signs what we ask, key2 what we are told."""

    app_id: int
    key1: Secret[str]
    key2: Secret[str]
    base_url: str
    bank_code: str

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> ZalopaySettings:
        """
        Read what is stored.

        Raises:
            InvalidField: names the setting that is missing, unknown or wrong.
        """
        stored.refuse_unknown(settings, _KNOWN)
        app_id = stored.needed(settings, "app_id")
        if not _APP.fullmatch(app_id):
            raise InvalidField("app_id", "setting_app_id")
        bank_code = settings.get("bank_code", "").strip()
        if not _BANK.fullmatch(bank_code):
            raise InvalidField("bank_code", "setting_bank_code")
        return cls(
            int(app_id),
            stored.secret(settings, "key1"),
            stored.secret(settings, "key2"),
            stored.api_url(settings, "base_url", _TRIAL_URL),
            bank_code,
        )

    @property
    def is_sandbox(self) -> bool:
        public = {key for keys in SANDBOX_APPS.values() for key in keys}
        is_public = self.app_id in SANDBOX_APPS or bool(
            {self.key1.reveal(), self.key2.reveal()} & public
        )
        return is_public or self.base_url == _TRIAL_URL or stored.is_loopback(self.base_url)
