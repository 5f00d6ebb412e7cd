"""Why a message is not believed, and what its proof covers: for whoever seeks the fault."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from payments.gateway.values import RawNotification

#: Stands in ``Covered.fields`` for the body as it came, byte by byte.
WHOLE_BODY: Final = "(body)"


class Doubt(StrEnum):
    """Why a message is refused; the gateway is told the same for all of them."""

    MISSING = "missing"
    WRONG = "wrong"
    #: Signed with our key, but at another time than now.
    STALE = "stale"
    #: Signed with our key, for another merchant, account or mode.
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Covered:
    """What a request's proof is and over which fields: names only, never a value."""

    #: Where the proof stands: the name of a parameter, a field or a header.
    proof: str
    #: The proof is there; whether it is right is for ``read`` to say.
    is_present: bool
    #: Names that are signed, in their order; empty where the proof covers no content.
    fields: tuple[str, ...] = ()


@runtime_checkable
class Explains(Protocol):
    """Can say what is signed in a message. Optional: only ``vienphi gateways explain`` asks."""

    def covered(self, raw: RawNotification) -> Covered:
        """Say what the proof of *raw* covers, also where it is wrong; never an error."""
        ...
