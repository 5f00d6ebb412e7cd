"""What the adapter of a channel can: it follows from the sealed settings, and is kept."""

from __future__ import annotations

from typing import Final

from flask import current_app

from payments.channels.queries import SealedChannel, opened
from payments.gateway import Capabilities, Opens
from payments.runtime import Runtime

_KNOWN: Final = "vienphi_openers"
#: Far more channels than a hospital has, with the versions that it had.
_KNOWN_MAX: Final = 256


def opener(runtime: Runtime, channel: SealedChannel) -> Capabilities | None:
    """
    Give what the channel's adapter can, where it opens attempts to collect; None where it does not.

    Kept in the application that asked, as the settings of a version never change: no secret, and
    nothing of a channel whose settings were replaced.
    """
    known: dict[SealedChannel, Capabilities | None] = current_app.extensions.setdefault(_KNOWN, {})
    if channel not in known:
        if len(known) >= _KNOWN_MAX:
            known.clear()
        adapter = opened(runtime, channel)
        known[channel] = adapter.capabilities if isinstance(adapter, Opens) else None
    return known[channel]
