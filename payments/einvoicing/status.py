"""
The life of an e-invoice.

    WAITING ─asked─▶ ASKING ─told a number──▶ ISSUED (for ever: it is replaced or adjusted)
       ▲                │  ▲└─no answer: asked about─┐
       │                │  └────────────────────────┘
       ├─not sent───────┤
       ├─again by a person─ REFUSED ◀─refused by the provider
       └─a receipt counts no more──▶ REFUSED
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from payments.kernel.errors import Conflict


class IllegalEInvoiceStep(Conflict):
    """The e-invoice is in a state in which this cannot happen."""

    code = "illegal-einvoice-step"


class State(StrEnum):
    WAITING = "waiting"
    #: It was sent, or may have been: only the provider knows.
    ASKING = "asking"
    ISSUED = "issued"
    REFUSED = "refused"


class Event(StrEnum):
    ASKED = "asked"
    NUMBERED = "numbered"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    SENT_AGAIN = "sent_again"
    #: A receipt of it was cancelled or went back before it was sent.
    BLOCKED = "blocked"


TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.WAITING, Event.ASKED): State.ASKING,
        # A lost answer: asked about under the same name, never issued under another.
        (State.ASKING, Event.ASKED): State.ASKING,
        (State.ASKING, Event.NUMBERED): State.ISSUED,
        (State.ASKING, Event.DECLINED): State.REFUSED,
        (State.ASKING, Event.NOT_SENT): State.WAITING,
        (State.WAITING, Event.BLOCKED): State.REFUSED,
        (State.REFUSED, Event.SENT_AGAIN): State.WAITING,
    }
)


def allows(state: State, event: Event) -> bool:
    return (state, event) in TRANSITIONS


def after(state: State, event: Event) -> State:
    """Give the state after *event*. Raises IllegalEInvoiceStep."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalEInvoiceStep(
            f"{event} cannot happen to an e-invoice that is {state}", state=state.value
        ) from None
