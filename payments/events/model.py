"""What an event says, and when one that was not taken is sent again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.kernel.scope import FacilityId


class Kind(StrEnum):
    ISSUED = "invoice.issued"
    PAID = "invoice.paid"
    PARTLY_PAID = "invoice.partly_paid"
    CREDITED = "invoice.credited"
    #: The fund or another payer pays more, or less, than was said before.
    COVERED = "invoice.covered"
    REFUNDED = "invoice.refunded"
    CANCELLED = "invoice.cancelled"


#: Pauses after each failed try, as Standard Webhooks recommends: about three days in all.
SCHEDULE: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
_ID_PREFIX: Final = "evt_"


class Delivery(StrEnum):
    """
    How one event stands with one subscriber.

        WAITING ─2xx─▶ DELIVERED
           └──last try failed, or 410──▶ DEAD ─sent again by a person─▶ WAITING
    """

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Amounts:
    """An invoice as it stood right after the event, in whole đồng; nothing about a person."""

    invoice: UUID
    number: str
    document: str
    payment: str
    version: int
    total: int
    credited: int
    paid: int
    refunded: int
    due: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A line of another program's order that the invoice bills."""

    source: str
    number: str
    line: int


@dataclass(frozen=True, slots=True)
class Event:
    facility: FacilityId
    id: UUID
    kind: Kind
    #: 1, 2, 3 … for each invoice: who holds a higher one ignores a lower one.
    sequence: int
    occurred_at: datetime
    amounts: Amounts


def wire_id(event: UUID) -> str:
    """Name the event on the wire: the same at every try, so that a receiver sees a repeat."""
    return f"{_ID_PREFIX}{event.hex}"


def event_of(text: str) -> UUID:
    """Read a wire id. Raises ValueError."""
    return UUID(hex=text.removeprefix(_ID_PREFIX))


def next_try(failed: int, now: datetime) -> datetime | None:
    """Say when to try again after *failed* tries; None when that was the last."""
    return now + SCHEDULE[failed - 1] if failed <= len(SCHEDULE) else None


def body(event: Event, references: Sequence[Reference]) -> bytes:
    """
    Write what is sent: no name, no service, no clinical word.

    The receiver knows its own order numbers; whoever reads along learns amounts and numbers only.
    """
    amounts = event.amounts
    told = {
        "type": event.kind.value,
        "timestamp": event.occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "facility": f"{event.facility:05d}",
            "invoice": amounts.number,
            "orders": _orders(references),
            "document": amounts.document,
            "state": amounts.payment,
            "currency": "VND",
            "total": amounts.total,
            "credited": amounts.credited,
            "paid": amounts.paid,
            "refunded": amounts.refunded,
            "due": amounts.due,
            "version": amounts.version,
            "sequence": event.sequence,
        },
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _orders(references: Sequence[Reference]) -> list[dict[str, object]]:
    lines: dict[tuple[str, str], list[int]] = {}
    for one in references:
        lines.setdefault((one.source, one.number), []).append(one.line)
    return [
        {"source": source, "number": number, "lines": sorted(found)}
        for (source, number), found in sorted(lines.items())
    ]
