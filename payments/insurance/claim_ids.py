"""The name of a visit's claim: the same for whoever bills the visit and whoever makes the file."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from payments.kernel.scope import FacilityId

_CLAIMS: Final = UUID("0b6a4a5e-3f0c-5c35-9a53-8f2b0e1d7c66")


def claim_id(facility: FacilityId, ma_lk: str) -> UUID:
    """Name the claim of a visit: who bills the visit books 1400 on it before the file is made."""
    return uuid5(_CLAIMS, f"{facility}:{ma_lk}")


def ma_lk_of(encounter: UUID) -> str:
    """Name a visit that is covered here in its claim (MA_LK)."""
    return encounter.hex.upper()
