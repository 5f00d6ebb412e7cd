"""Names a claim and its office: the same for whoever bills the visit and whoever settles it."""

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


def agency_of(facility: FacilityId) -> str:
    """Name the office that settles: that of the province in the facility's code (MA_CSKCB)."""
    return f"BHXH-{int(facility):05d}"[:7]
