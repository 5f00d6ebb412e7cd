"""
The life of a stay.

    OPEN ─settled at discharge─▶ DISCHARGED ─died later─▶ CLOSED_DECEASED
      └─died─▶ CLOSED_DECEASED

``CLOSED_DECEASED`` says nothing of its own accord: no alert, no link, no reminder. What is given
back goes to an heir, by two people and with the reference of a document (national systems, row 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from payments.kernel.errors import Conflict


class IllegalStayStep(Conflict):
    """The stay is in a state in which this cannot happen."""

    code = "illegal-stay-step"


class State(StrEnum):
    OPEN = "open"
    DISCHARGED = "discharged"
    CLOSED_DECEASED = "closed_deceased"


class Event(StrEnum):
    SETTLED = "settled"
    DIED = "died"


TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.OPEN, Event.SETTLED): State.DISCHARGED,
        (State.OPEN, Event.DIED): State.CLOSED_DECEASED,
        (State.DISCHARGED, Event.DIED): State.CLOSED_DECEASED,
    }
)


def after(state: State, event: Event) -> State:
    """Say what *state* becomes. Raises IllegalStayStep where the table has no answer."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalStayStep(f"{event} cannot happen to a stay that is {state}") from None
