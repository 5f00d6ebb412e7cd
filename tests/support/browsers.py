"""A real Chromium, where the machine has one."""

from __future__ import annotations

import shutil
from typing import Final

#: Without these Chromium calls home at its start.
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")
