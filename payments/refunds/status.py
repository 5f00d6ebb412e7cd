"""
The life of a refund.

    REQUESTED ─approved by another person─▶ PENDING ─done─▶ DONE
        │                                   │  ▲ │
        └─turned down─▶ REFUSED ◀─refused───┘  │ └─no usable answer─▶ UNKNOWN ─told─▶ any of these
                                               └──accepted──────────────┘
    DONE ─comes back─▶ BOUNCED ─ordered again by another─▶ PENDING

EXTERNAL is a refund that somebody made at the gateway without us, as a former release kept it;
now that is a dispute (``disputes``). What is unknown is asked about,
and is never ordered again under another name.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from payments.kernel.errors import Conflict


class IllegalRefundStep(Conflict):
    """The refund is in a state in which this cannot happen."""

    code = "illegal-refund-step"


class State(StrEnum):
    REQUESTED = "requested"
    PENDING = "pending"
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"
    EXTERNAL = "external"
    #: It was paid out and came back: we owe it still.
    BOUNCED = "bounced"


class Event(StrEnum):
    APPROVED = "approved"
    TURNED_DOWN = "turned_down"
    ACCEPTED = "accepted"
    NO_ANSWER = "no_answer"
    COMPLETED = "completed"
    DECLINED = "declined"
    RETURNED = "returned"
    ORDERED_AGAIN = "ordered_again"


#: Money that these will take, or have taken, is spoken for.
RESERVING: Final = frozenset(
    {State.REQUESTED, State.PENDING, State.UNKNOWN, State.DONE, State.BOUNCED}
)
#: Approved: the books have been changed by P12 and P16.
BOOKED: Final = RESERVING - {State.REQUESTED}
_UNDER_WAY: Final = frozenset({State.PENDING, State.UNKNOWN})

TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.REQUESTED, Event.APPROVED): State.PENDING,
        (State.REQUESTED, Event.TURNED_DOWN): State.REFUSED,
        **{(state, Event.ACCEPTED): State.PENDING for state in _UNDER_WAY},
        **{(state, Event.NO_ANSWER): State.UNKNOWN for state in _UNDER_WAY},
        **{(state, Event.COMPLETED): State.DONE for state in _UNDER_WAY},
        **{(state, Event.DECLINED): State.REFUSED for state in _UNDER_WAY},
        (State.DONE, Event.RETURNED): State.BOUNCED,
        (State.BOUNCED, Event.ORDERED_AGAIN): State.PENDING,
    }
)


def allows(state: State, event: Event) -> bool:
    return (state, event) in TRANSITIONS


def after(state: State, event: Event) -> State:
    """Say what *state* becomes. Raises IllegalRefundStep where the table has no answer."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalRefundStep(f"{event} cannot happen to a refund that is {state}") from None
