"""Finds adapters by name, through entry points: ours and others' alike."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Final

import httpx

from payments.gateway.port import Adapter
from payments.gateway.schema import Setting, settings_of
from payments.kernel.clock import Clock
from payments.kernel.errors import Rejected

#: How an adapter reaches its gateway: the network, or a sandbox in this process.
Transport = httpx.BaseTransport
Build = Callable[[Mapping[str, str], Transport | None, Clock], Adapter]

_GROUP: Final = "vienphi.gateways"


def installed() -> tuple[str, ...]:
    """Name the adapters that are installed, enabled here or not."""
    return tuple(sorted({point.name for point in entry_points(group=_GROUP)}))


class UnknownGateway(Rejected):
    code = "unknown-gateway"


class Gateways:
    """The adapters that this installation has enabled."""

    def __init__(self, builds: Mapping[str, Build]) -> None:
        self._builds = dict(builds)

    @classmethod
    def named(cls, names: tuple[str, ...]) -> Gateways:
        """
        Load the adapters *names* and no others.

        Raises:
            UnknownGateway: a name is unknown, twice there, or its import fails; the start stops.
        """
        known = {}
        for point in entry_points(group=_GROUP):
            if point.name in known and point.name in names:
                raise UnknownGateway(f"two packages both call an adapter {point.name!r}")
            known[point.name] = point
        builds: dict[str, Build] = {}
        for name in names:
            if name not in known:
                raise UnknownGateway(
                    f"VIENPHI_GATEWAYS names {name!r}; known are {', '.join(sorted(known))}"
                )
            try:
                builds[name] = known[name].load()
            except Exception as error:
                raise UnknownGateway(f"the adapter {name!r} cannot be loaded: {error}") from error
        return cls(builds)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._builds)

    def settings(self, name: str) -> tuple[Setting, ...]:
        """List the settings that the adapter *name* declares; empty where it declares none."""
        return settings_of(self._builds[name]) if name in self._builds else ()

    def made_by(self, name: str) -> Build:
        """
        Give the ``build`` of the adapter *name*.

        Raises:
            UnknownGateway: it is not enabled.
        """
        if name not in self._builds:
            raise UnknownGateway(f"the adapter {name!r} is not enabled (VIENPHI_GATEWAYS)")
        return self._builds[name]

    def sandbox_settings(self, name: str) -> Mapping[str, str]:
        """Give the public settings of its sandbox; empty where its module names none."""
        build = self.made_by(name)
        module = sys.modules.get(build.__module__)
        found: Mapping[str, str] = getattr(module, "SANDBOX_SETTINGS", {})
        schema = {one.name: one for one in settings_of(build)}
        # Where a setting is known only beside another, the first choice of that one is meant.
        chosen = {one.name: one.choices[0] for one in schema.values() if one.choices}
        return {
            key: value
            for key, value in found.items()
            if key not in schema or schema[key].is_known({**chosen, **found})
        }

    def build(
        self, name: str, settings: Mapping[str, str], transport: Transport | None, clock: Clock
    ) -> Adapter:
        """Make the adapter *name* for one channel's *settings*."""
        return self.made_by(name)(settings, transport, clock)
