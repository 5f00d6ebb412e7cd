"""Reads channels for the screens, without opening what is sealed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import bindparam, select

from payments.channels.rows import CHANNEL
from payments.gateway.port import Adapter
from payments.runtime import Runtime
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: Settings open as those of a channel only.
SETTINGS_CONTEXT: Final = "channel.settings_sealed"
_NEWEST: Final = Prepared(
    select(CHANNEL)
    .where(
        mine(CHANNEL),
        CHANNEL.c.mode == bindparam("mode"),
        CHANNEL.c.valid_from <= bindparam("now"),
        CHANNEL.c.valid_to.is_(None),
    )
    .order_by(CHANNEL.c.slug, CHANNEL.c.version)
)


@dataclass(frozen=True, slots=True)
class SealedChannel:
    """A version of a channel as it lies in the database: another setting is another value."""

    slug: str
    version: int
    adapter: str
    #: Our bank account to which it collects, or "".
    account: str
    settings: bytes = field(repr=False)


def newest(tx: UnitOfWork, mode: str) -> tuple[SealedChannel, ...]:
    """List the newest valid version of each channel by slug, its settings not opened."""
    # Of the versions of a slug the last one wins.
    rows = {row.slug: row for row in _NEWEST.all(tx, mode=mode, now=tx.now())}
    return tuple(
        SealedChannel(row.slug, row.version, row.adapter, row.account or "", row.settings_sealed)
        for row in rows.values()
    )


def opened(runtime: Runtime, sealed: SealedChannel) -> Adapter:
    """Open the settings of *sealed* and make its adapter."""
    told = runtime.keys.open("settings", sealed.settings, context=SETTINGS_CONTEXT)
    return runtime.gateways.build(
        sealed.adapter, json.loads(told), runtime.transport, runtime.clock
    )
