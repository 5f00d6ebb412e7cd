"""Finds templates and migrations, in a checkout or in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """
    Return the folder *name* (``templates``, ``migrations``).

    An editable install uses the checkout, so that an edit shows at once; a wheel carries a copy.

    Raises:
        FileNotFoundError: neither place has it; the installation is broken.
    """
    for place in (_PACKAGE / "_bundled" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"{name}/ is in neither {_PACKAGE / '_bundled'} nor {_PACKAGE.parent}")
