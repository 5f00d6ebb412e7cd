"""Our drawings by name, as they stand in a text: a reference to the sheet of the page's frame."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from markupsafe import Markup

#: More than there are icons and looks.
_KEPT_MAX: Final = 256


@lru_cache(maxsize=_KEPT_MAX)
def icon(name: str, look: str = "") -> Markup:
    """Refer to the icon *name*; *look* is one more class. Nobody reads it out."""
    names = f"i {look}" if look else "i"
    return Markup('<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>').format(
        names, name
    )
