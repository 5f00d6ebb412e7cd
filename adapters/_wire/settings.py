"""A channel's stored settings, checked name by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import httpx

from payments.kernel.errors import InvalidField
from payments.kernel.secret import Secret

#: Where a sandbox runs; a gateway never does.
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
#: A name with a top-level domain: 127.1 and 0x7f000001 are addresses too.
_HOST_NAME: Final = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}", re.IGNORECASE)


def refuse_unknown(settings: Mapping[str, str], known: frozenset[str]) -> None:
    """Stop at a name that means nothing: a typing error must not switch a check off."""
    for name in sorted(settings):
        if name not in known:
            raise InvalidField(name, "name_unknown", known=", ".join(sorted(known)))


def needed(settings: Mapping[str, str], name: str) -> str:
    value = settings.get(name, "").strip()
    if not value:
        raise InvalidField(name, "setting_missing")
    return value


def secret(settings: Mapping[str, str], name: str) -> Secret[str]:
    value = needed(settings, name)
    if not (value.isascii() and value.isprintable()):
        raise InvalidField(name, "setting_header")
    return Secret(value)


def choice(settings: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """Read one of *choices*; the first is meant when nothing is said."""
    value = settings.get(name, "").strip() or choices[0]
    if value not in choices:
        raise InvalidField(name, "one_of", choices=", ".join(choices))
    return value


def api_url(settings: Mapping[str, str], name: str, default: str) -> str:
    """
    Read the address of a gateway's API: https and a host *name*, or http on loopback.

    An address by number or with a password could lead our credentials into the hospital's network.
    """
    value = settings.get(name, "").strip() or default
    try:
        url = httpx.URL(value)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise InvalidField(name, "setting_address") from error
    is_plain = not (url.userinfo or url.query or url.fragment)
    is_named = _HOST_NAME.fullmatch(url.host) is not None
    is_remote = url.scheme == "https" and is_named and url.host not in _LOOPBACK
    is_local = url.scheme in ("http", "https") and url.host in _LOOPBACK
    if not (is_plain and (is_remote or is_local)):
        raise InvalidField(name, "setting_address")
    return value.rstrip("/")


def is_loopback(url: str) -> bool:
    return httpx.URL(url).host in _LOOPBACK
