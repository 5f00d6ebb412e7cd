"""A weak place of an installation, and how much it weighs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Weight(StrEnum):
    #: Somebody can take, see or forge something now.
    HIGH = "high"
    #: One more mistake is needed.
    MEDIUM = "medium"
    #: Worth to be known at the next review.
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Weakness:
    """
    One thing that is not as it should be.

    *id* is stable, for comparing reports; *where* names the thing; *todo* is what to do. *basis* is
    the requirement: OWASP ASVS 5.0 by its number, or a promise of ``docs/trust.md``.
    """

    id: str
    weight: Weight
    where: str
    todo: str
    basis: str

    @property
    def told(self) -> dict[str, Any]:
        return asdict(self) | {"weight": self.weight.value}
