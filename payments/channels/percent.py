"""A share of an amount as people write it: ``1,1`` is 11,000 millionths."""

from __future__ import annotations

import re
from typing import Final

from payments.channels.routing import MILLION
from payments.kernel.errors import InvalidField

#: Contracts name shares to a hundredth of a percent; two places more are kept exactly.
_PLACES: Final = 4
_PERCENT: Final = re.compile(rf"([0-9]{{1,3}})(?:[.,]([0-9]{{1,{_PLACES}}}))?")


def read(text: str, field: str) -> int:
    """
    Read a percentage, 0 to 100 with at most four places, as millionths; nothing typed is 0.

    Raises:
        InvalidField: it is no such number.
    """
    told = text.strip().removesuffix("%").strip()
    if not told:
        return 0
    found = _PERCENT.fullmatch(told)
    if found is None:
        raise InvalidField(field, "fee_percent")
    whole, places = found[1], (found[2] or "").ljust(_PLACES, "0")
    millionths = int(whole + places)
    if millionths > MILLION:
        raise InvalidField(field, "fee_percent")
    return millionths


def written(millionths: int) -> str:
    """Write a share with a decimal comma and no more places than it has: ``1,1``."""
    whole, places = divmod(millionths, 10**_PLACES)
    rest = f"{places:0{_PLACES}}".rstrip("0")
    return f"{whole},{rest}" if rest else str(whole)
