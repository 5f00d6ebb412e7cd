"""The stored settings of a VNPAY channel."""

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
    {"tmn_code": "VIENPHI1", "hash_secret": "VNPAYTESTSECRET0123456789ABCDEF0"}
)

#: VNPAY's own trial; the address of production comes with the contract.
_TRIAL_URL: Final = "https://sandbox.vnpayment.vn"
_KNOWN: Final = frozenset({"tmn_code", "hash_secret", "base_url", "server_ip"})
_CODE: Final = re.compile("[A-Za-z0-9]{8}")
_IP: Final = re.compile(r"[0-9a-fA-F.:]{7,45}")


@dataclass(frozen=True, slots=True)
class VnpaySettings:
    """``tmn_code`` and ``hash_secret`` from VNPAY, ``base_url``, ``server_ip`` (ours)."""

    tmn_code: str
    hash_secret: Secret[str]
    base_url: str
    server_ip: str

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> VnpaySettings:
        """
        Read what is stored.

        Raises:
            InvalidField: names the setting that is missing, unknown or wrong.
        """
        stored.refuse_unknown(settings, _KNOWN)
        code = stored.needed(settings, "tmn_code")
        if not _CODE.fullmatch(code):
            raise InvalidField("tmn_code", "setting_tmn_code")
        server_ip = settings.get("server_ip", "").strip() or "127.0.0.1"
        if not _IP.fullmatch(server_ip):
            raise InvalidField("server_ip", "setting_ip")
        return cls(
            code,
            stored.secret(settings, "hash_secret"),
            stored.api_url(settings, "base_url", _TRIAL_URL),
            server_ip,
        )

    @property
    def is_sandbox(self) -> bool:
        given = {self.tmn_code, self.hash_secret.reveal()}
        is_theirs = self.base_url == _TRIAL_URL
        is_public = bool(given & set(SANDBOX_SETTINGS.values()))
        return is_public or is_theirs or stored.is_loopback(self.base_url)
