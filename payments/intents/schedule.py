"""
When gateways are asked about what nobody knows (specification of the ledger, section 6).

Within five minutes the outcome must be known although an answer is lost (fault test M7): of the
specification's question after five minutes two were made, at two and at four, so that one lost
answer and a worker that comes late still leave a question in time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

#: From the moment when the gateway was first asked; after the last one a person must look.
SCHEDULE: Final = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=4),
    timedelta(minutes=30),
    timedelta(hours=2),
    *(timedelta(days=day) for day in range(1, 8)),
)


def next_ask(asked_at: datetime, now: datetime) -> datetime | None:
    """Give the next moment of the schedule after *now*; None when it is at its end."""
    return next((asked_at + pause for pause in SCHEDULE if asked_at + pause > now), None)
