"""
The life of an intent: one code or attempt to collect one invoice through one channel.

    CREATED ─shown─▶ PENDING ─time ran out─▶ EXPIRED ────────┐
       │                │ ─amount due changed─▶ SUPERSEDED ──┤
       │                │ ─channel paused─────▶ EXPIRED ─────┤
       │                │ ─invoice cancelled──▶ CANCELLED ───┤ funds arrived: late money is money
       └────────────────┴─ funds arrived ─▶ CAPTURED ◀───────┘

    CREATED, PENDING, UNKNOWN ─money set aside─▶ AUTHORISED ─we take it─▶ CAPTURED
    AUTHORISED ─amount due changed, invoice cancelled, released, lapsed─▶ as above, and no money

    CREATED ─no answer, or a code in no table─▶ UNKNOWN ─the gateway answers─▶ any of the above
    PENDING ─a code in no table─▶ UNKNOWN

Captured is never undone by a later failure, cancellation or expiry. Gateways repeat and disorder
their messages, so whatever order tells of an end gives the same one: a refusal is more than a
cancellation, and a cancellation more than a time that ran out.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from payments.kernel.errors import Conflict


class IllegalTransition(Conflict):
    code = "illegal-transition"


class Status(StrEnum):
    CREATED = "created"
    PENDING = "pending"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"
    #: Set aside at the gateway until we take it: nothing is paid.
    AUTHORISED = "authorised"


class Event(StrEnum):
    SHOWN = "shown"
    FUNDS_ARRIVED = "funds_arrived"
    REFUSED = "refused"
    #: The payer gave up at the gateway.
    CALLED_OFF = "called_off"
    TIME_RAN_OUT = "time_ran_out"
    DUE_CHANGED = "due_changed"
    CHANNEL_PAUSED = "channel_paused"
    INVOICE_CANCELLED = "invoice_cancelled"
    NO_ANSWER = "no_answer"
    SET_ASIDE = "set_aside"


#: At most one of these per invoice and channel (a partial unique index sees to it).
ACTIVE: Final = frozenset({Status.CREATED, Status.PENDING, Status.UNKNOWN, Status.AUTHORISED})
#: Of these, those at which a payer may still be looking.
SHOWN: Final = ACTIVE - {Status.AUTHORISED}
#: What we decide ourselves: a gateway that goes on collecting does not know of it.
OURS: Final = frozenset(
    {Event.TIME_RAN_OUT, Event.DUE_CHANGED, Event.CHANNEL_PAUSED, Event.INVOICE_CANCELLED}
)
_ENDED: Final = frozenset(
    {Status.CAPTURED, Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.SUPERSEDED}
)

TRANSITIONS: Final[Mapping[tuple[Status, Event], Status]] = MappingProxyType(
    {
        (Status.CREATED, Event.SHOWN): Status.PENDING,
        (Status.CREATED, Event.NO_ANSWER): Status.UNKNOWN,
        (Status.PENDING, Event.NO_ANSWER): Status.UNKNOWN,
        **{(status, Event.REFUSED): Status.FAILED for status in ACTIVE},
        **{(status, Event.CALLED_OFF): Status.CANCELLED for status in ACTIVE},
        **{(status, Event.TIME_RAN_OUT): Status.EXPIRED for status in ACTIVE},
        **{(status, Event.SET_ASIDE): Status.AUTHORISED for status in SHOWN},
        # Money that lies ready is not let go by a pause.
        **{(status, Event.CHANNEL_PAUSED): Status.EXPIRED for status in SHOWN},
        **{(status, Event.DUE_CHANGED): Status.SUPERSEDED for status in ACTIVE},
        **{(status, Event.INVOICE_CANCELLED): Status.CANCELLED for status in ACTIVE},
        (Status.EXPIRED, Event.CALLED_OFF): Status.CANCELLED,
        (Status.EXPIRED, Event.REFUSED): Status.FAILED,
        (Status.CANCELLED, Event.REFUSED): Status.FAILED,
        # A bank transfer cannot be called back: money for an ended intent is still money.
        **{(status, Event.FUNDS_ARRIVED): Status.CAPTURED for status in ACTIVE | _ENDED},
    }
)


def allows(status: Status, event: Event) -> bool:
    return (status, event) in TRANSITIONS


def after(status: Status, event: Event) -> Status:
    """Say what *status* becomes. Raises IllegalTransition where the table has no answer."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(f"{event} cannot happen to an intent that is {status}") from None
