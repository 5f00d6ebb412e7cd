"""Reads the lists of all channels: the net under lost messages."""

from __future__ import annotations

import structlog

from payments.channels.service import slugs
from payments.inbox import service as messages
from payments.kernel.errors import NotFound, Unavailable
from payments.kernel.scope import Scope
from payments.runtime import Runtime

_log = structlog.get_logger("worker")


def poll_all(runtime: Runtime, scope: Scope) -> int:
    """Read the lists of all channels that have one; a gateway that is away is asked again later."""
    with runtime.database.reading(scope) as tx:
        channels = slugs(tx)
    read = 0
    for slug in channels:
        try:
            read += messages.poll(runtime, scope, slug)
        except NotFound:
            continue
        except Unavailable as error:
            _log.warning("inbox.poll_failed", channel=slug, reason=str(error))
    return read
