"""The words of the finance pages; those that all pages share come from the common tables."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from payments.web import current


def _read() -> dict[str, dict[str, str]]:
    with (Path(__file__).parent / "terms.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


TERMS: Final = _read()


def words(key: str, **values: object) -> str:
    """Give the text of *key* in the language of this answer. Raises MissingWording."""
    found = TERMS.get(key)
    if found is None:
        return current.words(key, **values)
    return found[current.language()].format_map(values)
