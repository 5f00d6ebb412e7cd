"""Finds the stand-ins of gateways by name, through entry points; never in production."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Final, Protocol

from payments.gateway.registry import Transport, UnknownGateway
from payments.kernel.clock import Clock

GROUP: Final = "vienphi.sandboxes"
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How a sandbox is run."""

    #: ``manual``: a person plays the payer on a page; ``auto``: paid as soon as the page opens.
    payer: str = "manual"
    #: Where messages go, for gateways that are not told with each order; by sandbox or feed.
    notify: Mapping[str, str] = field(default_factory=dict)
    #: 60 makes a minute of the retry schedule a second.
    speed: float = 1.0
    #: Sends due messages within the request that caused them: no thread is needed.
    is_immediate: bool = False
    #: How messages leave; None is the network.
    transport: Transport | None = None


class Sandbox(Protocol):
    """A gateway's stand-in, served at the root of a host."""

    @property
    def name(self) -> str: ...

    @property
    def app(self) -> Wsgi: ...

    @property
    def hosts(self) -> frozenset[str]:
        """Host names of the real one, by which it may be told apart from its neighbours."""
        ...

    def claims(self, environ: Mapping[str, Any]) -> bool:
        """Say by path and headers whether this request is for it."""
        ...

    def run_due(self) -> int:
        """Send the messages that are due now; tell how many were sent."""
        ...


OpenSandbox = Callable[[SandboxOptions, Clock], Sandbox]


def names() -> tuple[str, ...]:
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def open_sandbox(name: str, options: SandboxOptions, clock: Clock) -> Sandbox:
    """
    Open the sandbox *name*.

    Raises:
        UnknownGateway: no such entry point, or it cannot be loaded.
    """
    for point in entry_points(group=GROUP, name=name):
        try:
            made: Sandbox = point.load().open_sandbox(options, clock)
        except (ImportError, AttributeError) as error:
            raise UnknownGateway(f"the sandbox {name!r} cannot be loaded: {error}") from error
        return made
    raise UnknownGateway(f"there is no sandbox {name!r}; known are {', '.join(names())}")
