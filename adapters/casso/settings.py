"""The stored settings of a Casso channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters._wire import settings as stored
from payments.kernel.secret import Secret

#: What the sandbox accepts. Public: a production channel that holds one of them is refused.
SANDBOX_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "checksum_key": "mgExMrjj4i7a1p8Cs6LmFbpCd8lbw4sSX4LZXPag7TKazeIogtR90tvWYTkwQbvs",
        "secure_token": "tok",
        "api_key": "AK_CS.test",
    }
)

_API_URL: Final = "https://oauth.casso.vn"
_CREDENTIAL_OF: Final = {"v2": "checksum_key", "v1": "secure_token"}


@dataclass(frozen=True, slots=True)
class CassoSettings:
    """``webhook`` v2 (with ``checksum_key``) or v1 (``secure_token``), ``api_key``, ``api_url``."""

    webhook: str
    credential: Secret[str]
    api_key: Secret[str]
    api_url: str

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> CassoSettings:
        """
        Read what is stored.

        Raises:
            InvalidField: names the setting that is missing, unknown or wrong.
        """
        webhook = stored.choice(settings, "webhook", tuple(_CREDENTIAL_OF))
        # The key of the other version is unknown here: one who sees it believes it is checked.
        known = {"webhook", "api_key", "api_url", _CREDENTIAL_OF[webhook]}
        stored.refuse_unknown(settings, frozenset(known))
        return cls(
            webhook=webhook,
            credential=stored.secret(settings, _CREDENTIAL_OF[webhook]),
            api_key=stored.secret(settings, "api_key"),
            api_url=stored.api_url(settings, "api_url", _API_URL),
        )

    @property
    def is_sandbox(self) -> bool:
        given = {self.credential.reveal(), self.api_key.reveal()}
        return bool(given & set(SANDBOX_SETTINGS.values())) or stored.is_loopback(self.api_url)
