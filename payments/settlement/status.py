"""
The life of a claim, and of an amount that the insurer refuses.

    VALIDATED ─sent─▶ SENT ─numbered─▶ RECEIVED ─assessed─▶ ASSESSED ─noticed─▶ SETTLED ─▶ PAID
        ▲              └──structure wrong──┴─▶ RETURNED        ▲  appeal won       │        │
        └─────────────── replaced ────────────────┘            └───────────────────┴────────┘
    all but ASSESSED, SETTLED and PAID ─▶ WITHDRAWN

    OPEN ─▶ EXPLAINED ─▶ APPEALED ─▶ ACCEPTED (all of it is paid after all)
      └────────┴────────────┴──────▶ UPHELD ─asked─▶ WRITE_OFF_ASKED ─by another─▶ WRITTEN_OFF
                                        └────asked─▶ CHARGE_ASKED ────by another─▶ CHARGED

A file that is refused when it is read makes no claim: that is the draft of the insurer's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from payments.kernel.errors import Conflict


class IllegalClaimStep(Conflict):
    """The claim is in a state in which this cannot happen."""

    code = "illegal-claim-step"


class IllegalRefusalStep(Conflict):
    """The refused amount is in a state in which this cannot happen."""

    code = "illegal-refusal-step"


class State(StrEnum):
    VALIDATED = "validated"
    SENT = "sent"
    #: The portal has given it a number (maGiaoDich).
    RECEIVED = "received"
    #: The portal could not read it, or its totals differ.
    RETURNED = "returned"
    ASSESSED = "assessed"
    SETTLED = "settled"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    SENT = "sent"
    NUMBERED = "numbered"
    RETURNED = "returned"
    REPLACED = "replaced"
    ASSESSED = "assessed"
    SETTLED = "settled"
    PAID = "paid"
    #: An appeal was won: there is more to be settled.
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


#: The insurer has it, and it counts in form 01/BH.
AT_INSURER: Final = frozenset(
    {State.SENT, State.RECEIVED, State.ASSESSED, State.SETTLED, State.PAID}
)
#: Still to be sent, or to be sent again.
WAITING: Final = frozenset({State.VALIDATED, State.RETURNED})
_WITH_PORTAL: Final = (State.SENT, State.RECEIVED)
_JUDGED: Final = (State.ASSESSED, State.SETTLED, State.PAID)

TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.VALIDATED, Event.SENT): State.SENT,
        (State.SENT, Event.NUMBERED): State.RECEIVED,
        **{(state, Event.RETURNED): State.RETURNED for state in _WITH_PORTAL},
        **{(state, Event.REPLACED): State.VALIDATED for state in WAITING},
        # An answer proves that it was received, whether we were given the number or not.
        **{(state, Event.ASSESSED): State.ASSESSED for state in (*_WITH_PORTAL, State.ASSESSED)},
        (State.ASSESSED, Event.SETTLED): State.SETTLED,
        (State.SETTLED, Event.PAID): State.PAID,
        **{(state, Event.REOPENED): State.ASSESSED for state in _JUDGED},
        **{(state, Event.WITHDRAWN): State.WITHDRAWN for state in (*WAITING, *_WITH_PORTAL)},
    }
)


def allows(state: State, event: Event) -> bool:
    return (state, event) in TRANSITIONS


def after(state: State, event: Event) -> State:
    """Say what *state* becomes. Raises IllegalClaimStep where the table has no answer."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalClaimStep(state=state.value, event=event.value) from None


class Refused(StrEnum):
    """Where a refused amount stands."""

    OPEN = "open"
    EXPLAINED = "explained"
    APPEALED = "appealed"
    ACCEPTED = "accepted"
    UPHELD = "upheld"
    WRITE_OFF_ASKED = "write_off_asked"
    WRITTEN_OFF = "written_off"
    CHARGE_ASKED = "charge_asked"
    #: The patient owes it: a person decided so, and the law permits it.
    CHARGED = "charged"


class Answer(StrEnum):
    """What happens to a refused amount."""

    EXPLAINED = "explained"
    APPEALED = "appealed"
    WON = "won"
    UPHELD = "upheld"
    WRITE_OFF_ASKED = "write_off_asked"
    CHARGE_ASKED = "charge_asked"
    #: Of the write-off, or of the charge.
    TURNED_DOWN = "turned_down"
    WRITTEN_OFF = "written_off"
    CHARGED = "charged"


#: Somebody still has to do something about these: they lie on 1420.
OPEN: Final = frozenset(
    {
        Refused.OPEN,
        Refused.EXPLAINED,
        Refused.APPEALED,
        Refused.UPHELD,
        Refused.WRITE_OFF_ASKED,
        Refused.CHARGE_ASKED,
    }
)
_CONTESTED: Final = (Refused.OPEN, Refused.EXPLAINED, Refused.APPEALED)

ANSWERS: Final[Mapping[tuple[Refused, Answer], Refused]] = MappingProxyType(
    {
        (Refused.OPEN, Answer.EXPLAINED): Refused.EXPLAINED,
        **{(state, Answer.APPEALED): Refused.APPEALED for state in _CONTESTED[:2]},
        **{(state, Answer.WON): Refused.ACCEPTED for state in _CONTESTED},
        **{(state, Answer.UPHELD): Refused.UPHELD for state in _CONTESTED},
        (Refused.UPHELD, Answer.WRITE_OFF_ASKED): Refused.WRITE_OFF_ASKED,
        (Refused.OPEN, Answer.WRITE_OFF_ASKED): Refused.WRITE_OFF_ASKED,
        (Refused.WRITE_OFF_ASKED, Answer.WRITTEN_OFF): Refused.WRITTEN_OFF,
        # Only what is refused for good: a patient is not asked for what the fund may pay yet.
        (Refused.UPHELD, Answer.CHARGE_ASKED): Refused.CHARGE_ASKED,
        (Refused.CHARGE_ASKED, Answer.CHARGED): Refused.CHARGED,
        **{
            (state, Answer.TURNED_DOWN): Refused.UPHELD
            for state in (Refused.WRITE_OFF_ASKED, Refused.CHARGE_ASKED)
        },
    }
)


def answered(state: Refused, answer: Answer) -> Refused:
    """Say what *state* becomes. Raises IllegalRefusalStep where the table has no answer."""
    try:
        return ANSWERS[state, answer]
    except KeyError:
        raise IllegalRefusalStep(state=state.value, answer=answer.value) from None
