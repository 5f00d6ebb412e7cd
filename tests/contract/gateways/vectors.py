"""The published and computed vectors of all gateways, by prefix of their names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[2] / "vectors" / "gateways.json"
ALL: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))["vectors"]


def of(prefix: str) -> list[dict[str, Any]]:
    found = [one for one in ALL if one["id"].startswith(prefix)]
    assert found, prefix
    return found
