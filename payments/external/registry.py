"""Finds the adapter of the insurer's portal, through entry points; one account a facility."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Final

import httpx

from payments.external.portal import Account, Portal
from payments.kernel.clock import Clock
from payments.kernel.errors import Rejected
from payments.kernel.scope import FacilityId

GROUP: Final = "vienphi.portals"
_NAME: Final = "bhyt"

Build = Callable[[str, FacilityId, Account, httpx.BaseTransport | None, Clock], Portal]


class UnknownPortal(Rejected):
    """No installed package speaks to the insurer's portal, or it cannot be loaded."""

    code = "unknown-portal"


class Portals:
    """The accounts of this installation; a facility without one works by hand."""

    def __init__(self, accounts: Mapping[FacilityId, Portal] | None = None) -> None:
        self._accounts = dict(accounts or {})

    def of(self, facility: FacilityId) -> Portal | None:
        return self._accounts.get(facility)

    @classmethod
    def at(
        cls,
        url: str,
        accounts: Mapping[FacilityId, Account],
        transport: httpx.BaseTransport | None,
        clock: Clock,
    ) -> Portals:
        """
        Build the adapter for each of *accounts* at *url*; none where *url* is empty.

        Raises:
            UnknownPortal: no adapter is installed, or its import fails.
            InvalidField: *url* is no address that an account may be told.
        """
        if not url or not accounts:
            return cls()
        build = installed()
        return cls(
            {
                facility: build(url, facility, account, transport, clock)
                for facility, account in accounts.items()
            }
        )


def installed() -> Build:
    """Load the adapter. Raises UnknownPortal."""
    for point in entry_points(group=GROUP, name=_NAME):
        try:
            build: Build = point.load()
        except (ImportError, AttributeError) as error:
            raise UnknownPortal(f"the portal's adapter cannot be loaded: {error}") from error
        return build
    raise UnknownPortal(f"no package brings an entry point {GROUP}: {_NAME}")
