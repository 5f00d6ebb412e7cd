"""The stored settings of a payOS channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters._wire import settings as stored
from payments.kernel.secret import Secret

#: What the sandbox accepts. Public: a production channel that holds one of them is refused.
SANDBOX_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"client_id": "client-id", "api_key": "api-key", "checksum_key": "test_checksum_key"}
)
#: Letters that the memo may have: payOS allows 9 where the account is not linked through it.
MEMO_LENGTHS: Final = ("9", "25")

_URL: Final = "https://api-merchant.payos.vn"
_PAGE_URL: Final = "https://pay.payos.vn"
_KNOWN: Final = frozenset({"client_id", "api_key", "checksum_key", "base_url", "memo_length"})


@dataclass(frozen=True, slots=True)
class PayosSettings:
    """One payment channel at payOS: its three keys, and how long a memo it allows."""

    client_id: str
    api_key: Secret[str]
    checksum_key: Secret[str]
    base_url: str
    memo_length: int

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> PayosSettings:
        """
        Read what is stored.

        Raises:
            InvalidField: names the setting that is missing, unknown or wrong.
        """
        stored.refuse_unknown(settings, _KNOWN)
        return cls(
            stored.secret(settings, "client_id").reveal(),
            stored.secret(settings, "api_key"),
            stored.secret(settings, "checksum_key"),
            stored.api_url(settings, "base_url", _URL),
            int(stored.choice(settings, "memo_length", MEMO_LENGTHS)),
        )

    @property
    def page_url(self) -> str:
        """Where the payer's pages are; a sandbox has them beside its API."""
        return _PAGE_URL if self.base_url == _URL else self.base_url

    @property
    def is_sandbox(self) -> bool:
        given = {self.client_id, self.api_key.reveal(), self.checksum_key.reveal()}
        is_public = bool(given & set(SANDBOX_SETTINGS.values()))
        return is_public or stored.is_loopback(self.base_url)
