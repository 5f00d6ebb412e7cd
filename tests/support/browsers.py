"""A real Chromium, where the machine has one."""

from __future__ import annotations

import shutil
from typing import Final

#: Without these Chromium calls home at its start.
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


#: The shell is the same engine without a window of its own: a page costs half the time.
_NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser")


def chromium() -> str | None:
    """Give the path of the first Chromium that is there; None where none is."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)
