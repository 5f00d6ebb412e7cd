"""The stored settings of a OnePay channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters._wire import settings as stored
from payments.kernel.errors import InvalidField
from payments.kernel.secret import Secret

#: What the sandbox accepts: OnePay's public test merchant. A production channel that holds one of
#: them is refused; of the access code the sandbox takes any.
SANDBOX_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "merchant": "TESTONEPAY32",
        "access_code": "VIENPHI1",
        "hash_key": "6D0870CDE5F24F34F3915FB0045120D6",
    }
)

_TRIAL_URL: Final = "https://mtf.onepay.vn"
_KNOWN: Final = frozenset({"merchant", "access_code", "hash_key", "base_url", "server_ip"})
_CODE: Final = re.compile("[A-Za-z0-9_-]{1,64}")
#: Whole bytes in hex, at least 128 bits.
_HASH_KEY: Final = re.compile("(?:[0-9A-Fa-f]{2}){16,64}")
_IP: Final = re.compile(r"[0-9a-fA-F.:]{7,45}")


@dataclass(frozen=True, slots=True)
class OnepaySettings:
    """``merchant``, ``access_code``, ``hash_key`` from OnePay; ``base_url``, ``server_ip`` ours."""

    merchant: str
    access_code: str
    hash_key: Secret[str]
    base_url: str
    server_ip: str

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> OnepaySettings:
        """
        Read what is stored.

        Raises:
            InvalidField: names the setting that is missing, unknown or wrong.
        """
        stored.refuse_unknown(settings, _KNOWN)
        for name in ("merchant", "access_code"):
            if not _CODE.fullmatch(stored.needed(settings, name)):
                raise InvalidField(name, "setting_code")
        hash_key = stored.secret(settings, "hash_key")
        if not _HASH_KEY.fullmatch(hash_key.reveal()):
            raise InvalidField("hash_key", "setting_hex")
        server_ip = settings.get("server_ip", "").strip() or "127.0.0.1"
        if not _IP.fullmatch(server_ip):
            raise InvalidField("server_ip", "setting_ip")
        return cls(
            merchant=stored.needed(settings, "merchant"),
            access_code=stored.needed(settings, "access_code"),
            hash_key=hash_key,
            base_url=stored.api_url(settings, "base_url", _TRIAL_URL),
            server_ip=server_ip,
        )

    @property
    def is_sandbox(self) -> bool:
        given = {self.merchant, self.access_code, self.hash_key.reveal().upper()}
        is_public = bool(given & set(SANDBOX_SETTINGS.values()))
        return is_public or self.base_url == _TRIAL_URL or stored.is_loopback(self.base_url)
