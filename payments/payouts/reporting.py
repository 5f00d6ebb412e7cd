"""Which channels say line by line what they pay out, and how they are asked."""

from __future__ import annotations

from dataclasses import dataclass

from payments.channels.service import adapter_of, slugs, valid_versions
from payments.gateway import Settles, Settling
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Reporter:
    """A channel with reports; *is_asked* where its API answers and no file is sent."""

    channel: str
    is_asked: bool
    #: Some of its money lands on our own account at once, and is in no report.
    lands_directly: bool


def reporters(tx: UnitOfWork, runtime: Runtime) -> tuple[Reporter, ...]:
    """List the channels whose money lies at a gateway until it is paid out."""
    found: list[Reporter] = []
    for slug in slugs(tx):
        versions = valid_versions(tx, runtime, slug)
        gateway = adapter_of(runtime, versions[0]) if versions else None
        if isinstance(gateway, Settles):
            settling = gateway.capabilities.settling
            found.append(Reporter(slug, settling is Settling.API, settling is Settling.MIXED))
    return tuple(found)
