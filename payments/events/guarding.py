"""
Where events may go: no address may lead a message into a network that nobody named.

An address is judged twice: as text when it is written down, and by what its name resolves to each
time before it is dialled. What was judged is what is dialled, so that a name that changes its
address in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from payments.kernel.errors import InvalidField, VienphiError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Gives the addresses of a host name as text.
Resolve = Callable[[str, int], Sequence[str]]

URL_MAX: Final = 500
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_NAME: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")
#: IPv6 ranges that carry an IPv4 address to which a router may send on.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_PORTS: Final = {"https": 443, "http": 80}


class ForbiddenAddress(VienphiError):
    """The host is, or resolves to, an address to which no event may go."""

    code = "forbidden-address"


@dataclass(frozen=True, slots=True)
class Guard:
    """
    Judges addresses.

    *allowed* are host names and networks of the hospital's own (``his.bv.example``,
    ``10.0.8.0/24``), *is_trial* lets this machine be called too, without TLS.
    """

    allowed: tuple[str, ...]
    is_trial: bool

    def checked(self, text: str) -> str:
        """
        Judge an address as it is written down.

        Raises:
            InvalidField: it is no https address, or one to which no event may go.
        """
        try:
            url = httpx.URL(text.strip())
        except (httpx.InvalidURL, UnicodeError) as error:
            raise InvalidField("url", "event_url", most=URL_MAX) from error
        if len(text) > URL_MAX or not url.host or url.userinfo or url.fragment:
            raise InvalidField("url", "event_url", most=URL_MAX)
        if not (url.scheme == "https" or (url.scheme == "http" and self._is_here(url.host))):
            raise InvalidField("url", "event_url_https")
        try:
            literal = _literal(url.host)
            if literal is not None:
                self._judge(literal, url.host)
            elif not (_NAME.fullmatch(url.host.lower()) or self._is_here(url.host)):
                raise ForbiddenAddress(f"{url.host} is no full host name")
        except ForbiddenAddress as error:
            raise InvalidField("url", "event_url_inner", host=url.host) from error
        return str(url)

    def dialled(self, text: str, resolve: Resolve) -> str:
        """
        Give the address to connect to, for an event that is about to go to *text*.

        Raises:
            ForbiddenAddress: one of the addresses of the name is not for events, or it has none.
        """
        url = httpx.URL(self._rechecked(text))
        literal = _literal(url.host)
        if literal is not None:
            return str(literal)
        try:
            found = resolve(url.host, url.port or _PORTS[url.scheme])
        except OSError as error:
            raise ForbiddenAddress(f"{url.host} cannot be found: {type(error).__name__}") from error
        addresses = [ipaddress.ip_address(one.partition("%")[0]) for one in found]
        if not addresses:
            raise ForbiddenAddress(f"{url.host} has no address")
        for one in addresses:
            # All of them: a name with one good and one bad address is a bad name.
            self._judge(one, url.host)
        return str(addresses[0])

    def _rechecked(self, text: str) -> str:
        """The setting may have changed since the address was written down."""
        try:
            return self.checked(text)
        except InvalidField as error:
            raise ForbiddenAddress("the address is not allowed (any more)") from error

    def _is_here(self, host: str) -> bool:
        return self.is_trial and host in _LOOPBACK

    def _judge(self, address: Address, host: str) -> None:
        inner = _inner(address)
        if self.is_trial and inner.is_loopback and host in _LOOPBACK:
            return
        if any(inner in network for network in _networks(self.allowed)):
            return
        is_named = host.lower() in self.allowed
        # A name that was allowed may stand in the hospital's network, but never be this machine
        # or the cloud's own address.
        never = (
            inner.is_loopback or inner.is_link_local or inner.is_unspecified or inner.is_reserved
        )
        if is_named and inner.is_private and not never:
            return
        if not inner.is_global or inner.is_multicast or inner.is_reserved:
            raise ForbiddenAddress(
                f"{host} is {inner}, an address of an inner network:"
                " name it in VIENPHI_EVENT_HOSTS if events shall go there"
            )


def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver. Raises OSError."""
    return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """Unwrap an IPv4 address that an IPv6 address carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _networks(
    allowed: Sequence[str],
) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    found = []
    for one in allowed:
        try:
            found.append(ipaddress.ip_network(one))
        except ValueError:
            continue  # a host name
    return found
