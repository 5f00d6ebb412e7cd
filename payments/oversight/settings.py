"""Weak settings: what starts, and should not stay so."""

from __future__ import annotations

import ipaddress
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import make_url

from payments.config import Mode, Settings
from payments.keys import Keys
from payments.oversight.model import Weakness, Weight

#: A year is what the keys of records may age before the ring should turn.
KEYS_AGE_MAX: Final = timedelta(days=365)
_LOCKED_SOON_MIN: Final = 15


def weak(settings: Settings, keys: Keys, now: datetime) -> Iterator[Weakness]:
    """Name every setting that a review would ask about."""
    yield from _mode(settings)
    yield from _addresses(settings)
    yield from _database(settings)
    yield from _keys(settings, keys, now)
    if settings.log_level == "DEBUG":
        yield Weakness(
            "log-debug",
            Weight.MEDIUM,
            "VIENPHI_LOG_LEVEL is DEBUG",
            "set INFO: a debug log keeps what nobody has looked at for names",
            "ASVS 5.0 16.2.5",
        )
    if settings.idle_minutes > _LOCKED_SOON_MIN:
        yield Weakness(
            "idle-long",
            Weight.LOW,
            f"VIENPHI_IDLE_MINUTES is {settings.idle_minutes}",
            f"set {_LOCKED_SOON_MIN} or less: a desk that is left is locked by then",
            "ASVS 5.0 7.3.1",
        )
    if settings.heads_file is None:
        yield Weakness(
            "heads-unset",
            Weight.MEDIUM,
            "VIENPHI_HEADS_FILE is not set",
            "set a file on another machine: a chain whose end was cut off is found by it alone",
            "ASVS 5.0 16.4.3",
        )


def _mode(settings: Settings) -> Iterator[Weakness]:
    if settings.mode is not Mode.PRODUCTION:
        yield Weakness(
            "mode-trial",
            Weight.HIGH,
            "VIENPHI_MODE is trial",
            "found a database of its own for production: a trial never becomes one",
            "ASVS 5.0 13.4.2",
        )
    if not settings.second_factor:
        yield Weakness(
            "second-factor-off",
            Weight.HIGH,
            "VIENPHI_SECOND_FACTOR is off",
            "set required: finance and administration sign in with a second factor",
            "ASVS 5.0 6.3.3",
        )


def _addresses(settings: Settings) -> Iterator[Weakness]:
    if not settings.public_url.startswith("https://"):
        yield Weakness(
            "public-url-plain",
            Weight.HIGH,
            f"VIENPHI_PUBLIC_URL is {settings.public_url}",
            "put the hospital's address with https:// there, and a certificate in front",
            "ASVS 5.0 12.2.1",
        )
    elif not settings.proxy_hops:
        yield Weakness(
            "proxy-unknown",
            Weight.MEDIUM,
            "VIENPHI_PROXY_HOPS is 0 behind https",
            "set the number of proxies: limits by address count the proxy as one visitor else",
            "ASVS 5.0 4.1.3",
        )
    for network in settings.event_hosts:
        if _is_wide(network):
            yield Weakness(
                "event-hosts-wide",
                Weight.MEDIUM,
                f"VIENPHI_EVENT_HOSTS lets events go to {network}",
                "name the receiver's own address, or a network of few",
                "ASVS 5.0 13.2.4",
            )


def _is_wide(network: str) -> bool:
    """Say whether more than 256 machines of a hospital's network are named at once."""
    try:
        found = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    return found.num_addresses > 256


def _database(settings: Settings) -> Iterator[Weakness]:
    url = make_url(settings.database_url.reveal())
    if url.get_backend_name() == "sqlite":
        yield Weakness(
            "database-one-file",
            Weight.MEDIUM,
            "the database is a SQLite file",
            "use PostgreSQL: policies of rows bind there, whatever our code does",
            "ASVS 5.0 8.4.1",
        )
        return
    is_near = not url.host or url.host.startswith("/") or url.host in ("127.0.0.1", "::1")
    if not is_near and url.query.get("sslmode") != "verify-full":
        yield Weakness(
            "database-tls",
            Weight.HIGH,
            f"the connection to {url.host} does not verify its certificate",
            "add ?sslmode=verify-full and the server's certificate authority",
            "ASVS 5.0 12.3.3",
        )
    if url.username not in ("vp_app", "vp_worker"):
        yield Weakness(
            "database-role",
            Weight.HIGH,
            f"the programs connect as {url.username}",
            "connect as vp_app or vp_worker: `vienphi db roles` makes them",
            "ASVS 5.0 13.2.2",
        )


def _keys(settings: Settings, keys: Keys, now: datetime) -> Iterator[Weakness]:
    if keys.is_demo:
        yield Weakness(
            "keys-demo",
            Weight.HIGH,
            f"{settings.keys_file.name} holds the keys of a demo",
            "make keys of your own: `vienphi keys new`",
            "ASVS 5.0 13.3.1",
        )
    try:
        told = settings.keys_file.stat()
    except OSError:
        return
    if stat.S_IMODE(told.st_mode) & 0o077:
        yield Weakness(
            "keys-readable",
            Weight.HIGH,
            f"{settings.keys_file.name} can be read by others",
            "chmod 600, and change what others may have read: `vienphi keys rotate`",
            "ASVS 5.0 13.3.1",
        )
    age = now.timestamp() - told.st_mtime
    if age > KEYS_AGE_MAX.total_seconds():
        yield Weakness(
            "keys-old",
            Weight.LOW,
            f"no key has changed for {int(age // 86_400)} days",
            "`vienphi keys rotate` for each purpose; older values stay readable",
            "ASVS 5.0 11.1.2",
        )
