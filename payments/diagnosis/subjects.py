"""What a command is about: a channel with its stored settings, or an adapter at its sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from payments.channels.queries import newest
from payments.channels.service import valid_versions
from payments.gateway import Gateways, Setting
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Version:
    """Settings that are believed; *number* is 0 for those of a sandbox."""

    number: int
    settings: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """*slug* is empty for an adapter at its sandbox: no channel, no attempts."""

    adapter: str
    slug: str
    versions: tuple[Version, ...]
    gateways: Gateways = field(repr=False)

    @property
    def schema(self) -> tuple[Setting, ...]:
        return self.gateways.settings(self.adapter)


def at_sandbox(name: str) -> Subject:
    """
    Take the adapter *name*, enabled or not, with the public settings of its sandbox.

    Raises:
        UnknownGateway: it is not installed.
        InvalidField: it declares no such settings.
    """
    gateways = Gateways.named((name,))
    settings = gateways.sandbox_settings(name)
    if not settings:
        raise InvalidField("name", "no_sandbox_settings", adapter=name)
    return Subject(name, "", (Version(0, settings),), gateways)


def of_channel(runtime: Runtime, scope: Scope, name: str, *, hint: str = "") -> Subject:
    """
    Find the channel that *name* names, by its slug or by its adapter.

    *hint* is the slug in a request's path: it decides between channels of one adapter.

    Raises:
        InvalidField: no channel is meant, or several could be.
    """
    with runtime.database.reading(scope) as tx:
        known = newest(tx, runtime.settings.mode.value)
        slugs = [one.slug for one in known if one.slug == name] or [
            one.slug for one in known if one.adapter == name
        ]
        if hint in slugs:
            slugs = [hint]
        if not slugs:
            told = ", ".join(one.slug for one in known) or "-"
            raise InvalidField("name", "no_channel", name=name, known=told)
        if len(slugs) > 1:
            raise InvalidField("name", "several_channels", name=name, known=", ".join(slugs))
        versions = valid_versions(tx, runtime, slugs[0])
    kept = tuple(Version(one.version, one.settings) for one in versions)
    return Subject(versions[0].adapter, slugs[0], kept, runtime.gateways)
