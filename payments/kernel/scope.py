"""Who acts, in which facility, in which request: given explicitly to everything below the web."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

FacilityId = NewType("FacilityId", int)


@dataclass(frozen=True, slots=True)
class Scope:
    """
    The facility that a piece of work may see, who does it, and the request it belongs to.

    *facility* is the number of the national facility code (MA_CSKCB); *actor* is ``user:<id>``,
    ``channel:<slug>``, ``job:<kind>`` or ``cli``.
    """

    facility: FacilityId
    actor: str
    request_id: str
