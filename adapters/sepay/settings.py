"""The stored settings of a SePay channel."""

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
        "webhook_key": "ak_test_1",
        "webhook_secret": "whk_test_vienphi",
        "api_token": "spapi_test_vienphi",
    }
)

_API_URLS: Final = {
    "v2": "https://userapi.sepay.vn/v2",
    "v1": "https://my.sepay.vn/userapi",
}
_CREDENTIAL_OF: Final = {"hmac": "webhook_secret", "apikey": "webhook_key"}


@dataclass(frozen=True, slots=True)
class SepaySettings:
    """
    ``auth`` hmac (with ``webhook_secret``) or apikey (with ``webhook_key``), ``body`` json or form,
    ``api`` v2 or v1, ``api_token``, ``api_url``.
    """

    auth: str
    credential: Secret[str]
    body: str
    api: str
    api_token: Secret[str]
    api_url: str

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> SepaySettings:
        """
        Read what is stored.

        Raises:
            InvalidField: names the setting that is missing, unknown or wrong.
        """
        auth = stored.choice(settings, "auth", tuple(_CREDENTIAL_OF))
        api = stored.choice(settings, "api", tuple(_API_URLS))
        # The key of the other kind is unknown here: one who sees it believes that it is checked.
        known = {"auth", "body", "api", "api_token", "api_url", _CREDENTIAL_OF[auth]}
        stored.refuse_unknown(settings, frozenset(known))
        return cls(
            auth=auth,
            credential=stored.secret(settings, _CREDENTIAL_OF[auth]),
            body=stored.choice(settings, "body", ("json", "form")),
            api=api,
            api_token=stored.secret(settings, "api_token"),
            api_url=stored.api_url(settings, "api_url", _API_URLS[api]),
        )

    @property
    def is_sandbox(self) -> bool:
        given = {self.credential.reveal(), self.api_token.reveal()}
        return bool(given & set(SANDBOX_SETTINGS.values())) or stored.is_loopback(self.api_url)
