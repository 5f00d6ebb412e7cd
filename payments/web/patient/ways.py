"""The gateways through which a patient can pay an amount, each on a page of its own."""

from __future__ import annotations

from typing import Final

from flask import current_app

from payments.channels.pausing import switched
from payments.channels.queries import SealedChannel, newest, opened
from payments.gateway import Capabilities, Opens
from payments.kernel.money import Money
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from payments.web.patient.pages import WayRow

_KNOWN: Final = "vienphi_ways"
#: Far more channels than a hospital has, with the versions that it had.
_KNOWN_MAX: Final = 256


def open_for(tx: UnitOfWork, runtime: Runtime, due: Money) -> tuple[WayRow, ...]:
    """List the gateways that take *due* now."""
    if not due:
        return ()
    rows = []
    stopped = switched(tx)
    for channel in newest(tx, runtime.settings.mode.value):
        is_stopped = channel.slug in stopped and not stopped[channel.slug].is_open
        can = None if channel.account or is_stopped else _opener(runtime, channel)
        if can is not None and _takes(can, due):
            rows.append(WayRow(channel.slug, name_of(channel.slug)))
    return tuple(rows)


def name_of(slug: str) -> str:
    """Write the name of a channel as people read it: channels are named after their gateway."""
    return slug.replace("-", " ").replace("_", " ").upper()


def _takes(can: Capabilities, due: Money) -> bool:
    return can.amount_min <= due and (can.amount_max is None or due <= can.amount_max)


def _opener(runtime: Runtime, channel: SealedChannel) -> Capabilities | None:
    """
    Give what the channel's adapter can, where it opens pages; kept, as the settings never change.

    No secret is kept, and nothing of a channel whose settings were replaced.
    """
    known: dict[SealedChannel, Capabilities | None] = current_app.extensions.setdefault(_KNOWN, {})
    if channel not in known:
        if len(known) >= _KNOWN_MAX:
            known.clear()
        adapter = opened(runtime, channel)
        known[channel] = adapter.capabilities if isinstance(adapter, Opens) else None
    return known[channel]
