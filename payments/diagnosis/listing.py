"""Lists the adapters that are installed and the channels that use them, without a secret."""

from __future__ import annotations

import typing
from dataclasses import dataclass

from payments.channels.pausing import Switch, switched
from payments.channels.queries import newest
from payments.channels.service import Channel, valid_versions
from payments.gateway import Gateways, Proof
from payments.gateway.registry import UnknownGateway, installed
from payments.kernel.errors import VienphiError
from payments.kernel.scope import Scope
from payments.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Used:
    """One version of a channel; *keys* is ``sandbox``, ``real``, or ``refused`` by the adapter."""

    slug: str
    version: int
    state: str
    keys: str


@dataclass(frozen=True, slots=True)
class Installed:
    """One adapter; *fault* says why it cannot be loaded, and then the rest is empty."""

    name: str
    is_enabled: bool
    title: str = ""
    supports: tuple[str, ...] = ()
    proof: str = ""
    fault: str = ""
    channels: tuple[Used, ...] = ()


def adapters(runtime: Runtime, scope: Scope) -> tuple[Installed, ...]:
    """List every adapter by name, enabled here or not."""
    with runtime.database.reading(scope) as tx:
        switches = switched(tx)
        found = [
            version
            for sealed in newest(tx, runtime.settings.mode.value)
            for version in valid_versions(tx, runtime, sealed.slug)
        ]
    states = {slug: one.state for slug, one in switches.items()}
    names = sorted({*installed(), *runtime.gateways.names})
    return tuple(
        _installed(
            runtime,
            name,
            tuple(_used(runtime, one, states) for one in found if one.adapter == name),
        )
        for name in names
    )


def _installed(runtime: Runtime, name: str, channels: tuple[Used, ...]) -> Installed:
    is_enabled = name in runtime.gateways.names
    try:
        gateways = runtime.gateways if is_enabled else Gateways.named((name,))
    except UnknownGateway as error:
        return Installed(name, is_enabled, fault=error.detail, channels=channels)
    made = _made(runtime, gateways, name)
    proof = getattr(made, "proof", None)
    return Installed(
        name,
        is_enabled,
        title=(made.__doc__ or "").strip().partition("\n")[0],
        supports=tuple(sorted(one.value for one in getattr(made, "supports", ()))),
        proof=proof.value if isinstance(proof, Proof) else "",
        channels=channels,
    )


def _made(runtime: Runtime, gateways: Gateways, name: str) -> object:
    """Give an adapter at its sandbox; its class, which says most, where that cannot be made."""
    try:
        return gateways.build(name, gateways.sandbox_settings(name), None, runtime.clock)
    except VienphiError:
        kind: object = typing.get_type_hints(gateways.made_by(name)).get("return", object)
        return kind


def _used(runtime: Runtime, channel: Channel, states: dict[str, Switch]) -> Used:
    try:
        made = runtime.gateways.build(channel.adapter, channel.settings, None, runtime.clock)
        keys = "sandbox" if made.is_sandbox else "real"
    except VienphiError:
        # Not enabled any more, or a release that checks more: `gateways check` says which.
        keys = "refused"
    state = states.get(channel.slug, Switch.OPEN)
    return Used(channel.slug, channel.version, state.value, keys)
