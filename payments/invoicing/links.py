"""
Wrong links, counted by the network they come from: over all workers, and nothing is told by it.

A link has 128 random bits, so nobody finds one. Who asks for many is refused all the same, before
anything is looked up: then right, ended and invented links are answered alike, and the database is
left alone. Right links cost no count. Each process remembers which networks are over the limit; one
that does not know it yet looks at one more wrong link and then knows it from the database.
"""

from __future__ import annotations

import ipaddress
import threading
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from payments.invoicing.look_up import note
from payments.invoicing.rows import LOOK_UP_TRY
from payments.kernel.errors import Rejected
from payments.kernel.scope import Scope
from payments.runtime import Runtime

#: A hospital's visitors share one address, and links end: some are wrong on any day.
PER_NETWORK: Final = 60
WINDOW: Final = timedelta(hours=1)
#: A household has a /64 of IPv6 and may write from any address in it.
_IPV6_PREFIX: Final = 64
#: More networks at once than this are forgotten; the database knows them all.
_REMEMBERED_MAX: Final = 10_000


class TooManyLinks(Rejected):
    """Too many wrong links came from this network; *retry_after* says for how many seconds."""

    code = "too-many-links"


class Limited:
    """The networks that this process knows to be over the limit; one object per application."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}

    def wait_s(self, network: str, now: datetime) -> int:
        """Say for how many seconds *network* is still refused; 0 where it is not."""
        until = self._until.get(network)
        if until is None or until <= now:
            return 0
        return int((until - now).total_seconds()) + 1

    def remember(self, network: str, until: datetime, now: datetime) -> None:
        with self._lock:
            if len(self._until) >= _REMEMBERED_MAX:
                still = {known: end for known, end in self._until.items() if end > now}
                self._until = still if len(still) < _REMEMBERED_MAX else {}
            self._until[network] = until


def network_of(address: str) -> str:
    """Name the network of *address*: what one household or one hospital has."""
    try:
        told = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(told, ipaddress.IPv4Address):
        return str(told)
    if told.ipv4_mapped is not None:
        return str(told.ipv4_mapped)
    return str(ipaddress.ip_network((told, _IPV6_PREFIX), strict=False))


def missed(runtime: Runtime, scope: Scope, network: str) -> datetime | None:
    """
    Count a wrong link of *network*; returns until when it is refused, None while it is not.

    Beyond the limit nothing is counted: who goes on guessing does not lengthen the wait.
    """
    subject = runtime.keys.fingerprint("lookup", f"link:{scope.facility}:{network}")
    with runtime.database.transaction(scope) as tx:
        newest = list(
            tx.execute(
                select(LOOK_UP_TRY.c.at)
                .where(
                    LOOK_UP_TRY.c.facility_id == tx.facility,
                    LOOK_UP_TRY.c.subject == subject,
                    LOOK_UP_TRY.c.at > tx.now() - WINDOW,
                )
                .order_by(LOOK_UP_TRY.c.at.desc())
                .limit(PER_NETWORK)
            ).scalars()
        )
        if len(newest) < PER_NETWORK:
            note(tx, [subject])
            newest.insert(0, tx.now())
    # As soon as the oldest of them is out of the window, one more is allowed.
    return newest[PER_NETWORK - 1] + WINDOW if len(newest) >= PER_NETWORK else None
